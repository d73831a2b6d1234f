package magic

// A Reading is what a cell's text says, magics included.
type Reading struct {
	Go     string // of the cell and of magics such as %time; everything else is blank, so that places stay
	Acts   bool   // a magic or a line for the shell does more than to show something
	Brings bool   // names come to life that stand elsewhere: in the file that %run runs
}

// Read reads a cell. An exclamation mark that may begin a command does.
func Read(source string) Reading {
	parts := parse(source, neverLive)
	r := Reading{Go: goOf(source, parts)}
	r.note(source, parts)
	return r
}

func (r *Reading) note(source string, parts []part) {
	for _, p := range parts {
		m := magics[p.name]
		switch {
		case p.kind == shellLine:
			r.Acts = true
		case p.kind != lineMagic && p.kind != cellMagic:
		case m.runsGo:
			start, end := codeOf(source, p)
			if p.kind == cellMagic {
				start, end = p.bodyAt, p.end
			}
			inner := keep(source, start, end)
			r.note(inner, parse(inner, neverLive))
		default:
			r.Acts = r.Acts || !m.looks
			r.Brings = r.Brings || p.name == "run"
		}
	}
}
