package kube

// Dashboard is a dashboard in Grafana's classic schema, as its sidecars and provisioners read it. Of that we have what we use.
type Dashboard struct {
	UID           string               `json:"uid"`
	Title         string               `json:"title"`
	Description   string               `json:"description"`
	Tags          []string             `json:"tags"`
	SchemaVersion int                  `json:"schemaVersion"`
	Timezone      string               `json:"timezone"`
	Time          DashboardTime        `json:"time"`
	Refresh       string               `json:"refresh"`
	GraphTooltip  int                  `json:"graphTooltip"` // 1: one crosshair for all panels
	Links         []DashboardLink      `json:"links"`
	Templating    DashboardTemplating  `json:"templating"`
	Annotations   DashboardAnnotations `json:"annotations"`
	Panels        []any                `json:"panels"` // PanelRow or Panel, in the order of the page
}

// DashboardTime is the time that is shown at first.
type DashboardTime struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// DashboardLink leads away from a dashboard; all its fields but URL are required.
type DashboardLink struct {
	Title       string   `json:"title"`
	Type        string   `json:"type"`
	URL         string   `json:"url"`
	Icon        string   `json:"icon"`
	Tooltip     string   `json:"tooltip"`
	Tags        []string `json:"tags"`
	AsDropdown  bool     `json:"asDropdown"`
	IncludeVars bool     `json:"includeVars"`
	KeepTime    bool     `json:"keepTime"`
	TargetBlank bool     `json:"targetBlank"`
}

// DashboardTemplating is what a reader may choose.
type DashboardTemplating struct {
	List []DashboardVariable `json:"list"`
}

// DashboardVariable is one choice.
type DashboardVariable struct {
	Name    string         `json:"name"`
	Label   string         `json:"label"`
	Type    string         `json:"type"`
	Query   string         `json:"query"`
	Current VariableOption `json:"current"`
}

// VariableOption is a value of a choice.
type VariableOption struct {
	Text  string `json:"text"`
	Value string `json:"value"`
}

// DashboardAnnotations are marks on the axis of time.
type DashboardAnnotations struct {
	List []DashboardAnnotation `json:"list"`
}

// DashboardAnnotation marks when something happened: at each sample that is above zero, or with UseValueForTime at the time that the
// sample is, in milliseconds.
type DashboardAnnotation struct {
	Name            string        `json:"name"`
	Datasource      DatasourceRef `json:"datasource"`
	Enable          bool          `json:"enable"`
	IconColor       string        `json:"iconColor"`
	Target          PanelTarget   `json:"target"`
	TitleFormat     string        `json:"titleFormat"`
	TagKeys         string        `json:"tagKeys"` // labels whose values are shown
	UseValueForTime bool          `json:"useValueForTime"`
}

// DatasourceRef names a data source.
type DatasourceRef struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}
