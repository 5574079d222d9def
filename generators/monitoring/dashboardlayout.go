package monitoring

import (
	"github.com/scantling/scantling/internal/kube"
)

// section is panels under a heading; one without panels is left out.
type section struct {
	title  string
	panels []panel
}

// panel is a picture as a person thinks of it: one number, or lines over time.
type panel struct {
	title    string
	why      string // what the numbers and the thresholds mean
	unit     string // one of Grafana's
	width    int    // of 24
	number   bool
	lines    []line
	steps    []step // in ascending order
	usual    string // colour below the first step; empty: green
	missing  string // what a number says without data
	digits   int    // behind the point
	stacked  bool
	highest  float64 // end of the axis; 0: what is there
	negative bool    // the axis goes below zero
}

// line is one query. Without a legend each series is called by the label in which it differs from the others: no text of ours has a
// "{{", which Helm would read as its own.
type line struct{ legend, expr string }

// step is a value from which on another colour holds.
type step struct {
	from  float64
	color string
}

// Heights of rows and panels, in units of Grafana's grid.
const (
	rowHeight    = 1
	numberHeight = 4
	graphHeight  = 7
	gridWidth    = 24
)

// place gives every panel its number and its place: from left to right, and from top to bottom.
func place(source kube.DatasourceRef, sections []section) []any {
	out := []any{}
	y := 0
	for _, s := range sections {
		if len(s.panels) == 0 {
			continue
		}
		out = append(out, kube.PanelRow{
			ID: len(out) + 1, Type: "row", Title: s.title, GridPos: kube.GridPos{H: rowHeight, W: gridWidth, Y: y}, Panels: []kube.Panel{},
		})
		y += rowHeight
		for panels := s.panels; len(panels) > 0; {
			n, height := fitting(panels)
			x := 0
			for _, p := range panels[:n] {
				drawn := p.draw(source)
				drawn.ID, drawn.GridPos = len(out)+1, kube.GridPos{H: height, W: p.width, X: x, Y: y}
				out = append(out, drawn)
				x += p.width
			}
			y, panels = y+height, panels[n:]
		}
	}
	return out
}

// fitting returns how many panels fit side by side, and how high they are.
func fitting(panels []panel) (n, height int) {
	height = numberHeight
	for x := 0; n < len(panels) && x+panels[n].width <= gridWidth; n++ {
		x += panels[n].width
		if !panels[n].number {
			height = graphHeight
		}
	}
	return n, height
}

// draw makes Grafana's panel of ours, all but its number and place.
func (p panel) draw(source kube.DatasourceRef) kube.Panel {
	out := kube.Panel{Title: p.title, Description: p.why, Datasource: source}
	for i, l := range p.lines {
		t := kube.PanelTarget{RefID: string(rune('A' + i)), Datasource: source, Expr: l.expr, LegendFormat: l.legend, Instant: p.number}
		if t.LegendFormat == "" {
			t.LegendFormat = "__auto"
		}
		out.Targets = append(out.Targets, t)
	}
	defaults := kube.FieldDefaults{Unit: p.unit, Decimals: new(p.digits)}
	if p.number {
		defaults.NoValue, defaults.Color, defaults.Thresholds = p.missing, &kube.FieldColor{Mode: "thresholds"}, p.thresholds()
		out.Type, out.Options = "stat", kube.StatOptions{GraphMode: "none", ReduceOptions: kube.ReduceOptions{Calcs: []string{"lastNotNull"}}}
	} else {
		defaults.Color, defaults.Decimals = &kube.FieldColor{Mode: "palette-classic"}, nil
		if !p.negative {
			defaults.Min = new(0.0)
		}
		defaults.Custom = &kube.GraphField{FillOpacity: 10, ShowPoints: "never"}
		if p.highest > 0 {
			defaults.Max = new(p.highest)
		}
		if p.stacked {
			defaults.Custom.Stacking, defaults.Custom.FillOpacity = &kube.GraphStacking{Mode: "normal", Group: "A"}, 40
		}
		if len(p.steps) > 0 {
			defaults.Thresholds, defaults.Custom.ThresholdsStyle = p.thresholds(), &kube.GraphStyle{Mode: "dashed"}
		}
		out.Type, out.Options = "timeseries", kube.GraphOptions{Tooltip: kube.GraphTooltip{Mode: "multi", Sort: "desc"}}
	}
	out.FieldConfig = kube.FieldConfig{Defaults: defaults, Overrides: p.overrides()}
	return out
}

func (p panel) thresholds() *kube.Thresholds {
	usual := p.usual
	if usual == "" {
		usual = green
		if !p.number {
			usual = "transparent" // a line at the bottom says nothing
		}
	}
	t := &kube.Thresholds{Mode: "absolute", Steps: []kube.Threshold{{Color: usual}}}
	for _, s := range p.steps {
		t.Steps = append(t.Steps, kube.Threshold{Color: s.color, Value: new(s.from)})
	}
	return t
}

// What bounds the other lines of a graph is drawn as a bound.
const (
	request = "request"
	limit   = "limit"
	maximum = "maximum"
)

// overrides draw bounds without a filling, in a colour of their own.
func (p panel) overrides() []kube.FieldOverride {
	out := []kube.FieldOverride{}
	for _, l := range p.lines {
		color, ok := map[string]string{request: yellow, limit: red, maximum: red}[l.legend]
		if !ok || p.number {
			continue
		}
		out = append(out, kube.FieldOverride{
			Matcher: kube.FieldMatcher{ID: "byName", Options: l.legend},
			Properties: []kube.FieldProperty{
				{ID: "custom.fillOpacity", Value: 0},
				{ID: "custom.lineStyle", Value: map[string]string{"fill": "dash"}},
				{ID: "color", Value: kube.FieldColor{Mode: "fixed", FixedColor: color}},
			},
		})
	}
	return out
}

// The colours of states, as everywhere in Grafana.
const (
	green  = "green"
	yellow = "yellow"
	orange = "orange"
	red    = "red"
)
