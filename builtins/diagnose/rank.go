package diagnose

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// A Suspect is a possible cause with what speaks for and against it.
type Suspect struct {
	Name       string     `json:"name"`
	Title      string     `json:"title"`
	Class      string     `json:"class"`
	Legitimate bool       `json:"legitimate,omitempty"` // costs accuracy without being a fault
	Bits       float64    `json:"bits"`                 // prior and evidence, in bits
	Standing   Standing   `json:"standing"`
	For        []Evidence `json:"for,omitempty"`
	Against    []Evidence `json:"against,omitempty"`
	Probe      string     `json:"probe"`
	Fix        string     `json:"fix"`
	References []string   `json:"references,omitempty"`

	telling float64 // of Bits, what tells this cause from others
}

// Evidence is one sentence with its numbers, and what they rest on.
type Evidence struct {
	Words  string  `json:"words"`
	Bits   float64 `json:"bits"`
	N      int     `json:"n"`
	Source string  `json:"source"`
}

// Standing is a suspect's score in words.
type Standing string

// The standings. Shown needs one piece of evidence that is the mechanism
// itself, so that no sum of hints amounts to it; the others that accuse need
// evidence that the losses of other causes do not show as well.
const (
	Shown    Standing = "shown"
	Likely   Standing = "likely"
	Possible Standing = "possible"
	Open     Standing = "open" // what was measured says too little either way
	Unlikely Standing = "unlikely"
	Excluded Standing = "excluded"
)

// The bits from which a standing is given.
const (
	mechanismBits = 10
	likelyBits    = 5
	possibleBits  = 2
	excludedBits  = -6
)

// rank judges every entry that applies by the facts, likeliest first. What
// nothing telling speaks for comes after the accused, however many bits it has.
func rank(entries []entry, facts Facts) []Suspect {
	var suspects []Suspect
	for _, e := range entries {
		if e.applies != nil && e.applies.root.eval(facts) == no {
			continue
		}
		suspects = append(suspects, judge(e, facts))
	}
	slices.SortStableFunc(suspects, func(a, b Suspect) int {
		switch {
		case a.Standing.Accuses() && !b.Standing.Accuses():
			return -1
		case b.Standing.Accuses() && !a.Standing.Accuses():
			return 1
		}
		return cmp.Or(cmp.Compare(b.Bits, a.Bits), cmp.Compare(a.Name, b.Name))
	})
	for i := range suspects {
		if s := &suspects[i]; s.Standing == Likely && slices.ContainsFunc(suspects, func(other Suspect) bool {
			return other.Name != s.Name && other.Standing.Accuses() && s.telling-other.telling <= equalFooting
		}) {
			s.Standing = Possible // not likelier than another
		}
	}
	return suspects
}

func judge(e entry, facts Facts) Suspect {
	s := Suspect{
		Name: e.Name, Title: e.Title, Class: e.Class, Legitimate: e.Legitimate, Bits: e.Prior,
		Probe: fill(e.Probe, facts), Fix: fill(e.Fix, facts), References: e.References,
	}
	if facts["deployment.served"].Value == true && e.Served != "" {
		s.Probe = "start the server anew, " + e.Served + ", and Compare its run with the base"
	}
	for _, r := range e.Rules {
		if !r.holds(facts) {
			continue
		}
		s.Bits += r.Weight
		if !r.Unspecific || r.Weight < 0 {
			s.telling += r.Weight
		}
		ev := evidence(r, facts)
		if r.Weight > 0 {
			s.For = append(s.For, ev)
		} else {
			s.Against = append(s.Against, ev)
		}
	}
	heaviest := func(a, b Evidence) int { return cmp.Compare(math.Abs(b.Bits), math.Abs(a.Bits)) }
	slices.SortStableFunc(s.For, heaviest)
	slices.SortStableFunc(s.Against, heaviest)
	s.Standing = standing(s)
	return s
}

// evidence names the source of the first known fact of the rule's condition,
// and of those of other sources after it.
func evidence(r rule, facts Facts) Evidence {
	ev := Evidence{Words: fill(r.Say, facts), Bits: r.Weight}
	var sources []string
	for _, name := range r.when.facts {
		f, ok := facts[name]
		if !ok {
			continue
		}
		if ev.N == 0 {
			ev.N = f.N
		}
		if !slices.Contains(sources, f.Source) {
			sources = append(sources, f.Source)
		}
	}
	ev.Source = strings.Join(sources, "; ")
	return ev
}

// standing words a score. How common a cause is, and what is unspecific, lower
// it and do not raise it: neither accuses anybody.
func standing(s Suspect) Standing {
	mechanism := len(s.For) > 0 && s.For[0].Bits >= mechanismBits
	bits := min(s.Bits, s.telling)
	switch {
	case s.Bits <= excludedBits:
		return Excluded
	case s.Bits < 0:
		return Unlikely
	case bits < possibleBits:
		return Open
	case mechanism && s.Bits >= mechanismBits:
		return Shown
	case bits >= likelyBits:
		return Likely
	}
	return Possible
}

// Accuses reports whether a suspect of this standing is put before the user as a
// cause.
func (s Standing) Accuses() bool { return s == Shown || s == Likely || s == Possible }

// equalFooting is the difference in telling bits up to which two suspects are
// not told apart.
const equalFooting = 1

// level are the accused that the evidence does not tell from the first, which
// is one of them: it is before the others by how common it is. What is shown
// stands by itself.
func level(suspects []Suspect) []*Suspect {
	var equal []*Suspect
	for i := range suspects {
		if suspects[0].Standing == Shown {
			break
		}
		if s := &suspects[i]; s.Standing.Accuses() && suspects[0].telling-s.telling <= equalFooting {
			equal = append(equal, s)
		}
	}
	return equal
}
