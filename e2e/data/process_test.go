package data

import (
	"bytes"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// The user of all containers.
const podUser = 10001

// process is a program that runs as the user of the pods, in a process group of its own.
type process struct {
	cmd  *exec.Cmd
	log  *log
	done chan struct{} // closed when it has ended
}

// log is what a process says, on both its outputs.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func start(env []string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(args[0], args[1:]...), log: &log{}, done: make(chan struct{})}
	p.cmd.Env, p.cmd.Dir = env, "/"
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.WaitDelay = time.Second
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: podCredential()}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// podCredential is the user of all containers; who is not root remains who they are.
func podCredential() *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	return &syscall.Credential{Uid: podUser, Gid: podUser}
}

// give makes a file or directory the pods'.
func give(name string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	return os.Chown(name, podUser, podUser)
}

// code is the exit code of a process that has ended; -1 if a signal ended it.
func (p *process) code() int { return p.cmd.ProcessState.ExitCode() }

// stop asks as a kubelet does, its first process alone, and reports whether it has ended by itself within the grace.
func (p *process) stop(grace time.Duration) bool {
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return true
	case <-time.After(grace):
		p.end()
		return false
	}
}

// end kills it and what it has started.
func (p *process) end() {
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}
