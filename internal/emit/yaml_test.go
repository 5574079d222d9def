package emit

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"
)

// TestKindsRoundTrip reads every kind back, strictly, as the object that was written.
func TestKindsRoundTrip(t *testing.T) {
	for _, in := range objects() {
		b, err := AppendYAML(nil, in)
		if err != nil {
			t.Fatalf("%T: %v", in, err)
		}
		out := reflect.New(reflect.TypeOf(in).Elem()).Interface()
		if err := yaml.UnmarshalStrict(b, out); err != nil {
			t.Errorf("%T: %v", in, err)
		}
		// An empty []byte is read back as nil by JSON itself; quantities compare by value, times by instant.
		if diff := cmp.Diff(in, out, cmp.Comparer(func(a, b []byte) bool { return bytes.Equal(a, b) }),
			cmp.Comparer(func(a, b resource.Quantity) bool { return a.Cmp(b) == 0 })); diff != "" {
			t.Errorf("%T changes on its way:\n%s", in, diff)
		}
		for _, line := range strings.Split(string(b), "\n") {
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%T: %q ends in a blank", in, line)
			}
		}
	}
}

// corners is every way of the json package to say how a field is written.
type corners struct {
	embeddedDeep
	*Pointed
	metav1.TypeMeta `json:",inline"`
	Zulu            string `json:"alpha"`
	Untagged        int
	Hidden          string `json:"-"`
	//lint:ignore SA5008 the trailing comma is what makes it a field named "-"
	Dash          string                       `json:"-,"`
	Yes           bool                         `json:"yes"`
	Quantity      resource.Quantity            `json:"quantity"`
	Port          intstr.IntOrString           `json:"port"`
	PortPointer   *intstr.IntOrString          `json:"portPointer,omitempty"`
	Time          metav1.Time                  `json:"time,omitzero"`
	Seen          metav1.Time                  `json:"seen"`
	Duration      metav1.Duration              `json:"duration"`
	Raw           json.RawMessage              `json:"raw,omitempty"`
	Bytes         []byte                       `json:"bytes"`
	NilBytes      []byte                       `json:"nilBytes"`
	Any           any                          `json:"any"`
	NilAny        any                          `json:"nilAny"`
	Ints          map[int]string               `json:"ints,omitempty"`
	Quantities    map[string]resource.Quantity `json:"quantities,omitempty"`
	Set           labels                       `json:"set,omitempty"`
	Array         [2]uint8                     `json:"array"`
	Lists         [][]string                   `json:"lists,omitempty"`
	Maps          []map[string]string          `json:"maps"`
	NilMap        map[string]int               `json:"nilMap"`
	Float         float64                      `json:"float"`
	Small         float32                      `json:"small"`
	Unsigned      uint64                       `json:"unsigned"`
	Number        json.Number                  `json:"number"`
	Omitted       string                       `json:"omitted,omitempty"`
	OmittedStruct struct{ A int }              `json:"omittedStruct,omitempty"`
	ZeroStruct    struct{ A int }              `json:"zeroStruct,omitzero"`
	Recursive     *corners                     `json:"recursive,omitempty"`
}

type labels map[string]string

// embeddedDeep and Pointed share a name at one depth: neither is written, unless a tag decides.
type embeddedDeep struct {
	Both   string
	Tagged string `json:"Decided"`
	Alpha  string `json:"alpha"` // hidden by Zulu
}

// Pointed is embedded by a pointer.
type Pointed struct {
	Both    string
	Decided string
	Through string
}

