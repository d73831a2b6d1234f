package diagnose

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"adkernel/builtins/engine"
)

// alone is what a run with one component showed, and with those that it needs.
type alone struct {
	step   Step
	failed string // why there is none
}

// switchOn runs d with one component at a time, and with those that it needs;
// with none, the step least has recovered.
func (i *isolator) switchOn(d engine.Deployment, least Step) error {
	i.planned += len(i.axes)
	deployments := make([]engine.Deployment, len(i.axes))
	for at, a := range i.axes {
		one := d
		for _, b := range i.axes {
			if b.id != a.id && !neededBy(a, b.id) {
				one = b.strip(one)
			}
		}
		one.Name = "only " + a.name
		if len(a.needs) > 0 {
			one.Name += ", with " + join(names(a.needs))
		}
		deployments[at] = one
	}
	if err := i.launchAhead(deployments); err != nil {
		return err
	}
	seen := map[string]alone{}
	for at, a := range i.axes {
		s, err := i.step(deployments[at].Name, "switch on", deployments[at])
		failed := new(failedRun)
		if err != nil && !errors.As(err, &failed) {
			return err
		}
		seen[a.id] = alone{s, failed.why}
	}
	for _, a := range i.axes {
		if err := i.together(d, a, seen); err != nil {
			return err
		}
	}
	i.concludeFrom(seen, least)
	return nil
}

// together runs d with what a needs, where that is more than one component and
// the loss is there with a: it may be of them together.
func (i *isolator) together(d engine.Deployment, a axis, seen map[string]alone) error {
	if len(a.needs) < 2 || !seen[a.id].step.Lost || !own(a, seen) {
		return nil
	}
	for _, b := range i.axes {
		if !neededBy(a, b.id) {
			d = b.strip(d)
		}
	}
	i.planned++
	s, err := i.step("only "+join(names(a.needs)), "switch on", d)
	failed := new(failedRun)
	if err != nil && !errors.As(err, &failed) {
		return err
	}
	seen[needsOf(a)] = alone{s, failed.why}
	return nil
}

// needsOf is the place of what the components that a needs have shown together.
func needsOf(a axis) string { return "needs of " + a.id }

// concludeFrom words what the components alone have shown.
func (i *isolator) concludeFrom(seen map[string]alone, least Step) {
	var culprits []axis
	var unclear, failed, joint, together []string
	var last Step
	for _, a := range i.axes {
		switch s := seen[a.id]; {
		case s.failed != "":
			failed = append(failed, a.name+" ("+s.failed+")")
		case s.step.Recovered:
		case !s.step.Lost:
			unclear, last = append(unclear, a.name), s.step
		case seen[needsOf(a)].step.Lost:
			if words := join(names(a.needs)); !slices.Contains(together, words) {
				together = append(together, words)
			}
		case own(a, seen):
			culprits = append(culprits, a)
		case !lostWithout(a, seen):
			joint = append(joint, a.name+" with "+join(names(a.needs)))
		}
	}
	open := ""
	if len(joint) > 0 {
		open += ". The loss is there with " + strings.Join(joint, "; with ") + ", and whose it is these runs do not tell"
	}
	if len(unclear) > 0 {
		open += fmt.Sprintf(". Whether %s alone does too, %d questions do not tell", join(unclear), i.out.N)
	}
	if len(failed) > 0 {
		open += ". Not known, since the model does not run so, is what one of these does alone: " + strings.Join(failed, "; ")
	}
	if len(i.out.Fixed) > 0 {
		open += ". Not stripped: " + fixedWords(i.out.Fixed)
	}
	remains, still := i.lostAfter(culprits)
	switch {
	case len(culprits) > 0 && still:
		i.conclude(SomeComponents, culprits[0].name, "With %s alone the loss is there, and without, too (%s: %s), until what was stripped after that is stripped as well (%s). So there is another cause in that: several components together, or one whose loss alone these questions do not show%s",
			strings.Join(longNames(culprits), ", or "), remains.Name, outcomeOf(remains), outcomeOf(least), open)
	case len(culprits) == 1 && len(culprits[0].needs) > 0:
		a := culprits[0]
		i.conclude(OneComponent, a.name, "%s: with it and what it needs (%s) the loss is there, and without it and with everything stripped it is not (%s)%s", a.long(), join(names(a.needs)), outcomeOf(least), open)
	case len(culprits) == 1:
		i.conclude(OneComponent, culprits[0].name, "%s: with it alone the loss is there, and with everything stripped it is not (%s)%s", culprits[0].long(), outcomeOf(least), open)
	case len(culprits) > 1:
		i.conclude(SomeComponents, culprits[0].name, "Each of %s alone takes accuracy away%s", join(longNames(culprits)), open)
	case len(together) > 0:
		i.conclude(Interaction, "", "An interaction: with %s together the loss is there, and with none of them alone, nor with everything stripped (%s)%s", strings.Join(together, ", and with "), outcomeOf(least), open)
	case len(unclear) > 0 && len(joint) == 0:
		i.undecided("stripping everything recovers the accuracy, but with "+unclear[len(unclear)-1]+" alone", last)
	case len(failed) > 0 || len(joint) > 0:
		i.conclude(Incomplete, "", "Stripping everything recovers the accuracy (%s; first after %s), and no single component is shown to take it away%s", outcomeOf(least), i.firstRecovered(), open)
	default:
		i.conclude(Interaction, "", "An interaction: stripping everything recovers the accuracy, but no component alone takes it away. Switch them on in pairs%s", open)
	}
}

// lostAfter returns the last step on the way to the minimum in which the loss is
// there though all culprits are stripped.
func (i *isolator) lostAfter(culprits []axis) (Step, bool) {
	stripped := 0
	var last Step
	for _, s := range i.out.Steps {
		if s.Phase != "strip" {
			continue
		}
		if slices.ContainsFunc(culprits, func(a axis) bool { return s.Name == stripTo(a) }) {
			stripped++
		}
		if stripped == len(culprits) && s.Lost {
			last = s
		}
	}
	return last, last.Lost
}

func longNames(axes []axis) []string {
	list := make([]string, len(axes))
	for i, a := range axes {
		list[i] = a.long()
	}
	return list
}

// firstRecovered names the step on the way to the minimum from which on the
// accuracy was there.
func (i *isolator) firstRecovered() string {
	name := ""
	for _, s := range i.out.Steps {
		switch {
		case s.Phase != "strip":
		case !s.Recovered:
			name = ""
		case name == "":
			name = s.Name
		}
	}
	return name
}

// own reports whether a loss is a component's own: those that it needs have
// recovered without it, each alone and together.
func own(a axis, seen map[string]alone) bool {
	for _, needed := range a.needs {
		if !seen[needed.id].step.Recovered {
			return false
		}
	}
	both, asked := seen[needsOf(a)]
	return !asked || both.step.Recovered
}

// lostWithout reports whether the loss is there with one of those that a needs.
func lostWithout(a axis, seen map[string]alone) bool {
	for _, needed := range a.needs {
		if seen[needed.id].step.Lost {
			return true
		}
	}
	return false
}
