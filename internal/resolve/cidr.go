package resolve

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/scantling/scantling/internal/load"
)

// metadata are the addresses where clouds give out a node's credentials: AWS, Azure and Google; and AWS over IPv6.
var metadata = []netip.Addr{netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("fd00:ec2::254")}

// cidrs returns the address ranges of a list and reports those that are unsound. Ranges that may call in are judged by their
// form alone; those that are called may neither be the whole internet nor hold a metadata address. What was written is returned
// even when it is wrong, so that one mistake causes no second message.
func (r *reporter) cidrs(list *load.Node, path string, inbound bool) []string {
	var out []string
	for i, n := range elems(list) {
		at := path + "[" + strconv.Itoa(i) + "]"
		prefix, err := netip.ParsePrefix(n.Text)
		switch {
		case err != nil:
			r.errorAt(n, "cidr-is-exact", at, fmt.Sprintf("%q is not an address range", load.Clip(n.Text)), `a range such as "10.20.0.0/24"`, "")
		case prefix.Addr().Is4In6():
			r.errorAt(n, "cidr-is-exact", at, fmt.Sprintf("%q writes IPv4 addresses as IPv6 ones", n.Text), "the range of IPv4 addresses", fmt.Sprintf("did you mean %q?", netip.PrefixFrom(prefix.Addr().Unmap(), max(prefix.Bits()-96, 0)).Masked()))
		case prefix != prefix.Masked():
			r.errorAt(n, "cidr-is-exact", at, fmt.Sprintf("%q has host bits set", n.Text), "the first address of the range", fmt.Sprintf("did you mean %q or %q?", prefix.Masked(), netip.PrefixFrom(prefix.Addr(), prefix.Addr().BitLen())))
		case inbound:
		case prefix.Bits() == 0:
			r.errorAt(n, "cidr-is-narrow", at, fmt.Sprintf("%q is every address there is", n.Text), "the ranges that are called", "")
		case slices.ContainsFunc(metadata, prefix.Contains):
			r.errorAt(n, "cidr-spares-metadata", at, fmt.Sprintf("%q holds the cloud's metadata address, which gives out the node's credentials", n.Text), "a range without 169.254.169.254 and fd00:ec2::254", "")
		}
		out = append(out, n.Text)
	}
	if list != nil && len(out) == 0 {
		r.errorAt(list, "cidr-is-narrow", path, "the list of address ranges is empty", "at least one range", `e.g. ["10.20.0.0/24"]`)
	}
	return out
}
