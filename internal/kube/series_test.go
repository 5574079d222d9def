package kube_test

import (
	"regexp"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// TestAppOfPod wants the pods of each app to be its own, however alike the names are.
func TestAppOfPod(t *testing.T) {
	apps := []app.App{
		{Name: "web", Role: app.RoleStable, Other: &app.Side{Role: app.RoleCanary}, Migration: &app.Migration{}},
		{Name: "web-admin", Role: app.RoleStable},
		{Name: "shop", Role: app.RoleBlue, Other: &app.Side{Role: app.RoleGreen}},
		{Name: "db", Kind: app.Stateful},
		{Name: "report", Kind: app.Cron},
	}
	pattern, replacement := kube.AppOfPod(apps)
	re := regexp.MustCompile("^(?s:" + pattern + ")$") // as PromQL anchors it
	for pod, want := range map[string]string{
		"web-6d4b75cb6d-hwcmf":           "web",
		"web-canary-6d4b75cb6d-hwcmf":    "web",
		"web-migrate-1a2b3c4d-hwcmf":     "web",
		"web-admin-6d4b75cb6d-hwcmf":     "web-admin",
		"web-other-6d4b75cb6d-hwcmf":     "",
		"web-blue-6d4b75cb6d-hwcmf":      "",
		"my-web-6d4b75cb6d-hwcmf":        "",
		"web-0":                          "",
		"shop-blue-6d4b75cb6d-hwcmf":     "shop",
		"shop-green-6d4b75cb6d-hwcmf":    "shop",
		"shop-6d4b75cb6d-hwcmf":          "",
		"db-12":                          "db",
		"db-backup-29384720-hwcmf":       "",
		"report-29384720-hwcmf":          "report",
		"report-29384720-hwcmf-6d4b-abc": "",
	} {
		got := ""
		if m := re.FindStringSubmatchIndex(pod); m != nil {
			got = string(re.ExpandString(nil, replacement, pod, m))
		}
		if got != want {
			t.Errorf("%s is of %q, want %q", pod, got, want)
		}
	}
}
