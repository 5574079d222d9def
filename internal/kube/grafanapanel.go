package kube

// GridPos is where a panel lies, in units of a grid that is 24 wide.
type GridPos struct {
	H int `json:"h"`
	W int `json:"w"`
	X int `json:"x"`
	Y int `json:"y"`
}

// PanelRow is a heading; the panels below it follow it in the dashboard.
type PanelRow struct {
	ID        int     `json:"id"`
	Type      string  `json:"type"`
	Title     string  `json:"title"`
	GridPos   GridPos `json:"gridPos"`
	Collapsed bool    `json:"collapsed"`
	Panels    []Panel `json:"panels"` // only of a collapsed one
}

// Panel is one picture.
type Panel struct {
	ID          int           `json:"id"`
	Type        string        `json:"type"`
	Title       string        `json:"title"`
	Description string        `json:"description,omitempty"`
	GridPos     GridPos       `json:"gridPos"`
	Datasource  DatasourceRef `json:"datasource"`
	Targets     []PanelTarget `json:"targets"`
	FieldConfig FieldConfig   `json:"fieldConfig"`
	Options     any           `json:"options"` // GraphOptions or StatOptions, by Type
}

// PanelTarget is one query.
type PanelTarget struct {
	RefID        string        `json:"refId"`
	Datasource   DatasourceRef `json:"datasource"`
	Expr         string        `json:"expr"`
	LegendFormat string        `json:"legendFormat,omitempty"`
	Instant      bool          `json:"instant,omitempty"` // the last value alone
}

// FieldConfig is how numbers are shown.
type FieldConfig struct {
	Defaults  FieldDefaults   `json:"defaults"`
	Overrides []FieldOverride `json:"overrides"`
}

// FieldDefaults hold for all series of a panel.
type FieldDefaults struct {
	Unit       string      `json:"unit,omitempty"`
	Decimals   *int        `json:"decimals,omitempty"`
	Min        *float64    `json:"min,omitempty"`
	Max        *float64    `json:"max,omitempty"`
	NoValue    string      `json:"noValue,omitempty"` // what a stat says without data
	Color      *FieldColor `json:"color,omitempty"`
	Thresholds *Thresholds `json:"thresholds,omitempty"`
	Custom     *GraphField `json:"custom,omitempty"` // of a graph
}

// FieldColor is how a series gets its colour.
type FieldColor struct {
	Mode       string `json:"mode"`
	FixedColor string `json:"fixedColor,omitempty"`
}

// Thresholds are values from which on another colour holds.
type Thresholds struct {
	Mode  string      `json:"mode"`
	Steps []Threshold `json:"steps"`
}

// Threshold is one of them; the first has no value.
type Threshold struct {
	Color string   `json:"color"`
	Value *float64 `json:"value"`
}

// GraphField is how the series of a graph are drawn.
type GraphField struct {
	FillOpacity     int            `json:"fillOpacity"`
	ShowPoints      string         `json:"showPoints"`
	Stacking        *GraphStacking `json:"stacking,omitempty"`
	ThresholdsStyle *GraphStyle    `json:"thresholdsStyle,omitempty"`
}

// GraphStacking puts series on top of one another.
type GraphStacking struct {
	Mode  string `json:"mode"`
	Group string `json:"group"`
}

// GraphStyle is how thresholds are drawn.
type GraphStyle struct {
	Mode string `json:"mode"`
}

// FieldOverride holds for some series only.
type FieldOverride struct {
	Matcher    FieldMatcher    `json:"matcher"`
	Properties []FieldProperty `json:"properties"`
}

// FieldMatcher selects series: byName, by what the legend calls them.
type FieldMatcher struct {
	ID      string `json:"id"`
	Options string `json:"options"`
}

// FieldProperty is one thing that is otherwise.
type FieldProperty struct {
	ID    string `json:"id"`
	Value any    `json:"value"`
}

// GraphOptions are those of a panel timeseries. Like all options, those that are left out are as Grafana has them.
type GraphOptions struct {
	Tooltip GraphTooltip `json:"tooltip"`
}

// GraphTooltip is what is told about the moment under the pointer.
type GraphTooltip struct {
	Mode string `json:"mode"`
	Sort string `json:"sort"`
}

// StatOptions are those of a panel stat.
type StatOptions struct {
	GraphMode     string        `json:"graphMode"`
	ReduceOptions ReduceOptions `json:"reduceOptions"`
}

// ReduceOptions is how many values become one.
type ReduceOptions struct {
	Calcs []string `json:"calcs"`
}
