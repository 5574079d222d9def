package resolve

import (
	"slices"
	"strconv"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// number is one value of a tier's table, and who stated it.
type number struct {
	value float64
	by    app.By
	pos   diag.Pos
}

// table is the numbers of one tier by name.
type table map[string]number

// tables are the default tables of one version.
type tables struct {
	tiers  map[app.Tier]table
	ranges map[string][2]float64 // what a platform may choose, both ends included
}

// tierNames are the tiers as users write them.
var tierNames = []string{string(app.Critical), string(app.Standard), string(app.BestEffort)}

// readTables reads schema/tiers.cue: the default tables by version.
func readTables(root *load.Node) map[string]tables {
	versions := map[string]tables{}
	for _, v := range root.Field("tables").Fields {
		t := tables{tiers: map[app.Tier]table{}, ranges: map[string][2]float64{}}
		for _, tier := range tierNames {
			t.tiers[app.Tier(tier)] = make(table, len(v.Fields))
		}
		for _, n := range v.Fields {
			limits := n.Field("range")
			low, _ := float(limits.Elems[0])
			high, _ := float(limits.Elems[1])
			t.ranges[n.Key] = [2]float64{low, high}
			for _, tier := range tierNames {
				value := n.Field(tier)
				if value == nil {
					value = n.Field("all")
				}
				f, _ := float(value)
				t.tiers[app.Tier(tier)][n.Key] = number{value: f, by: app.ByTier, pos: value.Pos}
			}
		}
		versions[v.Key] = t
	}
	return versions
}

// versionNames returns the known versions, the newest first.
func versionNames(versions map[string]tables) []string {
	names := make([]string, 0, len(versions))
	for name := range versions {
		names = append(names, name)
	}
	slices.Sort(names)
	slices.Reverse(names)
	return names
}

// override applies the platform's own numbers to the tables of every version.
func (r *reporter) override(versions map[string]tables, tiers *load.Node) {
	if tiers == nil {
		return
	}
	for _, tier := range tiers.Fields {
		if !slices.Contains(tierNames, tier.Key) {
			r.errorAtKey(tier, "unknown-tier", "platform.tiers."+tier.Key, strconv.Quote(tier.Key)+" is not a tier", load.Prose(tierNames, "or"), didYouMean(tier.Key, tierNames))
			continue
		}
		for _, n := range tier.Fields {
			r.overrideNumber(versions, app.Tier(tier.Key), n)
		}
	}
}

func (r *reporter) overrideNumber(versions map[string]tables, tier app.Tier, n *load.Node) {
	path := "platform.tiers." + string(tier) + "." + n.Key
	newest := versions[versionNames(versions)[0]]
	limits, ok := newest.ranges[n.Key]
	if !ok {
		names := make([]string, 0, len(newest.ranges))
		for name := range newest.ranges {
			names = append(names, name)
		}
		slices.Sort(names)
		r.errorAtKey(n, "unknown-tier-number", path, strconv.Quote(n.Key)+" is not a number of the default tables", "", didYouMean(n.Key, names))
		return
	}
	want := "a number from " + decimal(limits[0]) + " to " + decimal(limits[1])
	f, ok := float(n)
	if _, whole := integer(n); !ok || !whole && n.Key != "maxAvailability" {
		r.errorAt(n, "bad-tier-number", path, "not "+wholeOr(n.Key)+" number", want, "")
		return
	}
	if f < limits[0] || f > limits[1] {
		r.errorAt(n, "tier-number-out-of-range", path, n.Text+" is out of range", want, "")
		return
	}
	for _, v := range versions {
		if _, ok := v.ranges[n.Key]; ok {
			v.tiers[tier][n.Key] = number{value: f, by: app.ByPlatform, pos: n.Pos}
		}
	}
}

// wholeOr is "a" for the numbers that may have a fraction and "a whole" for the rest.
func wholeOr(name string) string {
	if name == "maxAvailability" {
		return "a"
	}
	return "a whole"
}

// unknownVersion reports a version of the default tables that this build does not know.
func (r *reporter) unknownVersion(n *load.Node, versions map[string]tables, path string) {
	r.errorAt(n, "unknown-defaults", path, "there are no default tables of version "+strconv.Quote(text(n)), load.Prose(versionNames(versions), "or"), "upgrade scantling, or pin a version that it knows")
}

// number returns a number of the app's tier.
func (s *spec) number(name string) int64 { return int64(s.table[name].value) }

// fromTier returns a number of the app's tier and records that it decided a field.
func (s *spec) fromTier(path, name string) int64 {
	n := s.table[name]
	s.decided(path, n.by, n.pos, name)
	return int64(n.value)
}
