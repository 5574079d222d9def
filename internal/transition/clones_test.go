package transition

import "testing"

func TestClonesAreHandedOver(t *testing.T) {
	web := serviceOf("web", "app: web")
	runCases(t, []stepCase{
		{"another strategy", docs{stable, flaggerCanary}, docs{stable, web}, []string{
			`error clones-are-handed-over Canary/shop/web: Canary/web would go away, and with it the Service of Flagger and Deployment/web-primary, whose pods have all of the traffic; Deployment/web has none`}},
		{"the app goes", docs{stable, flaggerCanary}, nil, nil},
		{"a release", docs{stable, flaggerCanary}, docs{with(stable, "web:1", "web:2"), flaggerCanary}, nil},
	})
}
