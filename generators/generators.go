// Package generators is the ordered list of everything Scantling makes; the order here is the order of output.
package generators
