package jinja

import (
	"regexp"
	"sync"
)

// pattern is compiled when it is first needed: most programs that have this
// package render no template, and a kernel starts within milliseconds.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
