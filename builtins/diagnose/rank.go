package diagnose

import (
	"cmp"
	"fmt"
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
// itself, so that no sum of hints amounts to it.
const (
	Shown    Standing = "shown"
	Likely   Standing = "likely"
	Possible Standing = "possible"
	Unlikely Standing = "unlikely"
	Excluded Standing = "excluded"
	Open     Standing = "open" // what was measured says too little either way
)

// The bits from which a standing is given.
const (
	mechanismBits = 10
	likelyBits    = 5
	possibleBits  = 2
	excludedBits  = -6
)

// rank judges every entry that applies by the facts, likeliest first. What only
// a prior speaks for comes after the accused, however many bits it has.
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
		case a.accused() && !b.accused():
			return -1
		case b.accused() && !a.accused():
			return 1
		}
		return cmp.Or(cmp.Compare(b.Bits, a.Bits), cmp.Compare(a.Name, b.Name))
	})
	return suspects
}

func judge(e entry, facts Facts) Suspect {
	s := Suspect{
		Name: e.Name, Title: e.Title, Class: e.Class, Legitimate: e.Legitimate, Bits: e.Prior,
		Probe: fill(e.Probe, facts), Fix: fill(e.Fix, facts), References: e.References,
	}
	for _, r := range e.Rules {
		if !r.holds(facts) {
			continue
		}
		s.Bits += r.Weight
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
	s.Standing = standing(s, e.Prior)
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

// standing words a score. A prior alone accuses nobody.
func standing(s Suspect, prior float64) Standing {
	mechanism := len(s.For) > 0 && s.For[0].Bits >= mechanismBits
	switch {
	case s.Bits <= excludedBits:
		return Excluded
	case s.Bits < 0:
		return Unlikely
	case s.Bits < possibleBits || s.Bits-prior < possibleBits:
		return Open
	case mechanism && s.Bits >= mechanismBits:
		return Shown
	case s.Bits >= likelyBits:
		return Likely
	}
	return Possible
}

// accused reports whether a suspect is put before the user as a cause.
func (s Suspect) accused() bool {
	return s.Standing == Shown || s.Standing == Likely || s.Standing == Possible
}

// equalFooting is the difference in bits below which two suspects are not told
// apart.
const equalFooting = 1

// footing says when the evidence does not separate the first suspects, and
// what would.
func footing(suspects []Suspect) string {
	var titles []string
	for _, s := range suspects {
		if s.accused() && suspects[0].Bits-s.Bits < equalFooting {
			titles = append(titles, s.Title)
		}
	}
	if len(titles) < 2 {
		return ""
	}
	return fmt.Sprintf("Nothing measured here separates %s: they are on equal footing, in the order of how common they are. The first one's probe would tell: %s",
		strings.Join(titles, " from "), suspects[0].Probe)
}
