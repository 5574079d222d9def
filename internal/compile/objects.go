package compile

import (
	"github.com/scantling/scantling/generators"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
)

// AppObjects are the rendered objects of one app.
type AppObjects struct {
	App     app.App
	Objects []generator.Object
}

// Objects returns what Generate would write about the apps that are asked for, as objects: for commands that reckon with them. With an
// error in the specs there are none.
func Objects(opts Options) (Specs, []AppObjects, error) {
	specs, err := Resolve(opts)
	if err != nil || specs.Failed {
		return specs, nil, err
	}
	var out []AppObjects
	for _, u := range selectFrom(specs.Project, opts).of(everyUnit(specs.Fleets)) {
		if u.app == nil {
			continue
		}
		a := AppObjects{App: *u.app}
		for _, g := range generators.All {
			a.Objects = append(a.Objects, u.run(g)...)
		}
		a.Objects, _ = u.finished(a.Objects) // what is wrong with patches is for check to report
		out = append(out, a)
	}
	return specs, out, nil
}
