package compile

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
)

func TestParseShard(t *testing.T) {
	if s, err := ParseShard("2/8"); err != nil || s != (Shard{2, 8}) {
		t.Errorf("2/8 is %v, %v", s, err)
	}
	for _, wrong := range []string{"", "1", "0/2", "3/2", "-1/2", "1/2/3", "a/b", "1/", "/2", " 1/2"} {
		if s, err := ParseShard(wrong); err == nil {
			t.Errorf("%q is %v", wrong, s)
		}
	}
}

// Every unit is in exactly one shard, all environments of an app in the same, and no shard is empty or has it all.
func TestShardHolds(t *testing.T) {
	const shards = 8
	size := map[int]int{}
	for i := range 1000 {
		homes := 0
		for n := 1; n <= shards; n++ {
			if (Shard{n, shards}).holds("shop", fmt.Sprint("app", i)) {
				homes++
				size[n]++
			}
		}
		if homes != 1 {
			t.Fatalf("app%d is in %d shards", i, homes)
		}
	}
	for n := 1; n <= shards; n++ {
		if size[n] < 80 || size[n] > 180 {
			t.Errorf("shard %d holds %d of 1000 apps", n, size[n])
		}
	}
	if !(Shard{}).holds("shop", "a") {
		t.Error("no shard is not all of it")
	}
}

func TestOwns(t *testing.T) {
	whole := selection{apps: map[string]bool{"web": true, "cart": true}, whole: true}
	part := selection{apps: map[string]bool{"web": true, "cart": false}}
	inProd := selection{apps: map[string]bool{"web": true}, whole: true, env: "prod"}
	tests := selection{apps: whole.apps, whole: true, beside: true}
	partTests := selection{apps: part.apps, beside: true}
	for _, test := range []struct {
		sel  selection
		file string
		want bool
	}{
		{whole, "prometheus.d/prod/shop/web.rules.yaml", false}, // of the runs that ask for such files
		{tests, "prometheus.d/prod/shop/web.rules.yaml", true},
		{tests, "prometheus.d/prod/shop/web.orders-backup.test.yaml", true},
		{tests, "prometheus.d/prod/platform/web.rules.yaml", true},
		{tests, "prometheus.d/gone/shop/gone.rules.yaml", true},
		{tests, "prod/shop/web.yaml", true},
		{partTests, "prometheus.d/prod/shop/web.rules.yaml", true},
		{partTests, "prometheus.d/prod/shop/web.orders-backup.rules.yaml", true},
		{partTests, "prometheus.d/prod/shop/cart.rules.yaml", false},
		{partTests, "prometheus.d/prod/shop/namespace.rules.yaml", false},
		{whole, "prod/shop/web.yaml", true},
		{whole, "prod/shop/gone.yaml", true},
		{whole, "gone/shop/namespace.yaml", true},
		{whole, "prod/shop/gone/service-gone.yaml", true},
		{part, "prod/shop/web.yaml", true},
		{part, "prod/shop/web/service-web.yaml", true},
		{part, "prod/shop/cart.yaml", false},
		{part, "prod/shop/gone.yaml", false},
		{part, "prod/shop/namespace.yaml", false},
		{inProd, "prod/shop/gone.yaml", true},
		{inProd, "dev/shop/web.yaml", false},
		{whole, "prod/platform/web.yaml", true},
		{whole, "prod/platform/storageclass-ssd.yaml", true}, // an app of the namespace "platform" may be called so
	} {
		if got := test.sel.owns(test.file); got != test.want {
			t.Errorf("owns(%s) is %v with %+v", test.file, got, test.sel)
		}
		if test.sel.ownsPlatform(test.file) {
			t.Errorf("%s is the platform's own", test.file)
		}
	}
}

// The platform's own files are those of a run for the platform, and of no other.
func TestOwnsPlatform(t *testing.T) {
	whole, inProd := selection{whole: true}, selection{whole: true, env: "prod"}
	for _, test := range []struct {
		sel  selection
		file string
		want bool
	}{
		{whole, "prod/platform.yaml", true},
		{whole, "gone/platform.yaml", true},
		{whole, "prod/platform/platform/storageclass-ssd.yaml", true},
		{whole, "eksctl.d/prod.yaml", true},
		{inProd, "eksctl.d/prod.yaml", true},
		{inProd, "eksctl.d/prod-eu.yaml", false},
		{whole, "eksctl.d/gone.yaml", true},
		{inProd, "prod/platform.yaml", true},
		{inProd, "dev/platform.yaml", false},
		{inProd, "dev/platform/platform/storageclass-ssd.yaml", false},
	} {
		if got := test.sel.ownsPlatform(test.file); got != test.want {
			t.Errorf("ownsPlatform(%s) is %v with %+v", test.file, got, test.sel)
		}
		if test.want && test.sel.owns(test.file) {
			t.Errorf("a run for apps would remove %s", test.file)
		}
	}
}

// A defect in a generator is an error that names generator and app; nothing is rendered beside it.
func TestRenderSurvivesPanics(t *testing.T) {
	env := &app.Environment{Name: "prod"}
	fleet := &app.Fleet{Env: env, Namespaces: []app.Namespace{{Env: env, Name: "shop"}}}
	for i := range 50 {
		fleet.Apps = append(fleet.Apps, app.App{Env: env, Name: fmt.Sprintf("app%02d", i), Namespace: "shop"})
	}
	broken := generator.Generator{Name: "broken", Run: func(a app.App) []generator.Object {
		if a.Name == "app20" {
			panic("no such thing")
		}
		return []generator.Object{&metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: a.Name}}}
	}}
	made, err := render(everyUnit([]*app.Fleet{fleet}), []generator.Generator{broken}, Options{Jobs: 4})
	if err == nil || !strings.Contains(err.Error(), "generator broken on prod/shop/app20: no such thing") || made != nil {
		t.Errorf("%d units, error %v", len(made), err)
	}
}

func TestUsageErrors(t *testing.T) {
	_, err := Generate(Options{Dir: t.TempDir(), Environment: "nowhere"})
	var usage *UsageError
	if errors.As(err, &usage) {
		t.Error("an empty project should say that there is no app before it speaks of environments")
	}
}
