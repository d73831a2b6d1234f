package embedded

import "strings"

func splitKey(key string) []string { return strings.Split(key, ".") }
