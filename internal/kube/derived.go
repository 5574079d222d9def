package kube

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// maxName is the longest name that a CronJob may have; Kubernetes appends eleven characters to it for each Job.
const maxName = 52

// Name joins the parts of a derived object's name: Name("checkout", "orders", "backup") is "checkout-orders-backup". A longer
// name than any kind of object allows is cut and ends in eight hex digits of the whole name's hash.
func Name(parts ...string) string {
	name := strings.Join(parts, "-")
	if len(name) <= maxName {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	suffix := hex.EncodeToString(sum[:4])
	return strings.TrimRight(name[:maxName-1-len(suffix)], "-") + "-" + suffix
}
