package resolve

import (
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// scrape reads who reads metrics, and who asks the apps that have none.
func scrape(n *load.Node) *app.Scrape {
	if n == nil {
		return nil
	}
	namespace := text(n.Field("namespace"))
	s := &app.Scrape{
		Namespace:     namespace,
		Labels:        textMap(n.Field("labels")),
		MonitorLabels: textMap(n.Field("labelSelector")),
		URL:           textOr(n.Field("url"), "http://prometheus-operated."+namespace+".svc:9090"),
		Sloth:         boolean(n.Field("sloth")),
	}
	s.RetentionSeconds, _ = seconds(n.Field("retention"))
	if p := n.Field("prober"); p != nil {
		s.Prober = &app.Prober{
			URL:    text(p.Field("url")),
			Pods:   app.Pods{Namespace: textOr(p.Field("namespace"), namespace), Labels: textMap(p.Field("labels"))},
			Module: text(p.Field("module")),
		}
	}
	return s
}

func prices(n *load.Node) *app.Prices {
	if n == nil {
		return nil
	}
	p := &app.Prices{Currency: text(n.Field("currency"))}
	p.CPUHour, _ = float(n.Field("cpuHour"))
	p.GiBHour, _ = float(n.Field("gibHour"))
	p.StorageGiBMonth, _ = float(n.Field("storageGibMonth"))
	p.LoadBalancerMonth, _ = float(n.Field("loadBalancerMonth"))
	p.SpotFactor, _ = float(n.Field("spotFactor"))
	return p
}

func karpenter(n *load.Node) *app.Karpenter {
	if n == nil {
		return nil
	}
	return &app.Karpenter{Group: textOr(n.Field("group"), "karpenter.k8s.aws"), Kind: textOr(n.Field("kind"), "EC2NodeClass"), Name: text(n.Field("nodeClass"))}
}

func eksctl(env *load.Node) *app.Eksctl {
	n := env.Field("eksctl")
	if n == nil {
		return nil
	}
	return &app.Eksctl{Cluster: text(n.Field("cluster")), Region: textOr(n.Field("region"), text(env.Field("region")))}
}
