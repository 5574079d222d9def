package verify

import (
	"strings"
	"testing"
)

// TestPromQLIsRead wants what Prometheus reads to be read, and what it refuses to be refused, as
// https://github.com/prometheus/prometheus/blob/main/promql/parser/parse_test.go has it.
func TestPromQLIsRead(t *testing.T) {
	for _, text := range strings.Split(`1
+Inf
0x1f
1_000
.5
1e-3
5m
-1^2
2^3^-1
foo
foo:bar
:foo
sum
offset
{__name__="foo"}
{"foo.bar",a="b"}
foo{a="b",c!="d",e=~"f.*",g!~"h",}
foo{'a.b'='c'}
foo{a=`+"`b`"+`}
foo{on="b",by="c"}
foo[5m] offset 1h
foo[1h30m] offset -5m
foo @ 1603774568
foo @ end() offset 5m
foo[5m:]
foo[5m:30s] @ start()
rate(foo[5m])[1h:5m]
(foo + bar)[1h:5m] offset 1d
foo[5m*2]
foo[step()+1m]
rate(foo[5m] smoothed)
SUM BY (a) (foo)
sum(foo) by (a, b,)
sum without () (foo)
sum by ("a.b") (foo)
topk(5, foo)
count_values("a", foo)
quantile(0.9, foo) by (a)
foo > bool 1
1 > bool 0
foo == on (a) group_left (b) bar
foo / ignoring (a) group_right bar
foo + on (a) fill(0) bar
foo and on () bar or baz unless ignoring (a) c
foo atan2 bar
foo % 2
foo </ 5
label_replace(foo, "a", "$1", "b", "(.*)")
label_join(foo, "a", ",")
label_join(foo, "a", ",", "b", "c", "d")
histogram_quantile(0.9, rate(foo_bucket[5m]))
day_of_week()
hour(foo)
round(foo, 5)
time() - foo
vector(time())
absent_over_time(foo[5m])
foo # of one
foo{a="\"\\#"}
NaN
max_over_time(deriv(rate(foo[5m])[30m:1m])[1h:])`, "\n") {
		if e, problem := parsePromQL(text); problem != nil {
			t.Errorf("%q is refused: %s", text, problem.text)
		} else if e == nil {
			t.Errorf("%q is nothing", text)
		}
	}
	for _, text := range strings.Split(`
(
foo +
foo bar
1 2
sum
sum(
sum(foo
sum(foo,)
sum()
sum by (a foo)
sum by (a) foo
foo[5m
foo[5m)
foo[]
foo[0s]
foo[bar]
foo[5m1h]
foo[5m][5m]
(foo)[5m]
foo[5m] > 1
rate(foo)
rate(foo[5m], 1)
rate()
abs(1)
foo{
foo{a}
foo{a=}
foo{a=b}
foo{a=="b"}
foo{a:b="c"}
foo{a=~"("}
{}
foo and 1
1 and foo
1 > 0
foo + bool bar
foo + group_left bar
foo and on (a) group_left () bar
1 + on (a) foo
"a
'a" + foo
foo{a="\q"}
5 minutes
raet(foo[5m])
foo offset
foo offset bar
1 offset 5m
vector(foo)
"a" > 1
on
max by by (foo)
§
0x`, "\n") {
		if text == "sum" {
			continue // a metric may be called so
		}
		if e, problem := parsePromQL(text); problem == nil {
			t.Errorf("%q is read as %+v", text, e)
		}
	}
}

// TestNumbersAreExact wants constants to be computed as decimals: 14.4 * 0.1 is 1.44.
func TestNumbersAreExact(t *testing.T) {
	for text, want := range map[string]string{
		"14.4 * 0.1": "1.44", "14.4 * (1 - 0.999)": "0.0144", "(1 + 2) / 4": "0.75", "5m": "300", "-1 - 2": "-3", "1h30m": "5400", "1 / 0": "", "1e999999999": "",
		"foo": "", "2 ^ 2": "", "1_000": "1000",
	} {
		e, problem := parsePromQL(text)
		if problem != nil {
			t.Fatal(text, problem.text)
		}
		got := ""
		if n := e.number(); n != nil {
			got = decimal(n)
		}
		if got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

// FuzzPromQL wants no expression to be the end of the program, and what is read to be looked through.
func FuzzPromQL(f *testing.F) {
	for _, text := range []string{`sum by (a) (rate(foo{b=~"c"}[5m:1s] offset 1h)) / 0 > bool -1`, `'\"'`, "a[", "((((", "1e9999999", "5y9999999999d"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, problem := parsePromQL(text)
		if problem != nil {
			return
		}
		b := &ruleBook{records: map[string][]*toldRule{}}
		b.bounds(e, 0)
		if x := b.never(e); x != nil {
			b.impossible(x)
		}
		_ = e.number()
	})
}
