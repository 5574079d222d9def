// Package scripts holds the shell programs that back up data, rehearse restores and keep snapshots, as the containers run them.
package scripts

import (
	"embed"
	"fmt"
)

//go:embed *.sh
var files embed.FS

// Text returns the program of this file name, such as "postgres-dump.sh".
func Text(name string) string {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("no script is called %q", name)) // names are written in this program, and a test reads them all
	}
	return string(text)
}
