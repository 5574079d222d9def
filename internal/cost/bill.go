package cost

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Bill is what apps cost, and their sums.
type Bill struct {
	HoursPerMonth float64 `json:"hoursPerMonth"`
	Currency      string  `json:"currency,omitempty"` // empty: not stated, or not the same everywhere
	Apps          []App   `json:"apps"`
	Teams         []Sum   `json:"teams"`
	Environments  []Sum   `json:"environments"`
	Total         *Sum    `json:"total,omitempty"` // nil: there is no one currency
}

// Sum is what several apps cost together.
type Sum struct {
	Environment string `json:"environment,omitempty"` // empty: of all
	Team        string `json:"team,omitempty"`        // empty: of all
	Currency    string `json:"currency,omitempty"`
	Apps        int    `json:"apps"`
	Usage
}

// NewBill adds apps up by team, by environment, and in all.
func NewBill(apps []App) Bill {
	b := Bill{HoursPerMonth: HoursPerMonth, Apps: append([]App{}, apps...)}
	b.Teams = sums(apps, func(a App) Sum { return Sum{Environment: a.Environment, Team: a.Team, Currency: a.Currency} })
	b.Environments = sums(apps, func(a App) Sum { return Sum{Environment: a.Environment, Currency: a.Currency} })
	if total := sums(apps, func(a App) Sum { return Sum{Currency: a.Currency} }); len(total) == 1 {
		b.Currency, b.Total = total[0].Currency, &total[0]
	}
	return b
}

// sums adds apps up by what key returns, in the order of the first app of each.
func sums(apps []App, key func(App) Sum) []Sum {
	var out []Sum
	for _, a := range apps {
		k := key(a)
		i := slices.IndexFunc(out, func(s Sum) bool {
			return s.Environment == k.Environment && s.Team == k.Team && s.Currency == k.Currency
		})
		if i < 0 {
			i = len(out)
			out = append(out, k)
		}
		out[i].Apps++
		out[i].Usage = out[i].plus(a.Usage)
	}
	return out
}

// JSON writes the bill for programs.
func (b Bill) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(b)
}

// Table writes the bill for people: each environment with its apps, then its teams, then the sum; with parts each object, too.
func (b Bill) Table(w io.Writer, parts bool) error {
	if len(b.Apps) == 0 {
		_, err := fmt.Fprintln(w, "no apps")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, owner string, u Usage, currency string) {
		fmt.Fprintln(t, strings.Join([]string{name, owner, span(u.Pods, 1), span(u.CPU, 2), span(u.Memory, 2), span(u.Storage, 0), spotShare(u), money(u.Cost, currency)}, "\t"))
	}
	head := func(of string) {
		fmt.Fprintln(t, strings.Join([]string{of, "TEAM", "PODS", "CPU", "MEMORY GiB", "STORAGE GiB", "SPOT", "A MONTH"}, "\t"))
	}
	for i, env := range b.Environments {
		if i > 0 {
			fmt.Fprintln(t)
		}
		head(strings.ToUpper(env.Environment))
		for _, a := range b.Apps {
			if a.Environment != env.Environment {
				continue
			}
			row(a.Name, a.Team, a.Usage, env.Currency)
			for _, p := range a.Parts {
				if parts {
					row("  "+p.Kind+"/"+p.Name, "", p.Usage, env.Currency)
				}
			}
		}
		for _, s := range b.Teams {
			if s.Environment == env.Environment {
				row("team "+s.Team, counted(s.Apps), s.Usage, env.Currency)
			}
		}
		row("all of "+env.Environment, counted(env.Apps), env.Usage, env.Currency)
	}
	switch {
	case len(b.Environments) == 1:
	case b.Total != nil:
		fmt.Fprintln(t)
		head("ALL")
		row("total", counted(b.Total.Apps), b.Total.Usage, b.Currency)
	default:
		fmt.Fprintln(t, "\nno total: the prices have more than one currency")
	}
	return t.Flush()
}

// span writes a range with a number of decimals at most; a dash for nothing.
func span(r Range, places int) string {
	least, most := decimals(r.Least, places), decimals(r.Most, places)
	switch {
	case most == "0" && r.Most == 0:
		return "-"
	case least == most:
		return least
	}
	return least + "–" + most
}

// decimals writes a number without trailing zeros.
func decimals(f float64, places int) string {
	s := strconv.FormatFloat(f, 'f', places, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// spotShare is which part of the pods is on spot capacity, in percent.
func spotShare(u Usage) string {
	if u.Spot.Most == 0 {
		return "-"
	}
	few, many := 100*share(u.Spot.Least, u.Pods.Least), 100*share(u.Spot.Most, u.Pods.Most)
	return span(Range{Least: min(few, many), Most: max(few, many)}, 0) + " %"
}

func money(r Range, currency string) string {
	least, most := strconv.FormatFloat(r.Least, 'f', 2, 64), strconv.FormatFloat(r.Most, 'f', 2, 64)
	if least != most {
		least += "–" + most
	}
	return strings.TrimSpace(currency + " " + least)
}

func counted(apps int) string {
	if apps == 1 {
		return "1 app"
	}
	return fmt.Sprintf("%d apps", apps)
}
