package data

import "testing"

// TestDrainedQueue backs up a Redis without keys, and rehearses its restore: nothing to worry about in a queue that has been worked
// off, and a loss in a store.
func TestDrainedQueue(t *testing.T) {
	t.Parallel()
	own, err := startServer("redis")
	if err != nil {
		t.Fatal(err)
	}
	defer own.process.end()
	for _, shell := range shells {
		s := setting{kind: "redis", server: own, bucket: newBucket(t), shell: shell}
		s.kubelet().run(t, s.backup()).fails(t, "dump", "holds no keys")
		sameObjects(t, nil, s.bucket.objects(t))

		s.kubelet().run(t, world.jobs["queue/backup"]).passes(t)
		if keys := s.bucket.keys(t); len(keys) != 2 {
			t.Fatalf("the bucket holds %q, want a dump and its mark", keys)
		}
		s.kubelet().run(t, world.jobs["queue/drill"]).passes(t)
		s.kubelet().run(t, s.drill()).fails(t, "restore", "the copy holds no keys")
		s.kubelet().run(t, expecting(world.jobs["queue/drill"], "1 DBSIZE")).fails(t, "restore", "expect-1 answers 0, less than 1")
	}
}
