// Package pattern holds regular expressions that are compiled when they are first
// needed. Most processes need few of all that the program has, and a kernel starts
// within milliseconds: of those a twentieth went into compiling.
package pattern

import (
	"regexp"
	"sync"
)

// New returns what compiles text, once. It panics where text is no pattern.
func New(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
