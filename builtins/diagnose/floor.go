package diagnose

import (
	"fmt"
	"math"
	"slices"

	"adkernel/builtins/engine"
)

// formats lists the number formats of activations, coarsest first.
var formats = []string{"bfloat16", "float16", "float32"}

// coarser returns the coarser of two formats. One that is not known ("auto") may
// be the coarsest; where neither is, it is taken to be a, as it is.
func coarser(a, b string) string {
	i, j := slices.Index(formats, a), slices.Index(formats, b)
	if i < 0 && j < 0 {
		return a
	}
	return formats[max(0, min(i, j))]
}

// A rounding says how to measure what rounding alone does to a deployment: how
// far it is, in the coarser of its own format and that of what is measured
// against it, from itself in float32.
type rounding struct {
	coarse, precise *engine.Deployment // nil where the deployment itself is that
	share           float64            // of the distance between the two
}

// float32Share is the part of what rounding to bfloat16 does that rounding to
// float32 does at most. The unit is 2^-16 of bfloat16's. Sums are rounded to
// float32 in both, which counts only here: by the root of their length, 2^6
// where that is some thousand terms. And where values are cast to fewer bits,
// or experts chosen, a deviation decides by its size how often a step is
// crossed, and not how high the step is, so its square shrinks like that
// deviation: the root of 2^-10 is left.
const float32Share = 1. / 32

// roundingOf is the rounding of d, whose activations have the format own,
// against which something in another format is measured. Two in float32 differ
// by the order of their sums, for which there is no setting: bfloat16 shows
// how far rounding grows in this model.
func roundingOf(d engine.Deployment, own, other string) rounding {
	r := rounding{share: 1}
	coarse := coarser(own, other)
	if coarse == "float32" {
		coarse, r.share = "bfloat16", float32Share
	}
	if coarse != own {
		in := inFormat(d, coarse)
		r.coarse = &in
	}
	if own != "float32" {
		in := inFormat(d, "float32")
		r.precise = &in
	}
	return r
}

// inFormat returns d with activations in a format. A cache that is said to keep
// the format of the activations follows them: engines refuse another one.
func inFormat(d engine.Deployment, format string) engine.Deployment {
	d.DType = format
	settings, err := d.Settings()
	if err != nil {
		return d // which does not load, and says why
	}
	if kept, _ := lookup(settings, []string{"kv_cache_config", "dtype"}).(string); slices.Contains(formats, kept) {
		d = d.With(format, "kv_cache_config", "dtype")
	}
	return d
}

// rounded returns what the two deployments of r give, of which one may be the
// deployment itself, that gave own.
func rounded[T any](r rounding, own T, load func(engine.Deployment) (T, error)) (coarse, precise T, err error) {
	coarse, precise = own, own
	if r.coarse != nil {
		if coarse, err = load(*r.coarse); err != nil {
			return coarse, precise, err
		}
	}
	if r.precise != nil {
		precise, err = load(*r.precise)
	}
	return coarse, precise, err
}

// besideReference loads the tested deployment, the reference, and the reference
// as rounded does.
func besideReference[T any](p *prober, load func(engine.Deployment) (T, error)) (got, want, coarse, precise T, err error) {
	if got, err = load(p.test); err != nil {
		return got, want, coarse, precise, err
	}
	if want, err = load(p.reference); err != nil {
		return got, want, coarse, precise, fmt.Errorf("reference: %w", err)
	}
	if coarse, precise, err = rounded(p.rounding, want, load); err != nil {
		err = fmt.Errorf("reference in another number format: %w", err)
	}
	return got, want, coarse, precise, err
}

// excess divides an error by the floor. A floor of 0 leaves only exact
// agreement inside it.
func excess(e, floor float64) float64 {
	if e == 0 {
		return 0
	}
	return e / floor
}

// wrongFrom is the excess from which a deployment counts as computing
// something else than its reference: rounding alone has excess 1, and two
// correct orders of summation seldom differ by more than twice that.
const wrongFrom = 3

// divided separates the prompts whose error rounding explains for none of them
// from the others. Where rounding moves a value over a step, of a cast or of a
// choice of experts, it does to one prompt many times what it does to most, in
// float32 as in bfloat16 and only seldomer: so worst is what it does to any of
// them in the coarser of the two.
func divided(r reading, worst float64) (beyond, others []int) {
	for _, i := range r.measured() {
		if excess(r.errors[i], worst) >= wrongFrom {
			beyond = append(beyond, i)
		} else {
			others = append(others, i)
		}
	}
	return beyond, others
}

// worst is the largest error that is finite.
func (r reading) worst() float64 {
	worst := 0.0
	for _, e := range r.errors {
		if !math.IsInf(e, 0) && e > worst {
			worst = e
		}
	}
	return worst
}
