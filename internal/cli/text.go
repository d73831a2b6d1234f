package cli

import (
	"fmt"
	"os"
	"strings"
)

// splitDots is a nested key as its parts: "a.b" is a, then b.
func splitDots(key string) []string { return strings.Split(key, ".") }

func logToStderr(format string, a ...any) { fmt.Fprintf(os.Stderr, "adkernel: "+format+"\n", a...) }
