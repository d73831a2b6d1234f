// Package stop finds the texts that end an output.
package stop

import "strings"

// At is where the first of the stop texts begins in text; -1 if none does.
func At(text string, stops []string) int {
	first := -1
	for _, s := range stops {
		if at := strings.Index(text, s); at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}
