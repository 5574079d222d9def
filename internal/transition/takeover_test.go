package transition

import "testing"

func TestPodsAreHandedOver(t *testing.T) {
	web, base := serviceOf("web", "app: web"), deployment("web-base", "app: web, track: base")
	two, one := with(base, "replicas: 3", "replicas: 2"), with(stable, "replicas: 3", "replicas: 1")
	scaled := with(stable, "  replicas: 3\n", "")
	waits := with(two, "metadata: {name: web-base, ", `metadata: {name: web-base, annotations: {argocd.argoproj.io/sync-wave: "-1"}, `)
	lasts := with(two, "metadata: {name: web-base, ", `metadata: {name: web-base, annotations: {argocd.argoproj.io/sync-options: "PruneLast=true"}, `)
	falls := `warning pods-are-handed-over Deployment/shop/web: Deployment/web would fall from 3 pods to 1 at once, while those of Deployment/web-base have yet to start`
	goes := `warning pods-are-handed-over Deployment/shop/web-base: Deployment/web-base would go away with 2 pods, while those that Deployment/web gets for them have yet to start`
	runCases(t, []stepCase{
		{"a base comes", docs{stable, web}, docs{one, two, web}, []string{falls}},
		{"of a worker", docs{stable}, docs{one, two}, []string{falls}},
		{"and is waited for", docs{stable, web}, docs{one, waits, web}, nil},
		{"without taking over", docs{stable, web}, docs{stable, two, web}, nil},
		{"after it has come", docs{stable, two, web}, docs{one, two, web}, nil},
		{"beside an autoscaler", docs{scaled, scaler("web", 3, 9), web}, docs{scaled, two, scaler("web", 1, 7), web}, []string{
			`warning pods-are-handed-over Deployment/shop/web: Deployment/web would fall at a peak from 9 pods to 7 at once, while those of Deployment/web-base have yet to start`}},
		{"beside an autoscaler that may have as many", docs{scaled, scaler("web", 3, 9), web}, docs{scaled, two, scaler("web", 1, 9), web}, nil},
		{"of another app", docs{stable}, docs{one, with(two, "app.kubernetes.io/instance: web", "app.kubernetes.io/instance: shop")}, nil},
		{"fewer pods are wanted", docs{stable, web}, docs{one, web}, nil},

		{"a base goes", docs{one, two, web}, docs{stable, web}, []string{goes}},
		{"of a worker that goes", docs{one, two}, docs{stable}, []string{goes}},
		{"last", docs{one, lasts, web}, docs{stable, web}, nil},
		{"beside an autoscaler that wants more", docs{scaled, two, scaler("web", 1, 7), web}, docs{scaled, scaler("web", 3, 9), web}, []string{goes}},
		{"and not all of its pods are taken over", docs{one, two, web}, docs{with(stable, "replicas: 3", "replicas: 2"), web}, []string{
			`error backend-leaves-at-zero Deployment/shop/web-base: Deployment/web-base would go away while it has 2 pods of the 3 pods behind Service/web`}},
	})
}
