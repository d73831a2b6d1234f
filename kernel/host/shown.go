package host

// Shown tells that the display made last, in the state that it has now, shows v
// as it would be shown: as the value of the running cell's last expression it
// is not shown a second time.
func Shown[T any](v *T) {
	if s, ok := Current().(interface{ Shown(any) }); ok {
		s.Shown(v)
	}
}
