package emit

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// biting are strings that YAML writers get wrong, each with the form that ours gives it.
var biting = []struct{ in, want string }{
	{"", `""`}, {" ", `" "`}, {" a", `" a"`}, {"a ", `"a "`}, {"plain", "plain"}, {"two words", "two words"},

	// Words of YAML 1.1 and 1.2, in any case.
	{"y", `"y"`}, {"N", `"N"`}, {"yes", `"yes"`}, {"No", `"No"`}, {"on", `"on"`}, {"OFF", `"OFF"`}, {"oN", `"oN"`}, {"true", `"true"`},
	{"tRue", `"tRue"`}, {"False", `"False"`}, {"null", `"null"`}, {"Null", `"Null"`}, {"~", `"~"`}, {"=", `"="`}, {"<<", `"<<"`}, {"nan", `"nan"`},
	{"yesterday", "yesterday"}, {"nullable", "nullable"}, {"not", "not"}, {"<b", "<b"},

	// Numbers, dates and base 60.
	{"0", `"0"`}, {"42", `"42"`}, {"-1", `"-1"`}, {"+1", `"+1"`}, {"1e3", `"1e3"`}, {"1E3", `"1E3"`}, {"0x1F", `"0x1F"`}, {"0o7", `"0o7"`}, {"0b11", `"0b11"`},
	{"010", `"010"`}, {"08", `"08"`}, {"1_000", `"1_000"`}, {".5", `".5"`}, {"0.1", `"0.1"`}, {"1.", `"1."`}, {".", `"."`}, {".inf", `".inf"`}, {"-.INF", `"-.INF"`},
	{".NaN", `".NaN"`}, {"1:30", `"1:30"`}, {"190:20:30", `"190:20:30"`}, {"2026-01-02", `"2026-01-02"`}, {"2026-01-02T03:04:05Z", `"2026-01-02T03:04:05Z"`},
	{"2026-01-02 03:04:05.1 +1", `"2026-01-02 03:04:05.1 +1"`}, {"12e03", `"12e03"`}, {"5432", `"5432"`}, {"2026.11", `"2026.11"`},
	{"-0x1", `"-0x1"`}, {"+.5", `"+.5"`}, {"1..2", `"1..2"`}, {"+_000", `"+_000"`}, {"0_x1F", `"0_x1F"`}, {"-_", `"-_"`}, {"1.2.", `"1.2."`},

	// Not numbers.
	{"1.42.0", "1.42.0"}, {"10.0.0.1", "10.0.0.1"}, {"100m", "100m"}, {"256Mi", "256Mi"}, {"5Ti", "5Ti"}, {"25%", "25%"}, {"0.0.0.0/0", "0.0.0.0/0"}, {"30s", "30s"},
	{"7d", "7d"}, {".hidden", ".hidden"}, {"-a", "-a"}, {"--log=json", "--log=json"}, {"9f86d081", "9f86d081"}, {"1.4.2-rc.1", "1.4.2-rc.1"}, {"v1beta1", "v1beta1"},

	// Indicators.
	{"a: b", `"a: b"`}, {"a:b", "a:b"}, {"a:", `"a:"`}, {":x", `":x"`}, {"?x", `"?x"`}, {"?", `"?"`}, {"-", `"-"`}, {"- x", `"- x"`}, {"---", `"---"`}, {"--- x", `"--- x"`},
	{"...", `"..."`}, {"a #b", `"a #b"`}, {"a#b", "a#b"}, {"#a", `"#a"`}, {"[a]", `"[a]"`}, {"{a}", `"{a}"`}, {"a, b", "a, b"}, {",a", `",a"`}, {"&a", `"&a"`}, {"*", `"*"`},
	{"!a", `"!a"`}, {"|", `"|"`}, {">", `">"`}, {"'a'", `"'a'"`}, {"%a", `"%a"`}, {"@a", `"@a"`}, {"`a`", "\"`a`\""}, {"http://a:80/b", "http://a:80/b"},
	{`"a"`, `'"a"'`}, {`{"a": 'b'}`, `'{"a": ''b''}'`}, {`a\b`, `a\b`}, {`a: \d`, `'a: \d'`}, {`C:\`, `C:\`}, {`say "hi"`, `say "hi"`},

	// Characters that cannot be seen, or that parsers disagree on.
	{"a\tb", `"a\tb"`}, {"a\rb", `"a\rb"`}, {"a\r\nb", `"a\r\nb"`}, {"\x00", `"\x00"`}, {"\x1b[1m", `"\x1b[1m"`}, {"\x7f", `"\x7f"`}, {"a\u0085b", `"a\x85b"`},
	{"a\u00a0b", `"a\xa0b"`}, {"a\u2028b", `"a\u2028b"`}, {"a\u2029b", `"a\u2029b"`}, {"\ufeffa", `"\ufeffa"`}, {"a\u202eb", `"a\u202eb"`}, {"a\u200bb", `"a\u200bb"`},
	{"\U000e0001", `"\U000e0001"`}, {"é", "é"}, {"日本語", "日本語"}, {"😀", "😀"}, {"a\xffb", "\"a\uFFFDb\""}, {"a\ufffdb", "a\uFFFDb"}, {"\uffff", `"\uffff"`},

	// Several lines.
	{"\n", `"\n"`}, {"\n\n", `"\n\n"`}, {"a\nb", "|-\n  a\n  b"}, {"a\nb\n", "|\n  a\n  b"}, {"a\n", "|\n  a"}, {"a\n\n", "|+\n  a\n"}, {"a\n\n\nb\n\n\n", "|+\n  a\n\n\n  b\n\n"},
	{" a\nb", "|2-\n   a\n  b"}, {"\na", "|2-\n\n  a"}, {"\n a\n", "|2\n\n   a"}, {"\ta\nb", "|2-\n  \ta\n  b"}, {"a\n\tb\n", "|\n  a\n  \tb"}, {"a \nb", `"a \nb"`}, {"a\nb ", `"a\nb "`},
	{"a\n \nb", `"a\n \nb"`}, {"a\t\nb", `"a\t\nb"`}, {"# a\n- b: c\n", "|\n  # a\n  - b: c"}, {"---\na\n", "|\n  ---\n  a"}, {"é\n\u2028", `"é\n\u2028"`}, {"a\n\xff", "\"a\\n\uFFFD\""},
}

func TestScalars(t *testing.T) {
	for _, tt := range biting {
		got, err := AppendYAML(nil, map[string]string{"k": tt.in})
		if want := "k: " + tt.want + "\n"; err != nil || string(got) != want {
			t.Errorf("%q is written as %q, %v, want %q", tt.in, got, err, want)
		}
		everywhere(t, tt.in)
	}
	for n := 90; n < 110; n++ { // around the length of a long key
		everywhere(t, strings.Repeat("k", n))
	}
	everywhere(t, strings.Repeat("\u0001: ", 400))
}

// everywhere writes s in each position a string can have, and reads it back.
func everywhere(t *testing.T, s string) {
	t.Helper()
	clean := strings.ToValidUTF8(s, "\uFFFD")
	if clean != s { // JSON replaces each byte, ToValidUTF8 each run
		clean = string([]rune(s))
	}
	positions := []struct {
		position string
		in, want any
	}{
		{"value", map[string]any{"k": s}, map[string]any{"k": clean}},
		{"item", map[string]any{"k": []any{s, "x", s}}, map[string]any{"k": []any{clean, "x", clean}}},
		{"key", map[string]any{s: "v"}, map[string]any{clean: "v"}},
		{"key of", map[string]any{s: map[string]any{"a": s}}, map[string]any{clean: map[string]any{"a": clean}}},
		{"key to", map[string]any{s: []any{s}}, map[string]any{clean: []any{clean}}},
		{
			"nested",
			map[string]any{"a": []any{[]any{s, map[string]any{"b": map[string]any{"c": s}, "d": s}}, s}, "e": s},
			map[string]any{"a": []any{[]any{clean, map[string]any{"b": map[string]any{"c": clean}, "d": clean}}, clean}, "e": clean},
		},
	}
	for _, p := range positions {
		got, err := AppendYAML(nil, p.in)
		if err != nil {
			t.Fatalf("%q as %s: %v", s, p.position, err)
		}
		rereads(t, fmt.Sprintf("%q as %s", s, p.position), got, p.want)
	}
	got, err := AppendYAML(nil, s)
	if err != nil {
		t.Fatalf("%q as a document: %v", s, err)
	}
	rereads(t, fmt.Sprintf("%q as a document", s), got, clean)
}

// rereads checks that two independent parsers read got as want.
func rereads(t *testing.T, what string, got []byte, want any) {
	t.Helper()
	var v2, v3 any
	if err := yaml.UnmarshalStrict(got, &v2); err != nil || !reflect.DeepEqual(v2, want) {
		t.Errorf("%s: sigs.k8s.io/yaml reads %q, %v\n%s", what, v2, err, got)
	}
	if err := yamlv3.Unmarshal(got, &v3); err != nil || !reflect.DeepEqual(v3, want) {
		t.Errorf("%s: yaml/v3 reads %q, %v\n%s", what, v3, err, got)
	}
}

// TestSigsIsBroken lists the documents that sigs.k8s.io/yaml v1.6.0 itself writes so that nobody re-reads them as what they
// were, or refuses to write. Ours must, as everywhere checks: this is why the two are compared by what is read and not by bytes.
func TestSigsIsBroken(t *testing.T) {
	for _, in := range []any{
		map[string]any{"k": "\x7f"},
		map[string]any{"k": "a\u0085b"},
		map[string]any{"k": "\uffff"},
		map[string]any{"<<": map[string]any{"a": "b"}},
	} {
		theirs, err := yaml.Marshal(in)
		var back any
		if err == nil && yaml.Unmarshal(theirs, &back) == nil && reflect.DeepEqual(back, in) {
			t.Errorf("sigs.k8s.io/yaml now writes %q so that it reads it back: %s", in, theirs)
		}
		ours, err := AppendYAML(nil, in)
		if err != nil {
			t.Errorf("%q: %v", in, err)
		}
		rereads(t, fmt.Sprintf("%q", in), ours, in)
	}
}

func FuzzScalar(f *testing.F) {
	for _, tt := range biting {
		f.Add(tt.in)
	}
	f.Fuzz(everywhere)
}
