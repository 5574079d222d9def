package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take on a slow machine. Nothing waits for it unless it fails.
const patience = 60 * time.Second

// eventually fails the test when ok stays false.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still not after %s: %s", patience, what)
		}
	}
}

// orders is the path of the built program.
var orders = sync.OnceValues(func() (string, error) {
	path := filepath.Join(os.TempDir(), fmt.Sprintf("orders-%d", os.Getpid()))
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, out)
	}
	return path, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := orders(); err == nil {
		os.Remove(path)
	}
	if dir, err := templateDir(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// A process is a child that ends with its test. What it printed is shown when the test fails.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	done chan struct{}
	code int // once done

	mu  sync.Mutex
	log bytes.Buffer
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

func (p *process) said(text string) bool { return strings.Contains(p.output(), text) }

// start runs a program, a server as a user without rights: PostgreSQL refuses to be root.
func start(t *testing.T, env []string, server bool, program string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(program, args...), done: make(chan struct{})}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = env, p, p
	p.cmd.Dir = "/"
	if server && os.Getuid() == 0 {
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.cmd.Wait()
		p.code = p.cmd.ProcessState.ExitCode()
		close(p.done)
	}()
	end := syscall.SIGKILL
	if server {
		end = syscall.SIGQUIT // PostgreSQL ends its children with it
	}
	t.Cleanup(func() {
		if server && !p.ended() {
			p.thaw()
		}
		p.signal(end)
		p.wait()
		if t.Failed() {
			log := p.output()
			t.Logf("%s:\n%s", filepath.Base(program), log[max(0, len(log)-8000):])
		}
	})
	return p
}

func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// wait returns the exit code.
func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.cmd.Process.Kill()
		p.t.Errorf("%s did not end", p.cmd.Path)
		<-p.done
	}
	return p.code
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

const nobody = 65534 // uid and gid on Debian

// directory makes a directory that servers may write to.
func directory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "orders-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if os.Getuid() == 0 {
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// freePort returns a port that is free on all loopback addresses which the tests use, and that no client gets by chance: Linux gives
// those from 32768 on.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(20000 + rand.IntN(12000))
		one, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			continue
		}
		two, err := net.Listen("tcp", "127.0.0.2:"+port)
		one.Close()
		if err == nil {
			two.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return ""
}

// A service is the program as it runs in its pod.
type service struct {
	*process
	url string
}

// run starts the program with the variables that its Deployment has; it listens on a port that is free.
func (w *world) run(change ...string) *service {
	w.t.Helper()
	s := &service{process: w.start(change)}
	eventually(w.t, "the service listens", func() bool {
		if s.ended() {
			w.t.Fatalf("the service ended with %d", s.code)
		}
		lines := bufio.NewScanner(strings.NewReader(s.output()))
		for lines.Scan() {
			var entry struct{ Msg, Address string }
			if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "listening" {
				s.url = "http://" + entry.Address
				return true
			}
		}
		return false
	})
	return s
}

// start starts the program with its Deployment's variables, changed by KEY=value or KEY= (none), and arguments that have no "=".
func (w *world) start(change []string) *process {
	w.t.Helper()
	path, err := orders()
	if err != nil {
		w.t.Fatal(err)
	}
	env := w.environment()
	env["LISTEN_ADDR"] = "127.0.0.1:0"
	var args []string
	for _, c := range change {
		if k, v, ok := strings.Cut(c, "="); ok {
			env[k] = v
		} else {
			args = append(args, c)
		}
	}
	var list []string
	for k, v := range env {
		list = append(list, k+"="+v)
	}
	slices.Sort(list)
	return start(w.t, list, false, path, args...)
}

type answerTo struct {
	code   int
	body   string
	header http.Header
	took   time.Duration
	err    error
}

// Each client has connections of its own, and keeps them.
func newClient() *http.Client {
	return &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 1000}}
}

var client = newClient()

func request(c *http.Client, method, url, body string) answerTo {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return answerTo{err: err}
	}
	return do(c, r)
}

func do(c *http.Client, r *http.Request) answerTo {
	began := time.Now()
	response, err := c.Do(r)
	if err != nil {
		return answerTo{err: err}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	header := response.Header
	if response.Close {
		header.Set("Connection", "close")
	}
	return answerTo{response.StatusCode, string(text), header, time.Since(began), err}
}

func (s *service) get(path string) answerTo { return request(client, "GET", s.url+path, "") }

// want fails the test unless a path answers with a code, and returns the body.
func (s *service) want(code int, path string) string {
	s.t.Helper()
	a := s.get(path)
	if a.err != nil || a.code != code {
		s.t.Fatalf("GET %s: %d %s %v, want %d", path, a.code, a.body, a.err, code)
	}
	return a.body
}

// create makes an order and returns its path.
func (s *service) create(item string) string {
	s.t.Helper()
	a := request(client, "POST", s.url+"/orders", fmt.Sprintf(`{"item": %q, "quantity": 2}`, item))
	var o order
	if err := errors.Join(a.err, json.Unmarshal([]byte(a.body), &o)); a.code != http.StatusCreated || err != nil || o.ID == 0 {
		s.t.Fatalf("POST: %d %s %v", a.code, a.body, err)
	}
	return fmt.Sprintf("/orders/%d", o.ID)
}

// metric returns the value of one series, written as in the exposition; -1: there is none.
func (s *service) metric(series string) float64 {
	s.t.Helper()
	for line := range strings.Lines(s.want(http.StatusOK, "/metrics")) {
		if text, ok := strings.CutPrefix(line, series+" "); ok {
			var v float64
			if _, err := fmt.Sscan(text, &v); err != nil {
				s.t.Fatal(err)
			}
			return v
		}
	}
	return -1
}

// together calls f n times at the same time, and returns how often each code was answered, and the slowest answer.
func together(n int, f func(i int) answerTo) (codes map[int]int, slowest time.Duration, answers []answerTo) {
	answers = make([]answerTo, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { answers[i] = f(i) })
	}
	all.Wait()
	codes = map[int]int{}
	for _, a := range answers {
		codes[a.code]++
		slowest = max(slowest, a.took)
	}
	return codes, slowest, answers
}
