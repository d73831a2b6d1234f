package doctor

import (
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/sys/cpu"
)

func program(f Facts) Finding {
	return Finding{What: "program", State: OK, Detail: fmt.Sprintf("adkernel %s, %s %s/%s, %s",
		f.Version, goRelease(), runtime.GOOS, runtime.GOARCH, f.Executable)}
}

// goRelease is the toolchain's version without its experiments.
func goRelease() string {
	release, _, _ := strings.Cut(runtime.Version(), "X:")
	return strings.TrimRight(release, " -")
}

// vectors says whether the engine and the audit use vector instructions.
func vectors() Finding {
	f := Finding{
		What: "vector instructions", State: Missing,
		Gives: "the embedded engine runs about three times as fast; results are the same",
	}
	hasAVX512 := cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL
	switch {
	case runtime.GOARCH != "amd64":
		f.Detail = "none are written for " + runtime.GOARCH
		f.Fix = "run on an amd64 processor with AVX-512"
	case !hasAVX512:
		f.Detail = "the processor has no AVX-512"
		f.Fix = "run on a processor with AVX-512"
	case !builtWithVectors:
		f.Detail = "the processor has AVX-512, but the program was built without"
		f.Fix = "make install (in the repository: it sets GOEXPERIMENT=simd)"
	default:
		return Finding{What: f.What, State: OK, Detail: "AVX-512"}
	}
	return f
}
