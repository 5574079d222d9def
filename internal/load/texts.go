package load

import (
	"fmt"
	"strconv"
	"strings"
)

// texts reports characters that no terminal, no YAML reader and no human sees, in any text below n.
func (c *checker) texts(n *Node, path string) {
	if i := strings.IndexFunc(n.Key, invisible); i >= 0 {
		c.report("control-character", &Node{Pos: n.KeyPos}, path, control("name", n.Key[i:]), "", "remove it")
	}
	if i := strings.IndexFunc(n.Text, invisible); n.Kind == String && i >= 0 {
		c.report("control-character", n, path, control("text", n.Text[i:]), "", "remove it")
	}
	for _, f := range n.Fields {
		c.texts(f, join(path, f.Key))
	}
	for i, e := range n.Elems {
		c.texts(e, path+"["+strconv.Itoa(i)+"]")
	}
}

func control(what, s string) string {
	for _, r := range s {
		return fmt.Sprintf("the %s holds the control character %U", what, r)
	}
	return ""
}

// invisible reports whether r is a control character (tab and newline are not), or a line separator that YAML readers disagree on.
func invisible(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == '\ufeff'
}

// visible keeps a message on one line, whatever text it quotes.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if invisible(r) || r == '\t' || r == '\n' {
			return '·'
		}
		return r
	}, s)
}
