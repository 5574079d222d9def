package compile_test

import (
	"fmt"
	"hash/fnv"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/manifest"
)

// Seconds.
const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
)

// A keeping is one app with one store of data, and what is wanted of it.
type keeping struct {
	name     string // of the app and of its namespace
	tier     string
	kind     string // of the data
	rpo, rto string
	gib      int64  // 0: nobody states it
	wish     string // managed or ephemeral; empty: neither
	env      string
	general  bool // the objectives are the app's, not the need's
}

// The values that are put together. Those of time are in seconds beside.
var (
	kindsOfData = []string{"postgres", "mysql", "mongodb", "redis", "volume", "cnpg"}
	losses      = map[string]int64{"1m": minute, "5m": 5 * minute, "30m": 30 * minute, "1h": hour, "2h": 2 * hour, "3h": 3 * hour, "4h": 4 * hour, "24h": day, "7d": 7 * day}
	waits       = map[string]int64{"1m": minute, "10m": 10 * minute, "1h": hour, "4h": 4 * hour, "24h": day}
	gibs        = []int64{0, 1, 40, 2000}
	clustersOf  = []string{"full", "moved", "snapped", "bare"} // what each has is below
	has         = map[string][]string{"full": {"cnpg", "snapshots", "velero"}, "moved": {"velero"}, "snapped": {"cnpg", "snapshots"}, "bare": nil}
)

// keepings are all tiers, kinds, objectives and sizes. The cluster, the wish and where the objectives stand are a hash of those: each
// meets each of the others many times.
func keepings() (all []keeping) {
	for _, tier := range tiers {
		for _, kind := range kindsOfData {
			for _, rpo := range slices.Sorted(maps.Keys(losses)) {
				for _, rto := range slices.Sorted(maps.Keys(waits)) {
					for _, gib := range gibs {
						k := keeping{name: fmt.Sprintf("a%d", len(all)), tier: tier, kind: kind, rpo: rpo, rto: rto, gib: gib}
						h := fnv.New32a()
						fmt.Fprint(h, tier, kind, rpo, rto, gib)
						n := h.Sum32() >> 4
						k.env, k.general = clustersOf[n%4], n/4%2 == 0
						if kind != "volume" {
							k.wish = []string{"", "", "", "", "", "managed", "ephemeral", ""}[n/8%8]
						}
						all = append(all, k)
					}
				}
			}
		}
	}
	return all
}

// platformOfKeepings has four clusters that differ in what is installed, and a database for each app.
func platformOfKeepings(all []keeping, region string) string {
	var b strings.Builder
	b.WriteString("package shop\n")
	for _, name := range clustersOf {
		fmt.Fprintf(&b, `platform: environments: %s: {
	kubernetes: "1.34", zones: ["a", "b", "c"], region: %q, capabilities: ["externalsecrets", "prometheus"%s], apiServerCIDRs: ["10.0.0.1/32"]
	scrape: {namespace: "monitoring", labels: app: "prometheus"}, secretStore: name: "vault"
	backups: {bucket: "acme-backups", endpoint: "s3.eu-2.acme.io", region: "eu-2", secret: "platform/backups", cidrs: ["10.30.0.0/24"]}
	storageClasses: {retain: "ssd-retain", delete: "ssd", snapshot: "ssd-snapshots"}
}
`, name, region, strings.Join(append([]string{""}, quotedAll(has[name])...), ", "))
	}
	for _, tool := range []string{"postgres:17", "mysql:8.4", "mongodb:7", "redis:7", "rclone:1.75", "kubectl:1.34", "cnpg:17"} {
		name, version, _ := strings.Cut(tool, ":")
		image := map[string]string{"cnpg": "cnpg-postgresql", "mongodb": "mongo"}[name]
		if image == "" {
			image = name
		}
		fmt.Fprintf(&b, "platform: images: %s: %q\n", name, "registry.acme.io/"+image+":"+version+imageOne[strings.Index(imageOne, "@"):])
	}
	for _, k := range all {
		if k.kind == "volume" || k.kind == "cnpg" {
			continue
		}
		size := ""
		if k.gib > 0 {
			size = fmt.Sprintf(", sizeGiB: %d", k.gib)
		}
		fmt.Fprintf(&b, "platform: databases: %s: {kind: %q, host: \"%s.db.acme.io\", cidrs: [\"10.20.0.0/24\"], maxConnections: 60%s}\n", k.name, k.kind, k.name, size)
	}
	return b.String()
}

func quotedAll(all []string) (out []string) {
	for _, s := range all {
		out = append(out, fmt.Sprintf("%q", s))
	}
	return out
}

// data is the field that holds the data.
func (k keeping) data() string {
	switch k.kind {
	case "volume":
		return "storage.data"
	case "cnpg":
		return "needs.data.postgres"
	}
	return "needs.data." + k.kind
}

