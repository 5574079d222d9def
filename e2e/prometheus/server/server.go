// Package server runs a real Prometheus with the samples and rules of a test.
package server

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Options are what a server has when it starts.
type Options struct {
	Rules   []string  // paths of rule files, which it evaluates by the clock
	Samples io.Reader // OpenMetrics: each line with its time in seconds, and "# EOF" at the end; nil: it knows nothing
}

// Server is a Prometheus on loopback that scrapes nothing, and ends with its test.
type Server struct{ url string }

// URL is where its API is: http://127.0.0.1:20123.
func (s *Server) URL() string { return s.url }

// Start starts a server, and returns once it answers queries.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	programs, err := Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := o.write(programs, dir); err != nil {
		t.Fatal(err)
	}
	for range 3 { // another program may take the port before the server does
		var s *Server
		if s, err = start(t, programs, dir); err == nil {
			return s
		}
	}
	t.Fatal(err)
	return nil
}

// write makes the configuration and the data of a server.
func (o Options) write(programs Binaries, dir string) error {
	var config bytes.Buffer
	config.WriteString("global: {}\nrule_files:\n")
	for _, name := range o.Rules {
		path, err := filepath.Abs(name)
		if err != nil {
			return err
		}
		if _, err := os.Stat(path); err != nil {
			return err // Prometheus takes it for a pattern that nothing matches
		}
		fmt.Fprintf(&config, "- %q\n", path)
	}
	if err := os.WriteFile(filepath.Join(dir, "prometheus.yml"), config.Bytes(), 0o666); err != nil {
		return err
	}
	if o.Samples == nil {
		return nil
	}
	samples, err := io.ReadAll(o.Samples)
	if err != nil {
		return err
	}
	text := filepath.Join(dir, "samples.om")
	if err := os.WriteFile(text, samples, 0o666); err != nil {
		return err
	}
	// Blocks of up to two months: one file for most tests.
	load := exec.Command(programs.Promtool, "tsdb", "create-blocks-from", "openmetrics", "--quiet", "--max-block-duration=1500h", text, filepath.Join(dir, "data"))
	if said, err := load.CombinedOutput(); err != nil {
		return fmt.Errorf("loading samples: %w\n%s", err, said)
	}
	return nil
}

func start(t testing.TB, programs Binaries, dir string) (*Server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child holds its own copy
	cmd := exec.Command(programs.Prometheus, "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--storage.tsdb.retention.time=100y", "--web.listen-address="+address, "--log.level=warn")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL} // it dies with the test, however that one ends
	started, ended := make(chan error), make(chan struct{})
	go run(cmd, started, ended)
	if err := <-started; err != nil {
		return nil, err
	}
	s := &Server{url: "http://" + address}
	if !s.ready(ended) {
		stop(cmd, ended)
		said, err := os.ReadFile(log.Name())
		return nil, fmt.Errorf("Prometheus is not ready: %s %w", strings.TrimSpace(string(said)), err)
	}
	t.Cleanup(func() { stop(cmd, ended) })
	return s, nil
}

// run stays on one thread until the program ends: the kernel sends the death signal when the thread that started it is gone.
func run(cmd *exec.Cmd, started chan<- error, ended chan<- struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(ended)
	err := cmd.Start()
	started <- err
	if err == nil {
		_ = cmd.Wait() // how it ended stands in its log
	}
}

// ready reports whether it answers within a minute.
func (s *Server) ready(ended <-chan struct{}) bool {
	patience := time.After(time.Minute)
	for {
		if answer, err := http.Get(s.url + "/-/ready"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return true
			}
		}
		select {
		case <-ended:
			return false
		case <-patience:
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop kills it: its data are gone with the test.
func stop(cmd *exec.Cmd, ended <-chan struct{}) {
	_ = cmd.Process.Kill() // an error means that it has ended already
	<-ended
}

// freeAddress has a port that is free now.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return "127.0.0.1:" + strconv.Itoa(l.Addr().(*net.TCPAddr).Port), nil
}
