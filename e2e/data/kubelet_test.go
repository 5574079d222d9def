package data

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// job is the pod of a rendered Job, and its ConfigMap.
type job struct {
	pod   corev1.PodSpec
	files map[string]string
}

// kubelet runs the pods of jobs on this machine: init containers one after another, those that restart always beside all that
// follow, then the main container. A container gets the variables, files and secret keys of its pod, and nothing else.
type kubelet struct {
	shell   string            // dash, bash or busybox, which brings its own sort, date, gzip and so on, as images do that are built on Alpine
	secrets map[string]string // by key
	replace map[string]string // values of variables that name something of this machine, such as HOST
	tools   map[string]string // programs in front of all others on the PATH, by name; REAL in their text is the directory of the real one
	work    string            // directory to use as /work; empty: a new one
	limit   int               // of the size of a file, in KiB; 0: none
	before  map[string]func() // called before a container starts, with its name
	after   func(work string) // called when the main container has ended well, and those beside it still run
}

// outcome is what became of a pod.
type outcome struct {
	code   int // of the container that failed, or of the main one
	log    string
	failed string // container
	work   string
}

const patience = 100 * time.Second // until a container counts as hung

func (k kubelet) run(t *testing.T, j job) outcome {
	t.Helper()
	dir, err := os.MkdirTemp(world.dir, "p")
	if err != nil {
		t.Fatal(err)
	}
	p := pod{t: t, kubelet: k, job: j, dir: dir, work: k.work}
	p.prepare()
	o := p.all()
	o.work = p.work
	p.keepsSecrets(o)
	return o
}

// pod is a job that runs.
type pod struct {
	t *testing.T
	kubelet
	job
	dir    string
	work   string
	beside []*process
}

func (p *pod) prepare() {
	if p.work == "" {
		p.work = filepath.Join(p.dir, "work")
		p.must(os.Mkdir(p.work, 0o700))
	}
	p.must(give(p.work))
	p.must(os.Chmod(p.dir, 0o711))
	for _, sub := range []string{"files", "bin", "tmp"} {
		p.must(os.Mkdir(filepath.Join(p.dir, sub), 0o755))
	}
	p.must(give(filepath.Join(p.dir, "tmp")))
	for name, text := range p.files {
		p.must(os.WriteFile(filepath.Join(p.dir, "files", name), []byte(text), 0o644))
	}
	if p.shell == "busybox" {
		p.must(exec.Command("busybox", "--install", "-s", filepath.Join(p.dir, "bin")).Run())
	}
	p.witness()
	for name, text := range p.tools {
		real, _ := exec.LookPath(name) // that of a tool that is not to be had is not called
		text = strings.NewReplacer("REAL", filepath.Dir(real), "STATE", filepath.Join(p.dir, "tmp")).Replace(text)
		p.put(name, text)
	}
}

// witness writes down the arguments of each program that is given a secret, because every user of a node may read them.
func (p *pod) witness() {
	for _, name := range []string{"rclone", "psql", "pg_dump", "pg_restore", "createdb", "initdb", "postgres", "mariadb", "mariadb-dump", "mariadbd", "redis-cli", "redis-server"} {
		real, err := exec.LookPath(name)
		if name == "rclone" {
			real, err = world.rclone, nil
		}
		p.must(err)
		p.put(name, fmt.Sprintf("#!/bin/dash\necho %s \"$@\" >>%s/arguments\nexec %s \"$@\"\n", name, filepath.Join(p.dir, "tmp"), real))
	}
}

func (p *pod) put(name, text string) {
	file := filepath.Join(p.dir, "bin", name)
	os.Remove(file) // a link of busybox, maybe
	p.must(os.WriteFile(file, []byte(text), 0o755))
}

func (p *pod) must(err error) {
	if err != nil {
		p.t.Helper()
		p.t.Fatal(err)
	}
}

func (p *pod) all() (o outcome) {
	defer func() { p.stop(o.code == 0) }()
	for _, c := range p.job.pod.InitContainers {
		running := p.start(c)
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			p.beside = append(p.beside, running)
			defer func() { o.log += running.log.String() }()
			continue
		}
		p.wait(c, running)
		o.log += running.log.String()
		if o.code = running.code(); o.code != 0 {
			o.failed = c.Name
			return o
		}
	}
	main := p.job.pod.Containers[0]
	running := p.start(main)
	p.wait(main, running)
	o.log += running.log.String()
	if o.code = running.code(); o.code != 0 {
		o.failed = main.Name
	} else if p.after != nil {
		p.after(p.work)
	}
	return o
}