// String writes the spec.
func (k keeping) String() string {
	objectives := fmt.Sprintf("recovery: {rpo: %q, rto: %q}", k.rpo, k.rto)
	kind, fields := "worker", []string{}
	add := func(has bool, format string, args ...any) {
		if has {
			fields = append(fields, fmt.Sprintf(format, args...))
		}
	}
	stateful := k.kind == "volume" && len(k.name)%2 == 0
	if stateful {
		kind = "stateful"
	}
	add(k.kind == "volume", "size: %q, mount: \"/data\"", k.size())
	add(k.kind == "volume" && !stateful, `access: "ReadWriteMany"`)
	add(k.kind == "cnpg", `provision: "cnpg", pool: 5`)
	add(k.kind == "cnpg" && k.gib > 0, "size: \"%dGi\"", k.gib)
	add(k.kind == "redis", `purpose: %q`, []string{"queue", "store"}[len(k.name)%2])
	add(k.kind == "postgres" || k.kind == "mysql" || k.kind == "mongodb" || k.kind == "redis", "instance: %q", k.name)
	add(k.kind == "postgres" || k.kind == "mysql", "pool: 5")
	add(k.wish != "", "%s: true", k.wish)
	add(!k.general && k.wish == "", "%s", objectives)
	general := ""
	if k.general {
		general = "\t" + objectives + "\n"
	}
	elsewhere := ""
	for _, env := range clustersOf {
		if env != k.env {
			elsewhere += fmt.Sprintf("\tenvironments: %s: false\n", env)
		}
	}
	return fmt.Sprintf("apps: %s: {\n\tteam: \"shop\", namespace: %q, tier: %q, kind: %q, image: %q, replicas: 3\n%s\t%s: {%s}\n%s}\n",
		k.name, k.name, k.tier, kind, imageOne, general, strings.ReplaceAll(k.data(), ".", ": "), strings.Join(fields, ", "), elsewhere)
}

// size is that of a volume, which must say one.
func (k keeping) size() string {
	if k.gib == 0 {
		return "512Mi"
	}
	return fmt.Sprintf("%dGi", k.gib)
}

// mib is the size that is counted with; 0: nobody knows it.
func (k keeping) mib() int64 {
	switch {
	case k.gib == 0 && k.kind == "volume":
		return 512
	case k.gib == 0 && k.kind == "cnpg":
		return 10 << 10 // of a server that says nothing
	}
	return k.gib << 10
}

// An outcome is what must become of a keeping: it is refused at these fields, or kept in this way.
type outcome struct {
	refused  []string
	way      string // dump, velero, snapshot, archive or replica; empty: nothing is kept
	interval int64  // between two backups, in seconds: the longest that suffices
	tight    bool   // a warning says that no run may fail
}

// outcome is what the design says.
func (k keeping) outcome() (o outcome) {
	at := k.data() + ".recovery"
	if k.general {
		at = "recovery"
	}
	can := func(capability string) bool { return slices.Contains(has[k.env], capability) }
	deadline, restored := backupTakes(k.mib()), restores(k.mib()) <= waits[k.rto]
	switch {
	case k.kind == "cnpg" && !can("cnpg"):
		return outcome{refused: []string{"needs.data.postgres.provision"}}
	case k.wish != "":
		return outcome{}
	case k.kind == "cnpg" && (losses[k.rpo] < 2*leastArchive || !restored):
		return outcome{way: "replica"}
	case k.kind == "cnpg":
		return outcome{way: "archive"}
	case k.kind == "volume" && can("velero"):
		o.way = "velero"
	case k.kind == "volume" && can("snapshots") && k.tier != "critical":
		o.way, deadline, restored = "snapshot", leastDeadline, true // it takes no time, and is never rehearsed
	case k.kind == "volume":
		return outcome{refused: []string{at}}
	default:
		o.way = "dump"
	}
	interval, slack := rarest(losses[k.rpo], deadline)
	o.interval = interval
	o.tight = interval > 0 && !slack
	if interval == 0 {
		o.refused = append(o.refused, at+".rpo")
	}
	if !restored {
		o.refused = append(o.refused, at+".rto")
	}
	return o
}

// TestRecoverySpace puts all kinds of data together with all objectives: what cannot be kept is refused, at the objective that cannot, and
// nothing else is. All else is rendered, and holds every invariant.
func TestRecoverySpace(t *testing.T) {
	t.Parallel()
	all := keepings()
	sound := slices.DeleteFunc(refuseKeepings(t, all), func(k keeping) bool { return k.outcome().way == "" && k.gib > 0 }) // a few of what leaves nothing behind
	dir := writeKeepings(t, sound, "eu-1")
	manifests, err := compile.Generate(compile.Options{Dir: dir})
	if err != nil || manifests.Failed {
		t.Fatal(err, text(t, slices.DeleteFunc(manifests.Diagnostics, func(d diag.Diagnostic) bool { return d.Severity != diag.Error })))
	}
	spaces, ways := map[string][]manifest.Object{}, map[string]int{} // each app has a namespace
	for _, f := range manifests.Files {
		objects, err := manifest.Parse(f.Path, f.Data)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range objects {
			app := o.Label("app.kubernetes.io/instance")
			spaces[app] = append(spaces[app], o)
		}
	}
	for _, k := range sound {
		o := k.outcome()
		ways[o.way]++
		if way, interval := wayOf(spaces[k.name]); way != o.way || interval != o.interval {
			t.Errorf("kept by %q every %d s, want %q every %d s\n%s", way, interval, o.way, o.interval, k)
		}
	}
	t.Logf("%d combinations, of which %d are rendered: %v", len(all), len(sound), ways)
	for _, way := range []string{"", "dump", "velero", "snapshot", "archive", "replica"} {
		if ways[way] < 25 {
			t.Errorf("%q: %d rendered: the test has lost its subject", way, ways[way])
		}
	}
}

