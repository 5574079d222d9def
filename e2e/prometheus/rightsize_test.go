package prometheus

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scantling/scantling/e2e/prometheus/server"
)

const sized = `package shop

apps: [_]: {team: "shop", tier: *"standard" | _, image: "registry.acme.io/shop:1.0"}
apps: peaks: {size: "l", replicas: 2}
apps: elastic: {size: "l", scale: {min: 2, max: 8, cpu: 70}}
apps: killed: {replicas: 2, sidecars: proxy: image: "registry.acme.io/proxy:1.0"}
apps: "killed-admin": {replicas: 2, sidecars: killed: image: "registry.acme.io/proxy:1.0"}
apps: report: {tier: "best-effort", kind: "cron", schedule: "0 3 * * *"}
apps: fresh: {replicas: 2}
apps: unseen: {replicas: 2}
`

// kubelet is what cAdvisor and kube-state-metrics say of containers, minute by minute.
type kubelet struct {
	history
	now time.Time
}

// container is a container and what it uses: cores by the minute, and MiB.
type container struct {
	pod, name  string
	from, to   float64 // days ago
	cores      func(minute int) float64
	mib, limit float64
	sidecar    bool
}

func (k kubelet) run(c container) {
	labels := fmt.Sprintf(`namespace="shop",pod=%q,container=%q,id="/kubepods/%[1]s"`, c.pod, c.name)
	begin, end := k.now.Add(-time.Duration(c.from*24)*time.Hour), k.now.Add(-time.Duration(c.to*24*60)*time.Minute)
	seconds := 0.0
	for minute := 0; !begin.Add(time.Duration(minute) * time.Minute).After(end); minute++ {
		at := begin.Add(time.Duration(minute) * time.Minute)
		seconds += 60 * c.cores(minute)
		if k.now.Sub(at) < 8*24*time.Hour {
			k.add("container_cpu_usage_seconds_total", labels, seconds, at)
		}
		if minute%10 == 0 {
			k.add("container_memory_working_set_bytes", labels, c.mib*(1<<20), at)
			family := "kube_pod_container_resource_limits"
			if c.sidecar {
				family = "kube_pod_init_container_resource_limits"
			}
			k.add(family, fmt.Sprintf(`namespace="shop",pod=%q,container=%q,resource="memory"`, c.pod, c.name), c.limit*(1<<20), at)
		}
	}
}

func steady(cores float64) func(int) float64 { return func(int) float64 { return cores } }

// tell tells the story of all apps.
func (k kubelet) tell() {
	// An hour of every day, which is 4.2 % of the time, is far above the rest.
	daily := func(minute int) float64 {
		if minute%(24*60) < 60 {
			return 0.8
		}
		return 0.1
	}
	k.run(container{"peaks-6d4b75cb6d-hwcmf", "peaks", 14, 0, daily, 200, 512, false})
	k.run(container{"peaks-6d4b75cb6d-zx7qk", "peaks", 14, 0, steady(0.05), 300, 512, false})
	// Pods come and go, and use together what three use.
	k.run(container{"elastic-7f8c9d5b64-2bq4x", "elastic", 14, 4, steady(0.3), 400, 512, false})
	k.run(container{"elastic-7f8c9d5b64-5k9wl", "elastic", 4, 0, steady(0.15), 400, 512, false})
	k.run(container{"elastic-7f8c9d5b64-mm2nt", "elastic", 4, 0, steady(0.15), 400, 512, false})
	// Killed at 256 MiB, since restarted; its neighbour, and the neighbour's sidecar of the same name, use far more.
	k.run(container{"killed-5d6f7c8b9-t4r2s", "killed", 14, 0, steady(0.2), 220, 256, false})
	k.add("kube_pod_container_status_last_terminated_reason", `namespace="shop",pod="killed-5d6f7c8b9-t4r2s",container="killed",reason="OOMKilled"`, 1, k.now.Add(-3*24*time.Hour))
	k.run(container{"killed-5d6f7c8b9-t4r2s", "proxy", 14, 0, steady(0.04), 50, 64, true})
	k.run(container{"killed-admin-5d6f7c8b9-t4r2s", "killed-admin", 14, 0, steady(0.2), 200, 256, false})
	k.run(container{"killed-admin-5d6f7c8b9-t4r2s", "killed", 14, 0, steady(3), 2000, 64, true})
	// Ten minutes of every day.
	for day := range 9 {
		pod := fmt.Sprintf("report-2938%d720-hwcmf", day)
		k.run(container{pod, "report", float64(day + 1), float64(day+1) - 10.0/(24*60), steady(0.9), 200, 384, false})
		labels := fmt.Sprintf(`namespace="shop",pod=%q,container="report"`, pod)
		for minute := range 10 {
			at := k.now.Add(-time.Duration(day+1)*24*time.Hour + time.Duration(minute)*time.Minute)
			k.add("container_cpu_cfs_periods_total", labels, float64(600*minute), at)
			k.add("container_cpu_cfs_throttled_periods_total", labels, float64(300*minute), at)
		}
	}
	k.run(container{"fresh-6d4b75cb6d-hwcmf", "fresh", 0.5, 0, steady(1), 1000, 256, false})
}

