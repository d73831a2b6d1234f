// Package fault knows which builds of the engine are wrong, and how: the
// casebook's secret. It is internal to the engine, so that nothing that
// diagnoses a deployment can read the answer.
package fault

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Fault is one planted mistake, modelled on a published bug.
type Fault int

const (
	None Fault = iota

	// BlockSizeByDivision derives the rows of an FP8 block from the shapes,
	// ceil(N / scale rows), where the format says 128 (TensorRT-LLM #14793).
	BlockSizeByDivision

	// ScaleBytesAsNumbers converts the E4M3 bytes of NVFP4 block scales as
	// integers (`.to`) where their bits are meant (`.view`; vLLM #51946).
	ScaleBytesAsNumbers

	// AttentionScaleConstant scales attention for heads of 64 whatever the
	// model's head size is.
	AttentionScaleConstant

	// ReducePerBranch all-reduces the routed and the shared experts each, and
	// then their sum again (TensorRT-LLM #15922).
	ReducePerBranch
)

var builds = map[string]Fault{
	"r2026.09-4be07d": BlockSizeByDivision,
	"r2026.09-d81c5a": ScaleBytesAsNumbers,
	"r2026.10-2f93e6": AttentionScaleConstant,
	"r2026.10-a6701b": ReducePerBranch,
}

// Of returns the fault of a build; "" is the current build, which has none.
func Of(build string) (Fault, error) {
	if build == "" {
		return None, nil
	}
	f, ok := builds[build]
	if !ok {
		return None, fmt.Errorf("engine build %q is unknown: want one of %s, or none for the current build",
			build, strings.Join(Builds(), ", "))
	}
	return f, nil
}

// Builds lists the builds other than the current one, sorted.
func Builds() []string { return slices.Sorted(maps.Keys(builds)) }
