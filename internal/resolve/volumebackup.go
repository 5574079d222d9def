package resolve

import "github.com/scantling/scantling/internal/app"

// volumeBackup makes what keeps a volume restorable.
func (s *spec) volumeBackup(r *app.Recovery, d datum) {}