// TestRightsize wants the queries to find, on a real server, what is known of every app, through the script that makes a file, too.
func TestRightsize(t *testing.T) {
	k := kubelet{history{}, time.Now().Truncate(time.Minute)}
	k.tell()
	s := server.Start(t, server.Options{Samples: strings.NewReader(k.String())})

	dir := t.TempDir()
	for name, text := range map[string]string{"platform.cue": gated, "app.cue": sized} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	rightsize := func(args ...string) (code int, stdout, stderr string) {
		return inDirectory(t, dir, append([]string{world.scantling, "rightsize"}, args...)...)
	}
	code, table, said := rightsize("--prometheus", s.URL())
	wantText(t, code, 1, strings.Join(strings.Fields(table), " "), []string{
		"killed killed memory 256Mi 220Mi 368Mi needs more killed at a limit of 256Mi in 14 days: limit of 356Mi or more",
		"killed-admin killed cpu 50m 3000m 3500m needs more", "killed-admin killed memory 64Mi 2000Mi 2432Mi needs more", "no size of a sidecar has 3500m of CPU",
		"report report cpu 250m 900m 1100m needs more the busiest run of 7 days 900m x 1.15 = 1035m; in 50 % of the periods it waits",
		"peaks peaks cpu 500m 100m 120m reserves too much P95 of 7 days 100m x 1.15 = 115m",
		"peaks peaks memory 512Mi 300Mi 368Mi reserves too much maximum of 14 days 300Mi x 1.2 = 360Mi",
		"elastic elastic cpu 500m 300m 250m reserves too much all pods' P95 of 7 days 300m x 1.15 / 70 % / 2 pods = 246m",
		"fresh fresh all - ? - unknown measured for 12 hours only", "unseen unseen all - ? - unknown nothing is measured",
		"report: memory was measured for 9 days, not 14",
		"9 containers in prod: 3 need more, 2 reserve too much, 2 unknown, 2 fit",
	})
	if t.Failed() {
		t.Logf("%s\n%s", table, said)
	}
	if strings.Contains(table, "is not known") {
		t.Errorf("whether something was killed is known of all: sidecars have metrics of their own\n%s", table)
	}

	_, script, _ := rightsize("--print-queries")
	if err := os.WriteFile(filepath.Join(dir, "fetch.sh"), []byte(script), 0o666); err != nil {
		t.Fatal(err)
	}
	code, answers, said := inDirectory(t, dir, "sh", "fetch.sh", s.URL())
	if code != 0 {
		t.Fatalf("fetch.sh: %s", said)
	}
	if err := os.WriteFile(filepath.Join(dir, "answers.json"), []byte(answers), 0o666); err != nil {
		t.Fatal(err)
	}
	code, edited, said := rightsize("peaks", "elastic", "killed", "report", "--from", "answers.json", "--apply")
	wantText(t, code, 0, edited, []string{"Edited:", `apps.killed: resources: {cpu: "250m", memory: "368Mi"}`, `apps.elastic: resources: {cpu: "250m", memory: "512Mi"} instead of size`})
	if said != "" {
		t.Error(said)
	}
	code, table, _ = rightsize("peaks", "elastic", "killed", "--prometheus", s.URL())
	wantText(t, code, 0, table, []string{"4 containers in prod: 4 fit"})
}
