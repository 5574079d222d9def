package resolve

import "fmt"

// distinctSecrets reports two apps of a namespace whose derived names for a Secret are the same: "a" with secret "b-c", and "a-b"
// with secret "c".
func (w *world) distinctSecrets() {
	first := map[[2]string]*spec{}
	for _, s := range w.specs {
		for _, secret := range s.app.Secrets {
			if secret.Existing {
				continue
			}
			key := [2]string{s.app.Namespace, secret.Name}
			other := first[key]
			if other == nil || other == s {
				first[key] = s
				continue
			}
			s.fail("secrets", "secrets-differ", fmt.Sprintf("Secret %q is also that of app %q (%s)", secret.Name, other.name, other.node.KeyPos), "another name for one of the secrets", "")
		}
	}
}