// refuseKeepings returns those that are not refused, and fails those that are wrongly refused, or wrongly not.
func refuseKeepings(t *testing.T, all []keeping) (sound []keeping) {
	t.Helper()
	specs, err := compile.Resolve(compile.Options{Dir: writeKeepings(t, all, "eu-1")})
	if err != nil {
		t.Fatal(err)
	}
	refused, warned := map[string][]string{}, map[string]bool{}
	for _, d := range specs.Diagnostics {
		name, field, _ := strings.Cut(strings.TrimPrefix(d.Path, "apps."), ".")
		switch {
		case d.Severity == diag.Error && !strings.HasPrefix(d.Path, "apps."):
			t.Errorf("at no field of an app: %+v", d)
		case d.Severity == diag.Error:
			refused[name] = append(refused[name], field)
		case d.Rule == "rpo-bears-failure":
			warned[name] = true
		}
	}
	count := map[bool]int{}
	defer func() { t.Logf("%d combinations are refused, %d are not", count[true], count[false]) }()
	for _, k := range all {
		count[len(k.outcome().refused) > 0]++
		o, got := k.outcome(), slices.Compact(slices.Sorted(slices.Values(refused[k.name])))
		if !slices.Equal(got, slices.Sorted(slices.Values(o.refused))) {
			t.Errorf("refused at %v, want %v\n%s", got, o.refused, k)
		} else if len(got) == 0 {
			sound = append(sound, k)
		}
		if warned[k.name] != o.tight {
			t.Errorf("a warning that no run may fail: %t, want %t\n%s", warned[k.name], o.tight, k)
		}
	}
	return sound
}

// writeKeepings writes a project in files of a hundred apps.
func writeKeepings(t *testing.T, all []keeping, region string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	put(t, dir, "platform.cue", platformOfKeepings(all, region))
	for part := range slices.Chunk(all, 100) {
		text := "package shop\n"
		for _, k := range part {
			text += k.String()
		}
		put(t, dir, filepath.Join("d"+part[0].name, "app.cue"), text)
	}
	return dir
}

// TestRecoveryRegion keeps data where its backups go: refused for what is critical, if anything leaves for the bucket.
func TestRecoveryRegion(t *testing.T) {
	for _, tier := range tiers {
		for _, kind := range kindsOfData {
			for _, region := range []string{"eu-1", "eu-2"} {
				k := keeping{name: "a", tier: tier, kind: kind, rpo: "24h", rto: "24h", gib: 1, env: "full"}
				specs, err := compile.Resolve(compile.Options{Dir: writeKeepings(t, []keeping{k}, region)})
				if err != nil {
					t.Fatal(err)
				}
				var refused []string
				for _, d := range specs.Diagnostics {
					if d.Severity == diag.Error {
						refused = append(refused, d.Path)
					}
				}
				var want []string
				if tier == "critical" && region == "eu-2" {
					want = []string{"platform.environments.full.backups.region"}
				}
				if !slices.Equal(refused, want) {
					t.Errorf("%s %s with data in %s is refused at %v, want %v", tier, kind, region, refused, want)
				}
			}
		}
	}
}

// TestRecoveryShared lets two apps of any tiers share a database: one backup serves both, by the stricter objectives, kept and watched as
// the more critical of them wants.
func TestRecoveryShared(t *testing.T) {
	for _, one := range tiers {
		for _, other := range tiers {
			for _, stricter := range []string{"one", "other"} {
				rpo, rto := map[bool]string{true: "3h", false: "24h"}, map[bool]string{true: "4h", false: "1h"}
				spec := "package shop\n"
				for name, tier := range map[string]string{"one": one, "other": other} {
					spec += fmt.Sprintf("apps: %s: {team: \"shop\", tier: %q, kind: \"worker\", image: %q, replicas: 3, needs: data: postgres: {instance: \"a\", recovery: {rpo: %q, rto: %q}}, environments: bare: false, environments: moved: false, environments: snapped: false}\n",
						name, tier, imageOne, rpo[name == stricter], rto[name == stricter])
				}
				dir := t.TempDir()
				put(t, dir, "platform.cue", platformOfKeepings([]keeping{{name: "a", kind: "postgres", gib: 1}}, "eu-1"))
				put(t, dir, "app.cue", spec)
				m, err := compile.Generate(compile.Options{Dir: dir})
				if err != nil || m.Failed {
					t.Errorf("%s and %s, of which %s is stricter: %v\n%s", one, other, stricter, err, text(t, m.Diagnostics))
				}
			}
		}
	}
}
