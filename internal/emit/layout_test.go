package emit

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func shop() []Document {
	doc := func(app, kind, name string) Document {
		return Document{Env: "prod", Namespace: "shop", App: app, Kind: kind, Name: name, Object: map[string]any{"kind": kind, "name": name}}
	}
	return []Document{
		doc("", "Namespace", "shop"),
		doc("web", "Service", "web"),
		doc("", "ResourceQuota", "shop"),
		doc("api", "Deployment", "api"),
		doc("web", "Deployment", "web"),
	}
}

func TestLayout(t *testing.T) {
	for _, tt := range []struct {
		split bool
		want  []File
	}{
		{false, []File{
			{"prod/shop/namespace.yaml", []byte("kind: Namespace\nname: shop\n---\nkind: ResourceQuota\nname: shop\n")},
			{"prod/shop/web.yaml", []byte("kind: Service\nname: web\n---\nkind: Deployment\nname: web\n")},
			{"prod/shop/api.yaml", []byte("kind: Deployment\nname: api\n")},
		}},
		{true, []File{
			{"prod/shop/namespace/namespace-shop.yaml", []byte("kind: Namespace\nname: shop\n")},
			{"prod/shop/web/service-web.yaml", []byte("kind: Service\nname: web\n")},
			{"prod/shop/namespace/resourcequota-shop.yaml", []byte("kind: ResourceQuota\nname: shop\n")},
			{"prod/shop/api/deployment-api.yaml", []byte("kind: Deployment\nname: api\n")},
			{"prod/shop/web/deployment-web.yaml", []byte("kind: Deployment\nname: web\n")},
		}},
	} {
		got, err := Layout(shop(), tt.split)
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("split %v: %v\n%s", tt.split, err, diff)
		}
	}
}

// TestLayoutOfPlatform wants the platform's own objects where no namespace and no app has a file.
func TestLayoutOfPlatform(t *testing.T) {
	docs := []Document{
		{Env: "prod", Platform: true, Kind: "StorageClass", Name: "ssd", Object: map[string]any{"kind": "StorageClass"}},
		{Env: "prod", Platform: true, Kind: "Schedule", Name: "cluster", Object: map[string]any{"kind": "Schedule"}},
	}
	for _, tt := range []struct {
		split bool
		want  []File
	}{
		{false, []File{{"prod/platform.yaml", []byte("kind: StorageClass\n---\nkind: Schedule\n")}}},
		{true, []File{
			{"prod/platform/platform/storageclass-ssd.yaml", []byte("kind: StorageClass\n")},
			{"prod/platform/platform/schedule-cluster.yaml", []byte("kind: Schedule\n")},
		}},
	} {
		got, err := Layout(docs, tt.split)
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("split %v: %v\n%s", tt.split, err, diff)
		}
	}
}

// TestLayoutOfOtherNamespaces wants a file for each object, also where several namespaces have one of the same kind and name.
func TestLayoutOfOtherNamespaces(t *testing.T) {
	var docs []Document
	for _, ns := range []string{"", "velero", "shop-drill"} {
		docs = append(docs, Document{Env: "prod", Namespace: "shop", App: "store", Kind: "Role", Name: "shop.store-data-drill", Elsewhere: ns, Object: map[string]any{"in": ns}})
	}
	for split, want := range map[bool][]File{
		false: {{"prod/shop/store.yaml", []byte("in: \"\"\n---\nin: velero\n---\nin: shop-drill\n")}},
		true: {
			{"prod/shop/store/role-shop.store-data-drill.yaml", []byte("in: \"\"\n")},
			{"prod/shop/store/role-velero.shop.store-data-drill.yaml", []byte("in: velero\n")},
			{"prod/shop/store/role-shop-drill.shop.store-data-drill.yaml", []byte("in: shop-drill\n")},
		},
	} {
		got, err := Layout(docs, split)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("split %v: %v\n%s", split, err, diff)
		}
	}
}

// TestLayoutRefuses keeps names from choosing where a file goes.
func TestLayoutRefuses(t *testing.T) {
	for _, bad := range []string{"..", ".", "../x", "a/b", `a\b`, ".hidden", "a\x00b", "a\nb", "a\xff"} {
		for i, d := range []Document{
			{Env: bad, Namespace: "n", App: "a"}, {Env: "e", Namespace: bad, App: "a"}, {Env: "e", Namespace: "n", App: bad}, {Namespace: "n"}, {Env: "e"},
		} {
			if files, err := Layout([]Document{d}, false); err == nil {
				t.Errorf("%d: %q gives %s", i, bad, files[0].Path)
			}
		}
	}
	if files, err := Layout([]Document{{Env: "e", Namespace: "n", App: "a", Kind: "Role", Name: "../../x"}}, true); err == nil {
		t.Errorf("a name gives %s", files[0].Path)
	}
	_, err := Layout([]Document{{Env: "e", Namespace: "n", App: "a", Kind: "Role", Name: "r", Object: map[string]any{"a": func() {}}}}, false)
	if err == nil || err.Error() != "Role/r: a: a func() has no form in YAML" {
		t.Errorf("an object that cannot be written: %v", err)
	}
}

func TestStream(t *testing.T) {
	files, err := Layout(shop(), true)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := Stream(&b, files[:3]); err != nil {
		t.Fatal(err)
	}
	want := "kind: Namespace\nname: shop\n---\nkind: Service\nname: web\n---\nkind: ResourceQuota\nname: shop\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
	closed, w := io.Pipe()
	closed.Close()
	if err := Stream(w, files); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a closed pipe gives %v", err)
	}
}
