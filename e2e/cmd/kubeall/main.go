// Kubeall is one whole Kubernetes control plane, and kubectl, in one binary: the first argument picks the part.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"          // --logging-format=json, as upstream
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // client metrics, as upstream
	_ "k8s.io/component-base/metrics/prometheus/version"  // version metric, as upstream
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: kubeall etcd|apiserver|manager|scheduler|kubectl FLAGS")
		os.Exit(2)
	}
	part, args := os.Args[1], os.Args[2:]
	commands := map[string]func() *cobra.Command{
		"apiserver": apiserver.NewAPIServerCommand,
		"kubectl":   kubectl.NewDefaultKubectlCommand,
		"manager":   manager.NewControllerManagerCommand,
		"scheduler": func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	}
	if part == "etcd" {
		etcdmain.Main(append([]string{"etcd"}, args...))
		return
	}
	command, ok := commands[part]
	if !ok {
		fmt.Fprintf(os.Stderr, "kubeall: no part is called %q\n", part)
		os.Exit(2)
	}
	c := command()
	c.SetArgs(args)
	os.Exit(cli.Run(c))
}
