package typing

// HasRole says whether a function's strings are known.
func HasRole(function string) bool { return roles[function] != nil }

// Functions lists those with a role.
func Functions() []string {
	var out []string
	for name := range roles {
		out = append(out, name)
	}
	return out
}
