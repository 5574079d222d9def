package data

import (
	"io"
	"strings"
	"testing"
	"time"
)

// endless are statements that are sent until the test has seen enough.
type endless struct {
	statements string
	rest       *strings.Reader
	stop       chan struct{}
}

func (e *endless) Read(p []byte) (int, error) {
	if e.rest.Len() == 0 {
		select {
		case <-e.stop:
			return 0, io.EOF
		default:
			e.rest.Reset(e.statements)
		}
	}
	return e.rest.Read(p)
}

// TestBusy dumps while money moves from the first table to the last one: the copy has all of it, because it is of one moment.
func TestBusy(t *testing.T) {
	for i, kind := range []string{"postgres", "mysql"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newSetting(t, kind)
			s.shell = shells[i]
			engine := map[string]string{"mysql": " ENGINE=InnoDB", "postgres": "; ALTER TABLE aaa OWNER TO app"}[kind]
			s.server.do(t, s.database, "CREATE TABLE aaa (n INT)"+engine+"; CREATE TABLE zzz (n INT)"+strings.ReplaceAll(engine, "aaa", "zzz")+
				"; INSERT INTO aaa VALUES (1000000); INSERT INTO zzz VALUES (0);")
			busy := &endless{statements: "BEGIN; UPDATE aaa SET n = n - 1; UPDATE zzz SET n = n + 1; COMMIT;\n", rest: strings.NewReader(""), stop: make(chan struct{})}
			done := make(chan error)
			go func() {
				_, err := s.server.client(s.database, busy)
				done <- err
			}()
			for s.server.do(t, s.database, "SELECT n FROM zzz") == "0" {
				time.Sleep(10 * time.Millisecond)
			}
			o := s.kubelet().run(t, s.backup())
			close(busy.stop)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			o.passes(t)
			moved := "SELECT CASE WHEN n BETWEEN 1 AND 999999 THEN 1 ELSE 0 END FROM zzz"
			s.kubelet().run(t, expecting(s.drill(), "1 "+moved, "1 SELECT CASE WHEN a.n + z.n = 1000000 THEN 1 ELSE 0 END FROM aaa a, zzz z")).passes(t)
			if s.server.do(t, s.database, "SELECT a.n + z.n FROM aaa a, zzz z") != "1000000" {
				t.Error("the money is not what it was at the server itself")
			}
		})
	}
}
