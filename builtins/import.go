package builtins

import (
	"adkernel/builtins/results"
	"adkernel/kernel/host"
)

// ImportOptions say what result files do not: a name for the deployment, the
// metric and filter of lm-eval that judge, the task of a dump, the token ids
// and labels of an array of logits.
type ImportOptions = results.Options

// Import makes a run of another evaluator's result files, or of a folder of
// them: samples and results of lm-eval, dumps and log of trtllm-eval,
// predictions of sgl-eval, raw results of SGLang's benchmarks, input and output
// of vllm run-batch, logits of llama.cpp (--kl-divergence-base), or as .npy,
// .npz or safetensors. What the files do not hold is named, and asking for it
// says "not available".
//
//	test := Import("results/fp8")
//	base := Import("results/bf16")
//	Compare(test, base)
func Import(paths ...string) *Evaluation { return ImportWith(ImportOptions{}, paths...) }

// ImportWith is Import with options.
//
//	ImportWith(ImportOptions{Filter: "flexible-extract"}, "results/gsm8k")
func ImportWith(o ImportOptions, paths ...string) *Evaluation {
	r, err := results.Import(host.Context(), paths, o)
	check(err)
	return &Evaluation{r}
}
