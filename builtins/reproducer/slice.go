package reproducer

import (
	"slices"

	"adkernel/kernel/host"
)

// A slicer selects the cells that another one needs: those that define a name
// it mentions, those that change the value between the definition and the
// use, and what these need in turn. Where text alone does not tell, a cell is
// taken rather than left out.
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
	s.take(len(cells)-1, len(cells)-1)
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
	for i := definition + 1; i < before; i++ {
		if s.changes(i, name) {
			s.take(i, before)
		}
	}
}

// definition is the index of the last cell before that one that declares
// name, -1 when none does.
func (s *slicer) definition(name string, before int) int {
	for i := before - 1; i >= 0; i-- {
		if slices.Contains(s.cells[i].Defines, name) && s.sources[i].declares[name] {
			return i
		}
	}
	return -1
}

// changes reports whether the cell at index i may change the value of a name
// that an earlier cell declared, by itself or by a function that it mentions.
func (s *slicer) changes(i int, name string) bool {
	return s.sources[i].changes[name] && s.mentions(i, name) || s.calls(i, name, set{})
}

func (s *slicer) calls(i int, changed string, seen set) bool {
	for _, name := range s.cells[i].Uses {
		if seen[name] {
			continue
		}
		seen[name] = true
		d := s.definition(name, i)
		if d < 0 || !s.sources[d].function {
			continue
		}
		if s.sources[d].latent[changed] && s.mentions(d, changed) || s.calls(d, changed, seen) {
			return true
		}
	}
	return false
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
