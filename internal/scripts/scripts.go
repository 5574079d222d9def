// Package scripts holds the shell programs that back up data, rehearse restores and keep snapshots, as the containers run them.
package scripts

import (
	"embed"
	"fmt"
	"sync"
)

//go:embed *.sh
var files embed.FS

// texts are all programs by file name, read once: reading an embedded file copies it.
var texts = sync.OnceValue(func() map[string]string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // they are part of this program
	}
	all := map[string]string{}
	for _, e := range entries {
		text, err := files.ReadFile(e.Name())
		if err != nil {
			panic(err)
		}
		all[e.Name()] = string(text)
	}
	return all
})

// Text returns the program of this file name, such as "postgres-dump.sh".
func Text(name string) string {
	text, ok := texts()[name]
	if !ok {
		panic(fmt.Sprintf("no script is called %q", name)) // names are written in this program, and a test reads them all
	}
	return text
}