func cornerObject() *corners {
	return &corners{
		TypeMeta: metav1.TypeMeta{Kind: "Corner"}, Zulu: "z", Hidden: "h", Dash: "d", Yes: true,
		Quantity: resource.MustParse("1500m"), Port: intstr.FromInt32(80), PortPointer: new(intstr.FromString("80")),
		Duration: metav1.Duration{Duration: 90 * time.Second},
		Raw:      json.RawMessage(`{"z": 1, "a": [1e3, 12345678901234567890, 0.10, "\u003c\n", null, true, {}], "e": 1E+30}`),
		Bytes:    []byte("\x00\xff"), Any: []any{map[string]any{"b": 1, "a": nil}, []string{"x"}, 1.5, 3.0, int64(7), new("p"), []any(nil), map[string]any{}},
		Ints: map[int]string{10: "ten", 9: "nine"}, Quantities: map[string]resource.Quantity{"cpu": resource.MustParse("2")}, Set: labels{"b": "1", "a": "x"},
		Lists: [][]string{{"a", "b\nc"}, {}, nil}, Maps: []map[string]string{{}, {"k": "v"}},
		Float: 1e21, Small: 0.1, Unsigned: math.MaxUint64, Number: "1e2",
		Recursive: &corners{Number: "7"}, Pointed: &Pointed{Through: "t", Decided: "hidden"}, embeddedDeep: embeddedDeep{Both: "no", Tagged: "yes"},
	}
}

// TestCorners compares with encoding/json by value.
func TestCorners(t *testing.T) {
	in := cornerObject()
	for _, v := range []any{in, *in, map[string]any{"in": in}, []corners{*in}} {
		b, err := AppendYAML(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		j, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if err := yaml.UnmarshalStrict(b, &got); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		if err := json.Unmarshal(j, &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%T differs from its JSON:\n%s\n%s", v, diff, b)
		}
	}
}

// TestNumbers checks the spelling of numbers: 1e+21 without a dot is a string to YAML 1.1.
func TestNumbers(t *testing.T) {
	for _, tt := range []struct {
		in   any
		want string
	}{
		{1e21, "1.0e+21"}, {-1.5e-7, "-1.5e-07"}, {1e20, "100000000000000000000"}, {float32(0.1), "0.1"}, {3.0, "3"}, {json.Number("1E5"), "100000"},
		{json.Number("12345678901234567890"), "12345678901234567890"}, {json.Number("0.10"), "0.10"}, {json.Number("-0"), "-0"}, {int8(-1), "-1"}, {uint64(math.MaxUint64), "18446744073709551615"},
	} {
		if got, err := AppendYAML(nil, tt.in); err != nil || string(got) != tt.want+"\n" {
			t.Errorf("%v is written as %q, %v, want %s", tt.in, got, err, tt.want)
		}
	}
}

func TestErrors(t *testing.T) {
	cycle := map[string]any{}
	cycle["again"] = cycle
	type node struct{ Next *node }
	ring := &node{}
	ring.Next = ring
	loop := []any{nil}
	loop[0] = loop
	for _, tt := range []struct {
		in   any
		want string
	}{
		{map[string]any{"a": []any{1, make(chan int)}}, "a.1: a chan int has no form in YAML"},
		{map[string]any{"a": math.NaN()}, "a: NaN is not a number that Kubernetes knows"},
		{map[string]any{"a": json.Number("0x1")}, `a: "0x1" is not a number`},
		{map[string]any{"a": json.Number("1e999")}, `a: "1e999" is out of range`},
		{map[string]any{"a": json.RawMessage("{")}, "a: its own JSON is wrong: unexpected EOF"},
		{map[string]any{"a": json.RawMessage("1 2")}, "a: its own JSON is more than one value"},
		{map[string]any{"a": struct{ B func() }{}}, "a.B: a func() has no form in YAML"},
		{map[float64]int{1: 1}, "a key of type float64 has no form in YAML"},
		{struct {
			A int `json:",string"`
		}{}, `struct { A int "json:\",string\"" }.A: the option "string" of its json tag is not supported`},
		{cycle, "levels, or a cycle"},
		{ring, "levels, or a cycle"},
		{loop, "levels, or a cycle"},
	} {
		before := []byte("kept")
		b, err := AppendYAML(before, tt.in)
		if err == nil || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%T: error %v, want %s", tt.in, err, tt.want)
		}
		if string(b) != "kept" {
			t.Errorf("%T: the buffer is %q after an error", tt.in, b)
		}
		if _, again := AppendYAML(nil, tt.in); again == nil || again.Error() != err.Error() {
			t.Errorf("%T: the second try says %v, the first %v", tt.in, again, err)
		}
	}
}

