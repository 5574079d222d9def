package resolve

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// storage decides the app's persistent volumes.
func (s *spec) storage() {
	for _, n := range fields(s.node.Field("storage")) {
		v := app.Volume{Name: n.Key, Path: strings.TrimSuffix(text(n.Field("mount")), "/")}
		path := "volumes[" + n.Key + "]"
		s.decided(path, app.BySpec, n.KeyPos, "")
		v.SizeBytes, _ = bytes(n.Field("size"))
		s.enough("storage."+n.Key+".size", n.Field("size"), v.SizeBytes, leastDisk, "what the data will grow to")
		if access := n.Field("access"); access != nil {
			v.Access = text(access)
		} else {
			v.Access = "ReadWriteOnce"
			s.derived(path+".access", "the default: one node mounts it")
		}
		v.Retain = s.app.Tier != app.BestEffort
		s.decided(path+".retain", app.ByTier, at(s.node.Field("tier"), s.node), "only best-effort data goes with its app")
		v.Class = s.class(path+".class", n.Field("class"), v.Retain)
		if classes := s.w.env.StorageClasses; v.Retain && n.Field("class") != nil && v.Class == classes.Delete && v.Class != classes.Retain {
			s.warn("storage."+n.Key+".class", "data-outlives-claim", fmt.Sprintf("class %q of environment %q deletes the data when its claim goes", v.Class, s.w.env.Name),
				"a class that keeps it", "remove the line for the one of the platform")
		}
		s.mountable(n.Field("mount"), "storage."+n.Key+".mount", v.Path, "volume "+n.Key)
		s.app.Volumes = append(s.app.Volumes, v)
	}
	slices.SortFunc(s.app.Volumes, func(a, b app.Volume) int { return cmp.Compare(a.Name, b.Name) })
}

// class decides a volume's storage class: the platform's for data that stays or goes. Without one, the cluster's default serves.
func (s *spec) class(path string, n *load.Node, retain bool) string {
	if n != nil {
		s.fromSpec(path, n)
		return text(n)
	}
	field, class := "delete", s.w.env.StorageClasses.Delete
	if retain {
		field, class = "retain", s.w.env.StorageClasses.Retain
	}
	if class != "" {
		s.decided(path, app.ByPlatform, s.w.facts.node.At("storageClasses", field).Pos, "storageClasses."+field)
		return class
	}
	s.w.noteOnce("fact-missing", "storageClasses", fmt.Sprintf("without storageClasses.%s volumes get the cluster's default class, whatever that does with the data", field), fmt.Sprintf(`add storageClasses: {%s: "NAME"}`, field))
	return ""
}

// writable decides the directories that live and die with the pod; /tmp is always one.
func (s *spec) writable() {
	list := s.node.Field("writable")
	for i, n := range elems(list) {
		dir := strings.TrimSuffix(text(n), "/")
		field := fmt.Sprintf("writable[%d]", i)
		if dir == "" || dir == "/tmp" || !s.mountable(n, field, dir, "writable directory "+dir) {
			continue
		}
		e := app.EmptyDir{Name: volumeName(dir), Path: dir, SizeBytes: s.number("writableMiB") * mebibyte}
		s.app.EmptyDirs = append(s.app.EmptyDirs, e)
		s.fromSpec("emptyDirs["+e.Name+"]", n)
		s.fromTier("emptyDirs["+e.Name+"].sizeBytes", "writableMiB")
	}
	if s.mounts["/tmp"] == "" {
		s.app.EmptyDirs = append(s.app.EmptyDirs, app.EmptyDir{Name: "tmp", Path: "/tmp", SizeBytes: s.number("tmpMiB") * mebibyte})
		s.derived("emptyDirs[tmp]", "the root filesystem is read-only, and most programs need /tmp")
		s.fromTier("emptyDirs[tmp].sizeBytes", "tmpMiB")
	}
	slices.SortFunc(s.app.EmptyDirs, func(a, b app.EmptyDir) int { return cmp.Compare(a.Path, b.Path) })
}

// volumeName makes the name of a pod's volume of a directory: "/var/cache/app" is "dir-var-cache-app", with a hash where letters
// had to be replaced or cut.
func volumeName(dir string) string {
	return shortName("dir"+strings.ReplaceAll(dir, "/", "-"), maxLabel)
}

// notMountable are directories that the container runtime or Kubernetes fills, or that a volume would hide the program in.
var notMountable = []string{"/proc", "/sys", "/dev", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/var/run/secrets", "/bin", "/sbin", "/lib", "/lib64", "/usr", "/etc"}

// mountable reports whether something can be mounted at a directory, and reserves it.
func (s *spec) mountable(n *load.Node, field, dir, what string) bool {
	if dir == "" {
		return false // the loader has reported it
	}
	if strings.Contains(dir+"/", "/../") || strings.Contains(dir+"/", "/./") {
		s.fail(field, "mount-is-plain", fmt.Sprintf("%q does not say where it is", dir), "a path without . and ..", "")
		return false
	}
	for _, taken := range notMountable {
		if dir == taken || strings.HasPrefix(taken, dir+"/") || isSystem(taken) && strings.HasPrefix(dir, taken+"/") {
			s.fail(field, "mount-not-of-the-system", fmt.Sprintf("%q belongs to the system", dir), "a directory of the app's own", `e.g. "/var/cache/app"`)
			return false
		}
	}
	if other := s.mounts[dir]; other != "" {
		s.fail(field, "mounts-differ", fmt.Sprintf("%q is already that of %s", dir, other), "a directory of its own", "")
		return false
	}
	for path, other := range s.mounts {
		if strings.HasPrefix(dir, path+"/") || strings.HasPrefix(path, dir+"/") {
			s.fail(field, "mounts-differ", fmt.Sprintf("%q and %q of %s lie in each other", dir, path, other), "directories beside each other", "")
			return false
		}
	}
	if s.mounts == nil {
		s.mounts = map[string]string{}
	}
	s.mounts[dir] = what
	return true
}

// isSystem reports whether nothing below a directory may be mounted either; below /etc and /usr, say, an app may have its own.
func isSystem(dir string) bool {
	return slices.Contains([]string{"/proc", "/sys", "/dev", "/var/run/secrets"}, dir)
}
