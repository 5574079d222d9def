package data

import (
	"strings"
	"testing"
)

// Stand-ins for MongoDB's tools, which are not to be had: they answer as the real ones do by their documentation. These tests show
// only that the scripts notice what the tools report; that the tools are called rightly, they cannot show.
const (
	mongosh = `#!/bin/dash
case "$*" in
*--nodb*) printf '{"uri": "mongodb://app:%s@h"}' "$(cat "$SECRETS/password")" >"$config"; echo 3 ;;
*ping*) echo 1 ;;
*getCollectionInfos*) echo 3 ;;
*countDocuments*) echo 1000 ;;
*) echo "MongoServerError: what is $*" >&2; exit 1 ;;
esac
`
	mongodump = `#!/bin/dash
for a; do case $a in --archive=*) part=${a#--archive=} ;; --config=*) grep -q mongodb:// "${a#--config=}" || exit 3 ;; esac; done
head -c 60000 /dev/urandom | gzip >"$part"
`
	mongorestore = `#!/bin/dash
for a; do case $a in --archive=*) gzip -t "${a#--archive=}" ;; esac; done
`
	mongod = "#!/bin/dash\ntrap 'exit 0' TERM\nwhile sleep 0.2; do :; done\n"
	died   = "#!/bin/dash\nexit 1\n"
)

func mongodb(t *testing.T) (setting, map[string]string) {
	s := storeOnly(t, shells[len(t.Name())%2])
	s.kind, s.database = "mongodb", "shop"
	return s, map[string]string{"mongosh": mongosh, "mongodump": mongodump, "mongorestore": mongorestore, "mongod": mongod}
}

func TestMongoDBStandIn(t *testing.T) {
	faults := []struct {
		name, task, tool, text string
		lines                  []string
		words                  []string // none: the job ends well
	}{
		{name: "well", lines: []string{"1000 db.orders.countDocuments()"}},
		{name: "no way in", task: "dump", tool: "mongosh", text: died, words: []string{"cannot read database shop", "password in the secret store"}},
		{name: "no collections", task: "dump", tool: "mongosh", text: strings.Replace(mongosh, "echo 3 ;;", "echo 0 ;;", 1), words: []string{"has no collections"}},
		{name: "no answer", task: "dump", tool: "mongosh", text: "#!/bin/dash\n", words: []string{"has no collections"}},
		{name: "the dump dies", task: "dump", tool: "mongodump", text: died, words: []string{"mongodump failed"}},
		{name: "the dump is cut", task: "dump", tool: "mongodump", text: mongodump + `truncate -s 30000 "$part"` + "\n", words: []string{"cannot be read back"}},
		{name: "a small dump", task: "dump", tool: "mongodump", text: strings.Replace(mongodump, "60000", "100", 1), words: []string{"less than the floor of 512"}},
		{name: "the restore fails", task: "restore", tool: "mongorestore", text: died, words: []string{"the restore failed"}},
		{name: "nothing is restored", task: "restore", tool: "mongosh", text: strings.Replace(mongosh, "*getCollectionInfos*) echo 3", "*getCollectionInfos*) echo 0", 1), words: []string{"has no collections", "worthless"}},
		{name: "an expectation fails", task: "restore", lines: []string{"1001 db.orders.countDocuments()"}, words: []string{"expect-1 answers 1000, less than 1001"}},
		{name: "a wrong expression", task: "restore", lines: []string{"1 db.orders.size"}, words: []string{"expect-1 cannot be answered"}},
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s, tools := mongodb(t)
			k := s.kubelet()
			k.tools = tools
			if f.task == "dump" {
				tools[f.tool] = f.text
				k.run(t, s.backup()).fails(t, "dump", f.words...)
				sameObjects(t, nil, s.bucket.objects(t))
				return
			}
			k.run(t, s.backup()).passes(t)
			if f.tool != "" {
				tools[f.tool] = f.text
			}
			o := k.run(t, expecting(s.drill(), f.lines...))
			if f.words == nil {
				o.passes(t)
				return
			}
			o.fails(t, f.task, f.words...)
		})
	}
}
