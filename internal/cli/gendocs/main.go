// Command gendocs writes the generated pages of the documentation into a directory: go run ./internal/cli/gendocs docs
package main

import (
	"log"
	"os"
	"path/filepath"

	"github.com/scantling/scantling/internal/cli"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: gendocs DIR")
	}
	for name, text := range cli.Docs() {
		path := filepath.Join(os.Args[1], filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			log.Fatal(err)
		}
	}
}