func (p *pod) start(c corev1.Container) *process {
	if hook := p.before[c.Name]; hook != nil {
		hook()
	}
	args := map[string][]string{"dash": {"dash"}, "busybox": {"busybox", "sh"}, "bash": {"bash", "--posix"}}[p.shell]
	if len(c.Command) < 2 || c.Command[0] != "/bin/sh" {
		p.t.Fatalf("container %s runs %q, not a script", c.Name, c.Command)
	}
	for _, arg := range c.Command[1:] {
		args = append(args, p.here(c.Name, arg))
	}
	env := []string{"PATH=" + filepath.Join(p.dir, "bin") + ":/usr/bin:/bin:" + strings.Join(toolDirs, ":")}
	for _, v := range c.Env {
		value, replaced := p.replace[v.Name]
		if !replaced {
			value = p.here(c.Name, v.Value)
		}
		env = append(env, v.Name+"="+value)
	}
	p.mountSecrets(c)
	program, err := exec.LookPath(args[0])
	p.must(err)
	args[0] = program
	if p.limit > 0 {
		args = append([]string{"/bin/dash", "-c", fmt.Sprintf(`ulimit -f %d; exec "$@"`, 2*p.limit), "limited"}, args...)
	}
	running, err := start(env, args...)
	p.must(err)
	return running
}

// here is where a path of the container lies on this machine.
func (p *pod) here(container, value string) string {
	for path, dir := range map[string]string{
		"/work": p.work, "/recovery": filepath.Join(p.dir, "files"), "/var/run/secrets/recovery": filepath.Join(p.dir, "secrets-"+container),
	} {
		if value == path || strings.HasPrefix(value, path+"/") {
			return dir + strings.TrimPrefix(value, path)
		}
	}
	return value
}

// mountSecrets writes the keys that the volumes of a container name.
func (p *pod) mountSecrets(c corev1.Container) {
	for _, m := range c.VolumeMounts {
		i := slices.IndexFunc(p.job.pod.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name })
		if i < 0 || p.job.pod.Volumes[i].Secret == nil {
			continue
		}
		dir := p.here(c.Name, m.MountPath)
		p.must(os.MkdirAll(dir, 0o755))
		for _, item := range p.job.pod.Volumes[i].Secret.Items {
			value, known := p.secrets[item.Path]
			if !known {
				p.t.Fatalf("container %s mounts the key %s, which this test has no value for", c.Name, item.Path)
			}
			file := filepath.Join(dir, item.Path)
			p.must(os.WriteFile(file, []byte(value), 0o440))
			p.must(give(file))
		}
	}
}

func (p *pod) wait(c corev1.Container, running *process) {
	select {
	case <-running.done:
	case <-time.After(patience):
		running.end()
		p.t.Errorf("container %s hangs:\n%s", c.Name, running.log)
	}
}

func (p *pod) stop(well bool) {
	for _, running := range slices.Backward(p.beside) {
		select {
		case <-running.done: // by itself, and the log says why
			continue
		default:
		}
		if !running.stop(10 * time.Second) {
			p.t.Error("a scratch server does not end when it is asked to")
		} else if well && running.code() != 0 {
			p.t.Errorf("a scratch server ends with %d:\n%s", running.code(), running.log)
		}
	}
}

// keepsSecrets fails the test if a secret is in a log, in arguments, or in a file that is left on the volume.
func (p *pod) keepsSecrets(o outcome) {
	p.t.Helper()
	arguments, _ := os.ReadFile(filepath.Join(p.dir, "tmp", "arguments")) // none if nothing was called
	for key, value := range p.secrets {
		if key == "username" || key == "ca" || value == "" { // no secrets
			continue
		}
		if strings.Contains(o.log, value) {
			p.t.Errorf("the log shows the secret %s:\n%s", key, o.log)
		}
		if strings.Contains(string(arguments), value) {
			p.t.Errorf("arguments show the secret %s:\n%s", key, arguments)
		}
		filepath.WalkDir(p.work, func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return nil // what a server removes at this moment
			}
			if text, _ := os.ReadFile(name); strings.Contains(string(text), value) {
				p.t.Errorf("%s keeps the secret %s", name, key)
			}
			return nil
		})
	}
}

// fails wants a pod to have failed in this container, with a message of ours that holds all these words and says what to do.
func (o outcome) fails(t *testing.T, container string, words ...string) {
	t.Helper()
	if o.code == 0 {
		t.Fatalf("the job is green:\n%s", o.log)
	}
	if o.failed != container {
		t.Errorf("container %s failed, not %s:\n%s", o.failed, container, o.log)
	}
	for line := range strings.Lines(o.log) {
		if strings.HasPrefix(line, name+": ") && strings.Contains(line, ": ") && !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
			return
		}
	}
	t.Errorf("no line of the log begins with %q and has all of %q:\n%s", name, words, o.log)
}

// passes wants a pod to have ended well.
func (o outcome) passes(t *testing.T) outcome {
	t.Helper()
	if o.code != 0 {
		t.Fatalf("container %s failed with %d:\n%s", o.failed, o.code, o.log)
	}
	return o
}
