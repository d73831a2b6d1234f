package diagnose

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"adkernel/builtins/engine"
)

// An axis is one component of a configuration that can be switched off by
// itself.
type axis struct {
	id    string // among the axes
	name  string // of the component as it is: "world_size 2"
	off   string // of its absence: "world_size 1"
	strip func(engine.Deployment) engine.Deployment
	needs []axis // without which it has no effect or does not run; all of them

	passes []string // of AutoDeploy that it stands for, where its name is not theirs
}

// long is the name with the passes, which are what a user switches off.
func (a axis) long() string {
	if len(a.passes) == 0 {
		return a.name
	}
	return a.name + " (" + strings.Join(a.passes, ", ") + ")"
}

// plainTokens is how many tokens a step must hold for prompts to fit whole.
const plainTokens = 8192

// A fusionGroup are passes of AutoDeploy after loading that are switched off
// together.
type fusionGroup struct {
	name   string
	passes []string
	needs  []string
	unused bool // as of a settingAxis
}

func fusionGroups(t traits) []fusionGroup {
	groups := []fusionGroup{
		{name: "fusion of swiglu", passes: []string{"fuse_silu_mul", "fuse_swiglu"}},
		{name: expertsAxis, passes: []string{"fuse_moe"}, unused: !t.experts},
		{name: "fusion of all-reduce", passes: []string{"fuse_allreduce_residual_rmsnorm", "fuse_fp8_linear_allreduce_add"}, needs: []string{ranksAxis}, unused: !t.ranks},
		{name: "fusion of rope into attention", passes: []string{"fuse_rope_into_trtllm_attention", "fuse_rope_into_trtllm_mla"},
			needs: []string{"attn_backend", "transforms.insert_cached_mla_attention.backend"}},
		{name: "fusion of norm and rope", passes: []string{"fuse_rmsnorm", "fuse_gated_rmsnorm", "fuse_add_rms_norm", "fuse_l2norm", "optimize_rope"}},
		{name: "fusion of matrix products", passes: []string{"fuse_gemms", "fuse_gemms_mixed_children"}},
	}
	return groups
}

// axesOf lists what can be stripped from d: settings in force with another
// value than the plain one, and for a quantized model its low-precision kernels,
// where the engine has anything in their place. info is the record of d's
// engine, nil where it has none: what it does by default is then not known.
// fixed are those for which there is nothing plainer, and why.
func axesOf(d engine.Deployment, info *engine.Info, quantized bool) (axes []axis, fixed []Fixed, err error) {
	given, err := d.Settings()
	if err != nil {
		return nil, nil, err
	}
	force, err := settingsInForce(d, info)
	if err != nil {
		return nil, nil, err
	}
	t := traitsOf(d, info)
	l := axisList{needs: map[string][]string{}}
	if _, as, off := onOneRank(d, given); off != "" {
		t.ranks = true
		l.add(axis{id: ranksAxis, name: as, off: off, strip: func(d engine.Deployment) engine.Deployment {
			one, _, _ := onOneRank(d, given)
			return one
		}}, nil)
	}
	fixed = l.addSettings(settingAxes(d, t), force)
	if quantized && noFakeQuantization(d) == "" {
		l.add(axis{id: kernelsAxis, name: kernelsAxis, off: "fake quantization", strip: withoutFusion}, nil)
	}
	if d.HasTransforms() {
		l.addFusions(fusionGroups(t), force)
		l.addStages(force.unusual())
	}
	return l.resolved(), fixed, nil
}

// An axisList collects axes.
type axisList struct {
	axes  []axis
	needs map[string][]string // what each needs directly, by their ids
}

func (l *axisList) add(a axis, needs []string) {
	l.needs[a.id] = needs
	l.axes = append(l.axes, a)
}

// addSettings adds the settings in force that are not as they are plain, and
// returns those for which there is nothing plainer.
func (l *axisList) addSettings(settings []settingAxis, force inForce) (fixed []Fixed) {
	for _, s := range settings {
		value := force.value(s.path)
		if pass, ok := switched(s.path); ok && value == "" && force.runs(pass) {
			value = "true"
		}
		if value == "" && s.implied != "" && force.recorded && force.runs(strings.Split(s.path, ".")[1]) {
			value = s.implied
		}
		if value == "" || s.unused && !force.asked(s.path) {
			continue
		}
		name := strings.TrimSuffix(strings.TrimPrefix(s.path, "transforms."), ".enabled")
		if no, ok := s.plain.(notPossible); ok {
			fixed = append(fixed, Fixed{name + " " + value, no.why})
			continue
		}
		if plain := words(s.plain); !strings.EqualFold(value, plain) && !slices.Contains(s.as, value) {
			l.add(s.axis(name, value, force), s.needs)
		}
	}
	return fixed
}

