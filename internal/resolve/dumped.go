package resolve

import "github.com/scantling/scantling/internal/app"

// dumped makes the Jobs that dump a database and rehearse its restore.
func (s *spec) dumped(r *app.Recovery, d datum) {}
