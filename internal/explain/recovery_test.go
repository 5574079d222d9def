package explain_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/explain"
)

const (
	hour = 3600 // seconds
	gib  = 1 << 30
)

var prod = &app.Environment{Name: "prod"}

// TestRecovery holds the whole page of an app that has a store of every method, and of every reason to have none.
func TestRecovery(t *testing.T) {
	dump := app.Recovery{
		Name: "orders-db", Kind: app.NeedPostgres, Method: app.ByDump, RPOSeconds: 24 * hour, RTOSeconds: hour,
		Schedule: "17 */8 * * *", IntervalSeconds: 8 * hour, DeadlineSeconds: hour, LossSeconds: 9 * hour, Slack: true,
		RestoreSeconds: 819 + 300, SizeBytes: 40 * gib, RestoreMiBps: 50, RetentionDays: 30, DrillSchedule: "23 3 * * 2", DrillDays: 7,
	}
	tight := dump
	tight.Name, tight.Kind, tight.RPOSeconds, tight.Slack, tight.RestoreSeconds = "jobs", app.NeedRedis, 10*hour, false, 0
	archive := app.Recovery{
		Name: "ledger", Kind: app.NeedPostgres, Method: app.ByArchive, RPOSeconds: 600, RTOSeconds: 4 * hour,
		Schedule: "5 1 * * *", IntervalSeconds: 24 * hour, LossSeconds: 300, RestoreMiBps: 50, RetentionDays: 14, DrillSchedule: "23 3 4 * *", DrillDays: 30,
	}
	replica := archive
	replica.Name, replica.Method, replica.RPOSeconds, replica.LossSeconds = "money", app.ByReplica, 60, 60
	replica.SizeBytes, replica.RestoreSeconds = 20*gib, 409+300
	snapshot := dump
	snapshot.Name, snapshot.Kind, snapshot.Method, snapshot.RestoreSeconds, snapshot.DrillSchedule = "uploads", "", app.BySnapshot, 0, ""
	velero := dump
	velero.Name, velero.Kind, velero.Method = "wal", "", app.ByVelero
	velero.Velero = &app.VeleroBackup{DrillJob: "orders-uploads-drill"}

	got := page(t, app.App{
		Name: "orders", Env: prod, Tier: app.Critical,
		Recovery: []app.Recovery{
			dump, tight, archive, replica, snapshot, velero,
			{Name: "users", Kind: app.NeedMySQL, RPOSeconds: 24 * hour, RTOSeconds: 2 * hour, SharedWith: "accounts"},
			{Name: "older", Kind: app.NeedMySQL, RPOSeconds: 24 * hour, RTOSeconds: 2 * hour, SharedWith: "orders"},
		},
		Needs: []app.Need{
			{Name: "orders-db", Kind: app.NeedPostgres},
			{Name: "archive", Kind: app.NeedObjectStore},
			{Name: "cache", Kind: app.NeedRedis, Purpose: "cache"},
			{Name: "events", Kind: app.NeedKafka},
			{Name: "pricing", Kind: app.NeedApp},
			{Name: "reports", Kind: app.NeedPostgres, Managed: true},
			{Name: "scratch", Kind: app.NeedMongoDB, Ephemeral: true},
			{Name: "todo", Kind: app.NeedRedis, Purpose: "store"},
		},
		Volumes: []app.Volume{{Name: "uploads"}, {Name: "index"}},
		Jobs: []app.Job{
			{For: "money", Component: "backup", DeadlineSeconds: 5 * hour},
			{For: "money", Component: "drill", DeadlineSeconds: 6 * hour},
			{Name: "orders-uploads-drill", For: "uploads", Component: "drill", DeadlineSeconds: hour / 2},
		},
	})
	want := `orders in prod, tier critical

orders-db (postgres)
  objective   at most 24 h of data lost, restored within 1 h
  strategy    cold: a dump, checked, encrypted and copied to the bucket
  schedule    every 8 h (17 */8 * * *, UTC), stopped after 1 h
  worst loss  8 h + 1 h = 9 h of 24 h; also when one run fails: 2 x 8 h + 1 h = 17 h
  restore     40 GiB at 50 MiB/s: 13 min 39 s + 5 min to start = 18 min 39 s of 1 h
  retention   every dump for 2 days, then one a day for 30 days
  drill       every week (23 3 * * 2, UTC), stopped after 1 h
  cost        low: dumps in a bucket
`
	if diff := cmp.Diff(want, got[:len(want)]); diff != "" {
		t.Errorf("the first block (-want +got):\n%s", diff)
	}
	for _, line := range []string{
		"  worst loss  8 h + 1 h = 9 h of 10 h; no slack: when one run fails: 2 x 8 h + 1 h = 17 h\n",
		"  restore     size not stated: the drill measures it, and has 1 h\n",
		"  restore     not known, and no drill measures it: the objective is 1 h\n",
		"  drill       none: a restore is never rehearsed\n",
		"  worst loss  what is not in the archive yet: 5 min of 10 min\n",
		"  drill       every 30 days (23 3 4 * *, UTC), stopped after 6 h\n",
		"  schedule    base backup every 24 h (5 1 * * *, UTC)\n",
		"  retention   any moment of the last 14 days\n",
		"  strategy    warm: base backups and every change since, by CloudNativePG: any moment can be\n              restored\n",
		"  restore     a standby takes over at once; from the archive 20 GiB at 50 MiB/s: 6 min 49 s + 5 min\n              to start = 11 min 49 s\n",
		"  schedule    every 8 h (17 */8 * * *, UTC), counted with 1 h for a run\n",
		"  cost        high: standing replicas, and base backups and the log in a bucket\n",
		"uploads (volume)\n",
		"  drill       every week (23 3 * * 2, UTC), stopped after 30 min\n",
		"  shared     another need on this page is for the same database, and asks for at least as much: its\n             backup serves both\n",
		"  strategy    cold: snapshots of the volume, which Velero moves to the bucket\n",
		"  shared     accounts uses the same database and asks for at least as much: its backup serves both\n             (scantling explain accounts recovery)\n",
	} {
		if !strings.Contains(got, line) {
			t.Errorf("no such line: %q", line)
		}
	}
	without := `
not backed up
  archive  objectstore: whoever runs it keeps it restorable
  cache    a redis with the purpose cache: what it holds comes back by itself
  events   kafka: whoever runs it keeps it restorable
  reports  managed: true: whoever runs it keeps it restorable
  scratch  ephemeral: true: its data may be lost
  todo     nothing says how much of it may be lost: add recovery: {rpo: "24h", rto: "4h"}
  index    nothing says how much of it may be lost: add recovery: {rpo: "24h", rto: "4h"}
`
	if !strings.HasSuffix(got, without) {
		t.Errorf("what is not backed up: got\n%s", got[strings.Index(got, "\nnot backed up"):])
	}
	for line := range strings.Lines(got) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if t.Failed() {
		t.Log("\n" + got)
	}
}

// TestRecoveryOfNothing wants a sentence for an app without data, not an empty page.
func TestRecoveryOfNothing(t *testing.T) {
	got := page(t, app.App{Name: "web", Env: prod, Tier: app.Standard, Needs: []app.Need{{Name: "pricing", Kind: app.NeedApp}}})
	want := "web in prod, tier standard\n\nthe app holds no data: what it is comes back from its manifests\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func page(t *testing.T, a app.App) string {
	t.Helper()
	var b strings.Builder
	if err := explain.Recovery(&b, a); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
