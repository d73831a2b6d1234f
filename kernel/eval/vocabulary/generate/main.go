// Generate writes the symbols, types and doc comments of a vocabulary for the
// package in the current directory:
//
//	//go:generate go run adkernel/kernel/eval/vocabulary/generate adkernel/builtins
package main

import (
	"fmt"
	"os"

	"adkernel/kernel/eval/vocabulary/generator"
)

func main() {
	target := os.Getenv("GOPACKAGE") // set by go generate
	if len(os.Args) != 2 || target == "" {
		fmt.Fprintln(os.Stderr, "usage, in a go:generate line: generate PACKAGE")
		os.Exit(2)
	}
	if err := generator.Write(".", os.Args[1], target); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}
