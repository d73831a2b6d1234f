// Command adkernel is a Jupyter kernel for finding out why a deployed language
// model answers worse than its reference, and the same on the command line.
package main

import (
	"os"

	"adkernel/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:])) }