// TestOneOutput writes the same objects a thousand times, and with many writers that all meet the types for the first time.
func TestOneOutput(t *testing.T) {
	all := append(objects(), any(cornerObject()))
	render := func() []byte {
		var b []byte
		for _, o := range all {
			var err error
			if b, err = AppendYAML(b, o); err != nil {
				t.Error(err)
			}
		}
		return b
	}
	want := render()
	for range 1000 {
		if got := render(); !bytes.Equal(got, want) {
			t.Fatalf("the bytes differ:\n%s", cmp.Diff(string(want), string(got)))
		}
	}
	for range 20 {
		plans.Clear()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if got := render(); !bytes.Equal(got, want) {
					t.Errorf("the bytes differ between workers:\n%s", cmp.Diff(string(want), string(got)))
				}
			})
		}
		wg.Wait()
	}
}

// FuzzObject fills the Kubernetes types with whatever comes, and compares what sigs.k8s.io/yaml reads from our YAML with what
// the JSON that it would itself write from says.
func FuzzObject(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed, "a\nb", "yes")
	}
	f.Fuzz(func(t *testing.T, seed uint64, a, b string) {
		r := rand.New(rand.NewPCG(seed, 0))
		kinds := objects()
		kind := reflect.ValueOf(kinds[r.IntN(len(kinds))]).Elem()
		in := reflect.New(kind.Type())
		a, b = strings.ToValidUTF8(a, "?"), strings.ToValidUTF8(b, "?") // else two keys can become one
		fill(in.Elem(), r, []string{a, b, a + ": " + b, "", "0o7", "x", "- a", "k8s"}, 0)
		in.Elem().FieldByName("TypeMeta").Set(kind.FieldByName("TypeMeta"))
		if status := in.Elem().FieldByName("Status"); status.IsValid() {
			status.SetZero() // never written
		}
		ours, err := AppendYAML(nil, in.Interface())
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := json.Marshal(in.Interface())
		if err != nil {
			t.Fatal(err)
		}
		got, want := reflect.New(in.Elem().Type()), reflect.New(in.Elem().Type())
		if err := yaml.UnmarshalStrict(ours, got.Interface()); err != nil {
			t.Fatalf("%v\n%s", err, ours)
		}
		if err := json.Unmarshal(theirs, want.Interface()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Interface(), got.Interface()); diff != "" {
			t.Errorf("%s\n%s", diff, ours)
		}
	})
}

// fill gives v a random value: a third of what can be absent is.
func fill(v reflect.Value, r *rand.Rand, texts []string, depth int) {
	some := func() string { return texts[r.IntN(len(texts))] }
	switch v.Interface().(type) {
	case resource.Quantity:
		v.Set(reflect.ValueOf(*resource.NewMilliQuantity(r.Int64N(1e7), resource.DecimalSI)))
		return
	case intstr.IntOrString:
		v.Set(reflect.ValueOf([]intstr.IntOrString{intstr.FromInt32(r.Int32()), intstr.FromString(some())}[r.IntN(2)]))
		return
	case metav1.Time:
		v.Set(reflect.ValueOf(metav1.Unix(r.Int64N(1e9), 0)))
		return
	case metav1.FieldsV1:
		return
	}
	absent := depth > 12 || r.IntN(3) == 0
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int32, reflect.Int64:
		v.SetInt(r.Int64N(1 << 31))
	case reflect.Uint8:
		v.SetUint(r.Uint64N(256))
	case reflect.String:
		v.SetString(some())
	case reflect.Pointer:
		if !absent {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), r, texts, depth+1)
		}
	case reflect.Slice:
		if !absent {
			v.Set(reflect.MakeSlice(v.Type(), r.IntN(3), 3))
			for i := range v.Len() {
				fill(v.Index(i), r, texts, depth+1)
			}
		}
	case reflect.Map:
		if !absent {
			v.Set(reflect.MakeMap(v.Type()))
			for range r.IntN(3) {
				k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
				fill(k, r, texts, depth+1)
				fill(e, r, texts, depth+1)
				v.SetMapIndex(k, e)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), r, texts, depth+1)
			}
		}
	}
}
