package reproducer

import (
	"slices"

	"adkernel/kernel/host"
)

// A slicer selects the cells that another one needs: those that define a name
// it mentions, those that change the value between the definition and the
// use, those that change the process, and what these need in turn. Where text
// alone does not tell, a cell is taken rather than left out.
type slicer struct {
	cells   []host.Cell
	sources []*source
	needed  []bool
	asked   map[question]bool
}

// A question is which cells the value of name depends on, before the cell at
// the index before.
type question struct {
	name   string
	before int
}

// slice returns the cells that the last one needs, itself included, in order.
func slice(cells []host.Cell) []host.Cell {
	s := &slicer{cells: cells, needed: make([]bool, len(cells)), asked: map[question]bool{}}
	for _, c := range cells {
		s.sources = append(s.sources, readSource(c.Source))
	}
	last := len(cells) - 1
	s.take(last, last)
	for i := range last {
		if s.acts(i, set{}) {
			s.take(i, last)
		}
	}
	var out []host.Cell
	for i, c := range cells {
		if s.needed[i] {
			out = append(out, c)
		}
	}
	return out
}

// take adds the cell at index i, whose definitions are used by the cell at
// index user.
func (s *slicer) take(i, user int) {
	s.needed[i] = true
	for _, name := range s.cells[i].Uses {
		s.need(name, i)
		if s.sources[i].function { // its body sees what the name means when it is called
			s.need(name, user)
		}
	}
}

func (s *slicer) need(name string, before int) {
	q := question{name, before}
	if s.asked[q] {
		return
	}
	s.asked[q] = true
	definition := s.definition(name, before)
	if definition < 0 {
		return // of the vocabulary, or an import that the kernel adds by itself
	}
	s.take(definition, before)
	if s.sources[definition].imports[name] {
		return // nothing changes a package
	}
	others := s.others(name, definition, before)
	for i := definition + 1; i < before; i++ {
		changes := s.changes(i, name, false)
		for _, o := range others {
			changes = changes || i > o.since && s.changes(i, o.name, !o.seen)
		}
		if changes {
			s.take(i, before)
		}
	}
}

// definition is the index of the last cell before that one that declares
// name, -1 when none does.
func (s *slicer) definition(name string, before int) int {
	for i := before - 1; i >= 0; i-- {
		if slices.Contains(s.cells[i].Defines, name) && (s.sources[i].declares[name] || s.sources[i].brings) {
			return i
		}
	}
	return -1
}

// changes reports whether the cell at index i may change the value of a name
// that an earlier cell declared, by itself or by a function that it mentions;
// with through, whether it may change what others share with it.
func (s *slicer) changes(i int, name string, through bool) bool {
	return s.has(s.sources[i].now, name, through, i) && s.mentions(i, name) || s.calls(i, name, through, set{})
}

func (s *slicer) calls(i int, changed string, through bool, seen set) bool {
	for _, name := range s.cells[i].Uses {
		if seen[name] {
			continue
		}
		seen[name] = true
		d := s.definition(name, i)
		if d < 0 || !s.sources[d].function {
			continue
		}
		if s.has(s.sources[d].latent, changed, through, i) && s.mentions(d, changed) || s.calls(d, changed, through, seen) {
			return true
		}
	}
	return false
}

// acts reports whether the cell at index i changes the process, in which the
// cells after it run: its folder, its environment, files.
func (s *slicer) acts(i int, seen set) bool {
	return s.sources[i].acts || s.sources[i].now.changes[process] || s.callsActor(i, seen)
}

func (s *slicer) callsActor(i int, seen set) bool {
	return slices.ContainsFunc(s.cells[i].Uses, func(name string) bool {
		if seen[name] {
			return false
		}
		seen[name] = true
		d := s.definition(name, i)
		return d >= 0 && s.sources[d].function && (s.sources[d].latent.changes[process] || s.callsActor(d, seen))
	})
}

// has reports whether the effects of the cell at index i have the name.
func (s *slicer) has(e effects, name string, through bool, i int) bool {
	if e.through[name] || !through && e.changes[name] {
		return true
	}
	for to, names := range e.handed {
		if names[name] && s.ofSession(to, i) {
			return true
		}
	}
	return false
}

// ofSession reports whether a cell up to index i has defined what is called,
// which then does what text does not tell.
func (s *slicer) ofSession(c callee, i int) bool {
	switch c.kind {
	case method:
		return slices.ContainsFunc(s.sources[:i+1], func(src *source) bool { return src.methods[c.name] })
	case packaged:
		d := s.definition(c.name, i+1)
		return d >= 0 && !s.sources[d].imports[c.name]
	}
	local := s.sources[i].now.changes[c.name]
	return local || s.definition(c.name, i+1) >= 0
}

// mentions reports whether name, in the cell at index i, is that of an earlier
// cell and not a local variable's.
func (s *slicer) mentions(i int, name string) bool {
	return slices.Contains(s.cells[i].Uses, name)
}

// unfinished gives the cell that still runs, whose names are not known yet,
// those that its text declares and mentions.
func unfinished(running host.Cell, before []host.Cell) host.Cell {
	text := readSource(running.Source)
	defined := set{}
	for _, c := range before {
		for _, name := range c.Defines {
			defined.add(name)
		}
	}
	for name := range text.declares {
		running.Defines = append(running.Defines, name)
	}
	for name := range text.mentions {
		if defined[name] {
			running.Uses = append(running.Uses, name)
		}
	}
	slices.Sort(running.Defines)
	slices.Sort(running.Uses)
	return running
}

// An other is another name of what a name stands for, or of a part of it.
type other struct {
	name  string
	since int  // the cell from which on it is
	seen  bool // an assignment to it is seen under the name as well
}

// others lists the other names of name, as it is defined in the cell at index
// definition, before the cell at the index before. Parts of the same thing are
// not names of each other.
func (s *slicer) others(name string, definition, before int) []other {
	type place struct {
		name     string
		up, down bool // how it was reached, over parts
	}
	at := map[place]bool{{name: name}: true}
	type step struct {
		place
		since int
	}
	var out []other
	for queue := []step{{place{name: name}, definition}}; len(queue) > 0; queue = queue[1:] {
		from := queue[0]
		for e := 0; e < before; e++ {
			if from.name == name && e < definition {
				continue // of an earlier variable of this name
			}
			for _, l := range s.sources[e].links {
				to := from.place
				switch {
				case l.name == from.name && (l.whole || !from.down):
					to.name, to.up = l.of, to.up || !l.whole
				case l.of == from.name && (l.whole || !from.up):
					to.name, to.down = l.name, to.down || !l.whole
				default:
					continue
				}
				if at[to] || to.name == name {
					continue
				}
				at[to] = true
				since := max(from.since, e)
				out = append(out, other{to.name, since, l.address && l.of == to.name})
				queue = append(queue, step{to, since})
			}
		}
	}
	return out
}
