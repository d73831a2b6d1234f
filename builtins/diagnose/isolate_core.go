package diagnose

import (
	"errors"
	"fmt"
	"strings"

	"adkernel/builtins/engine"
)

// searchCore follows a loss that is there without any component that can be
// stripped.
func (i *isolator) searchCore(d engine.Deployment, minimum Step) error {
	kernels := "" // why low-precision kernels are still there
	if i.quantized {
		kernels = noFakeQuantization(d)
		for _, f := range i.out.Fixed {
			if f.Name == kernelsAxis {
				kernels = "with fake quantization the model does not run: " + f.Why
			}
		}
	}
	without := ""
	if i.quantized && d.Model != i.base.Spec().Deployment.Model {
		i.planned++
		d.Model = i.base.Spec().Deployment.Model
		unquantized, err := i.step("unquantized model, identical configuration", "unquantized", d)
		switch failed := new(failedRun); {
		case errors.As(err, &failed):
			without = "; the unquantized model does not run in the identical configuration (" + failed.why + "), so that quantization is not excluded"
		case err != nil:
			return err
		case unquantized.Recovered:
			how, so := ", with fake quantization", "the scales or the weights as loaded, and not the kernels"
			if kernels != "" {
				how, so = "", "the scales, the weights as loaded or the kernels, which are not told apart: "+kernels
			}
			i.conclude(Quantization, "", "Quantization: the unquantized model passes with the identical configuration (%s), and the quantized one is still wrong at the minimum%s (%s). So it is %s",
				outcomeOf(unquantized), how, outcomeOf(minimum), so)
			return nil
		case !unquantized.Lost:
			i.undecided("with the unquantized model in the identical configuration", unquantized)
			return nil
		default:
			without = fmt.Sprintf(", and so is the unquantized model in the identical configuration (%s)", outcomeOf(unquantized))
		}
	}
	switch {
	case len(i.out.Fixed) > 0:
		i.conclude(Incomplete, "", "Still wrong without everything that could be stripped (%s)%s. It is the core path, or what could not be stripped: %s", outcomeOf(minimum), without, fixedWords(i.out.Fixed))
	case without != "":
		i.conclude(CorePath, "", "Core path: still wrong at the minimum (%s)%s", outcomeOf(minimum), without)
	default:
		left := "weight loading, attention or the KV cache"
		if kernels != "" {
			left = "weight loading, low-precision kernels, attention or the KV cache; " + kernels
		}
		i.conclude(CorePath, "", "Core path: still wrong at the minimum (%s): %s", outcomeOf(minimum), left)
	}
	return nil
}

// fixedWords names what could not be stripped, with the reasons.
func fixedWords(list []Fixed) string {
	words := make([]string, len(list))
	for i, f := range list {
		words[i] = f.Name + " (" + f.Why + ")"
	}
	return strings.Join(words, "; ")
}
