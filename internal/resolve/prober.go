package resolve

import (
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// prober lets in who asks the app whether it answers, where that is how an objective is measured. An app that counts its requests
// itself is asked by nobody.
func (s *spec) prober() {
	if !s.isAsked() {
		return
	}
	question, ok := kube.Asked(s.app)
	if scrape := s.w.env.Scrape; ok && scrape != nil && scrape.Prober != nil {
		pods := scrape.Prober.Pods
		s.app.Ingress = append(s.app.Ingress, app.Edge{Name: "prober", Peer: app.Peer{Namespace: pods.Namespace, Labels: pods.Labels}, Ports: []app.Port{question.Port}})
		s.decided("ingress[prober]", app.ByPlatform, at(s.w.facts.node.At("scrape", "prober"), s.w.facts.node), "")
	}
}

// isAsked reports whether an objective is measured by asking the app.
func (s *spec) isAsked() bool {
	return s.app.SLO != nil && slices.ContainsFunc(s.app.SLO.Objectives, func(o app.Objective) bool { return o.Source == "probe" })
}
