// Command scantling compiles short app specs into hardened Kubernetes manifests.
package main

import (
	"os"

	"github.com/scantling/scantling/internal/cli"
)

func main() { os.Exit(cli.Process(os.Args[1:])) }
