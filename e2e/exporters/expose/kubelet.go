package expose

import (
	"context"
	"fmt"
	"time"

	cadvisor "github.com/google/cadvisor/info/v1"
	cadvisorv2 "github.com/google/cadvisor/info/v2"
	dto "github.com/prometheus/client_model/go"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-base/metrics"
	stats "k8s.io/kubelet/pkg/apis/stats/v1alpha1"
	kubelettypes "k8s.io/kubelet/pkg/types"
	"k8s.io/kubernetes/pkg/kubelet/metrics/collectors"
	"k8s.io/kubernetes/pkg/kubelet/server"

	"github.com/scantling/scantling/e2e/exporters/series"
)

// Kubelet is what the kubelet's own server answers at /metrics/cadvisor, which runs cAdvisor's collector, and what it says of volumes at
// /metrics, for a node with all of the pods.
func Kubelet(pods []*corev1.Pod) (map[string]*dto.MetricFamily, error) {
	n := node{pods: pods}
	s := server.NewServer(n, nil, nil, nil, nil, nil)
	all, err := answered(&s, "/metrics/cadvisor")
	if err != nil {
		return nil, err
	}
	volumes := metrics.NewKubeRegistry()
	volumes.CustomMustRegister(collectors.NewVolumeStatsCollector(n))
	families, err := volumes.Gather()
	for name, f := range series.Gathered(families) {
		all[name] = f
	}
	return all, err
}

// A node is a kubelet that knows what its pods use, and nothing else that it is asked for here.
type node struct {
	server.HostInterface
	pods []*corev1.Pod
}

func (node) GetVersionInfo() (*cadvisor.VersionInfo, error) { return &cadvisor.VersionInfo{}, nil }
func (node) GetCachedMachineInfo() (*cadvisor.MachineInfo, error) {
	return &cadvisor.MachineInfo{}, nil
}
func (node) GetPodByCgroupfs(string) (*corev1.Pod, bool) { return nil, false }

// GetRequestedContainersInfo is what cAdvisor reads from cgroups. Only who has a limit of CPU has a quota, and periods to count.
func (n node) GetRequestedContainersInfo(string, cadvisorv2.RequestOptions) (map[string]*cadvisor.ContainerInfo, error) {
	all := map[string]*cadvisor.ContainerInfo{}
	for _, pod := range n.pods {
		for _, c := range append(pod.Spec.InitContainers, pod.Spec.Containers...) {
			info := &cadvisor.ContainerInfo{
				ContainerReference: cadvisor.ContainerReference{Name: fmt.Sprintf("/kubepods/pod%s/%s", pod.UID, c.Name), Aliases: []string{c.Name}},
				Spec: cadvisor.ContainerSpec{HasCpu: true, HasMemory: true, Image: c.Image, CreationTime: time.Now(), Labels: map[string]string{
					kubelettypes.KubernetesPodNameLabel:       pod.Name,
					kubelettypes.KubernetesPodNamespaceLabel:  pod.Namespace,
					kubelettypes.KubernetesContainerNameLabel: c.Name,
				}},
				Stats: []*cadvisor.ContainerStats{{Timestamp: time.Now(), Cpu: cadvisor.CpuStats{Usage: cadvisor.CpuUsage{Total: 1}}}},
			}
			info.Spec.Cpu.Period = 100_000 // microseconds
			info.Spec.Cpu.Quota = uint64(c.Resources.Limits.Cpu().MilliValue() * 100)
			all[info.Name] = info
		}
	}
	return all, nil
}

// ListPodStats is what the kubelet reads of volumes.
func (n node) ListPodStats(context.Context) ([]stats.PodStats, error) {
	var all []stats.PodStats
	for _, pod := range n.pods {
		var s stats.PodStats
		for _, v := range pod.Spec.Volumes {
			if v.PersistentVolumeClaim == nil {
				continue
			}
			full := new(uint64(1))
			s.VolumeStats = append(s.VolumeStats, stats.VolumeStats{
				Name: v.Name, PVCRef: &stats.PVCReference{Namespace: pod.Namespace, Name: v.PersistentVolumeClaim.ClaimName},
				FsStats: stats.FsStats{CapacityBytes: full, AvailableBytes: full, UsedBytes: full, Inodes: full, InodesFree: full, InodesUsed: full},
			})
		}
		all = append(all, s)
	}
	return all, nil
}
