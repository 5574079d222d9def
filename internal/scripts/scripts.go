// Package scripts holds the shell programs that back up data, rehearse restores and keep snapshots, as the containers run them.
package scripts

import (
	"embed"
	"fmt"
	"sync"
)

//go:embed *.sh
var files embed.FS

// texts are the programs that have been read, by file name: an embedded file is copied each time that it is read.
var texts sync.Map // of string and string

// Text returns the program of this file name, such as "postgres-dump.sh".
func Text(name string) string {
	if known, ok := texts.Load(name); ok {
		return known.(string)
	}
	content, err := files.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("no script is called %q", name)) // names are written in this program, and a test reads them all
	}
	text, _ := texts.LoadOrStore(name, string(content))
	return text.(string)
}
