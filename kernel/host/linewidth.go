package host

// LineWidth is how many characters a line of text has where the running cell's
// is shown: the columns of a terminal. It is 0 where text is kept, in
// notebooks and files, whose readers have lines of other lengths.
func LineWidth() int {
	if l, ok := Current().(interface{ LineWidth() int }); ok {
		return l.LineWidth()
	}
	return 0
}
