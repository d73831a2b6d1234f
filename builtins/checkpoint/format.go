package checkpoint

import (
	"fmt"
	"slices"
	"strings"
)

// A Format says how the weight of one linear layer is stored.
type Format string

// The formats that are read. Quantize writes FP8, FP8Block and NVFP4.
const (
	BF16 Format = "bf16"
	F16  Format = "f16"
	F32  Format = "f32"

	// FP8 is E4M3 with one scale for the tensor.
	FP8 Format = "fp8"

	// FP8Block is E4M3 with one scale for each block of 128 x 128.
	FP8Block Format = "fp8-block"

	// NVFP4 is E2M1 with an E4M3 scale for each 16 values of a row and one
	// float32 scale for the tensor.
	NVFP4 Format = "nvfp4"
)

var quantizedFormats = []Format{FP8, FP8Block, NVFP4}

// ParseFormat returns the quantized format of that name.
func ParseFormat(name string) (Format, error) {
	if f := Format(name); slices.Contains(quantizedFormats, f) {
		return f, nil
	}
	return "", fmt.Errorf("unknown format %q: want one of %s", name, formatNames())
}

func formatNames() string {
	var names []string
	for _, f := range quantizedFormats {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// Calibrated reports whether checkpoints of format f hold the scale of each
// layer's input, which only calibration gives. Engines refuse FP8 and NVFP4
// without it; they scale the inputs of FP8Block as they come.
func (f Format) Calibrated() bool { return f == FP8 || f == NVFP4 }

// Quantized reports whether weights of format f are codes with scales.
func (f Format) Quantized() bool { return slices.Contains(quantizedFormats, f) }