// addFusions adds the groups of passes after loading that run, those of no group
// as one of their own.
func (l *axisList) addFusions(groups []fusionGroup, force inForce) {
	left := force.passes("post_load_fusion")
	for _, g := range groups {
		left = slices.DeleteFunc(left, func(pass string) bool { return slices.Contains(g.passes, pass) })
	}
	left = slices.DeleteFunc(left, func(pass string) bool { return slices.Contains(fakeQuantization, pass) })
	groups = append(groups, fusionGroup{name: "other passes after loading", passes: left})
	for _, g := range groups {
		on := slices.DeleteFunc(slices.Clone(g.passes), func(pass string) bool {
			return !force.runs(pass) || g.unused && !force.asked("transforms."+pass)
		})
		if len(on) > 0 {
			l.add(axis{id: g.name, name: g.name, off: "no " + g.name, passes: on, strip: func(d engine.Deployment) engine.Deployment {
				for _, pass := range on {
					d = d.With(false, "transforms", pass, "enabled")
				}
				return d
			}}, g.needs)
		}
	}
}

// addStages adds the stages with passes that are not as by default.
func (l *axisList) addStages(unusual map[string]map[string]bool) {
	for _, stage := range slices.Sorted(maps.Keys(unusual)) {
		passes := unusual[stage]
		a := axis{id: stageAxis + stage, name: "passes of the stage " + stage + " that are not as by default", off: "the default passes of the stage " + stage}
		a.strip = func(d engine.Deployment) engine.Deployment {
			for pass, on := range passes {
				d = d.With(on, "transforms", pass, "enabled")
			}
			return d
		}
		a.passes = slices.Sorted(maps.Keys(passes))
		var needs []string
		if stage == "sharding" {
			needs = []string{ranksAxis}
		}
		l.add(a, needs)
	}
}

// switched is the pass that a setting switches on and off.
func switched(path string) (pass string, ok bool) {
	pass, within := strings.CutPrefix(path, "transforms.")
	pass, switches := strings.CutSuffix(pass, ".enabled")
	return pass, within && switches
}

// axis is that of a setting which is in force with a value.
func (s settingAxis) axis(name, value string, force inForce) axis {
	a := axis{id: s.path, name: name + " " + value, off: name + " " + words(s.plain)}
	if s.plain == nil {
		a.off = "no " + name
		if value == "set" {
			a.name = name
		}
	}
	path := strings.Split(s.path, ".")
	a.strip = func(d engine.Deployment) engine.Deployment {
		if s.path == "enable_chunked_prefill" { // whole prompts need room
			tokens, _ := strconv.Atoi(force.value("max_num_tokens"))
			d = d.With(max(tokens, plainTokens), "max_num_tokens")
		}
		return d.With(s.plain, path[0], path[1:]...)
	}
	return a
}

// resolved gives every axis those of the others that it needs, directly or by
// what it needs.
func (l *axisList) resolved() []axis {
	for i := range l.axes {
		a := &l.axes[i]
		wanted := map[string]bool{}
		for next := l.needs[a.id]; len(next) > 0; {
			id := next[0]
			next = next[1:]
			if !wanted[id] {
				wanted[id] = true
				next = slices.Concat(next, l.needs[id])
			}
		}
		for _, other := range l.axes {
			if other.id != a.id && wanted[other.id] {
				a.needs = append(a.needs, other)
			}
		}
	}
	return l.axes
}

// neededBy reports whether an axis is switched on with a.
func neededBy(a axis, id string) bool {
	return slices.ContainsFunc(a.needs, func(needed axis) bool { return needed.id == id })
}

func names(axes []axis) []string {
	list := make([]string, len(axes))
	for i, a := range axes {
		list[i] = a.name
	}
	return list
}

// lookup returns the value at a path of nested settings, nil where there is
// none.
func lookup(settings map[string]any, path []string) any {
	var v any = settings
	for _, key := range path {
		nested, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = nested[key]
	}
	return v
}
