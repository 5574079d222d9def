package kube

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// TestDashboardJSON reads a folded dashboard back, with texts that look like JSON themselves.
func TestDashboardJSON(t *testing.T) {
	long := strings.Repeat(`sum(rate(x{a="b,c",d=~"\\d{2}:[0-9]"}[$__rate_interval])) > 1 & `, 4)
	d := Dashboard{UID: "u", Title: `a "quoted" {title}, with: all [of] it \`, Tags: []string{}, Panels: []any{
		PanelRow{ID: 1, Type: "row", Panels: []Panel{}},
		Panel{ID: 2, Targets: []PanelTarget{{RefID: "A", Expr: long}}, Options: GraphOptions{}},
	}}
	text := d.JSON()
	var got, want any
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("folding changed the dashboard:\n%s", text)
	}
	short := 0
	for line := range strings.Lines(text) {
		if len(line) > lineWidth+2 && !strings.Contains(line, `"expr"`) {
			t.Errorf("a line of %d characters: %s", len(line), line)
		}
		if strings.Contains(line, `{"h":0,"w":0,"x":0,"y":0}`) {
			short++
		}
	}
	if short != 2 || strings.Count(text, "\n") < 20 || strings.Contains(text, `\u003e`) {
		t.Errorf("the dashboard is not folded as it is read:\n%s", text)
	}
}
