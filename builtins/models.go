package builtins

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine/embedded"
	"adkernel/builtins/gguf"
	"adkernel/builtins/run"
	"adkernel/internal/cache"
	"adkernel/kernel/host"
)

// ImportGGUF is a deployment of llama.cpp's model file on the embedded engine:
// of the llama architecture, in F32, F16, BF16, Q4_0, Q4_1 or Q8_0. The file is
// written as a checkpoint once, below $ADKERNEL_CACHE.
//
//	model := ImportGGUF("SmolLM2-135M-Instruct.Q4_1.gguf")
func ImportGGUF(path string) Deployment {
	path, err := filepath.Abs(path)
	check(err)
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	dir := cached(name, []string{path}, "gguf by importer "+gguf.ImporterVersion, func(dir string) error { return gguf.Import(path, dir) })
	return Deployment{Name: name, Model: dir}
}

// Quantize is d with its checkpoint quantized by the reference quantizer:
// "fp8", "fp8-block" or "nvfp4". The prompts of the tasks, as a run sends them,
// calibrate the scales of its activations, but for those of "fp8-block", which are not stored. It is
// quantized once, below $ADKERNEL_CACHE.
//
//	fp8 := Quantize(bf16, "fp8", Only(task, Samples(64)))
func Quantize(d Deployment, format string, calibration ...Task) Deployment {
	as, err := checkpoint.ParseFormat(format)
	check(err)
	if as.Calibrated() != (len(calibration) > 0) {
		check(fmt.Errorf("quantize %s as %s with %d tasks: want one or more whose prompts calibrate fp8 and nvfp4, and none for fp8-block", d.Label(), format, len(calibration)))
	}
	model, err := filepath.Abs(d.Model)
	check(err)
	entries, err := os.ReadDir(model)
	if err != nil || len(entries) == 0 {
		check(fmt.Errorf("quantize %s: %s is no folder of a checkpoint", d.Label(), d.Model))
	}
	var files []string
	for _, entry := range entries {
		files = append(files, filepath.Join(model, entry.Name()))
	}
	of := "as " + string(as) + " by quantizer " + checkpoint.QuantizerVersion
	var prompts [][]int32
	if len(calibration) > 0 {
		prompts, err = run.CalibrationPrompts(host.Context(), model, calibration...)
		if err != nil {
			check(fmt.Errorf("quantize %s: %w", d.Label(), err))
		}
	}
	of += fmt.Sprintf(" calibrated by %x", sha256.Sum256(fmt.Append(nil, prompts)))
	dir := cached(filepath.Base(model)+"-"+format, files, of, func(dir string) error {
		var options checkpoint.QuantizeOptions
		if len(prompts) > 0 {
			maxima, err := embedded.Calibrate(host.Context(), model, prompts)
			if err != nil {
				return fmt.Errorf("quantize %s: %w", d.Label(), err)
			}
			options.InputMaxima = maxima
		}
		return checkpoint.Quantize(model, as, dir, options)
	})
	d.Name, d.Model = d.Label()+" "+format, dir
	return d
}

// cached is the folder of the cache that make fills, of files as they are now.
func cached(name string, files []string, how string, make func(dir string) error) string {
	root, err := cache.Dir()
	check(err)
	h := sha256.New()
	io.WriteString(h, how)
	for _, path := range files {
		info, err := os.Stat(path)
		check(err)
		fmt.Fprintf(h, "\x00%s %d %d", path, info.Size(), info.ModTime().UnixNano())
	}
	dir := filepath.Join(root, "models", name+"-"+hex.EncodeToString(h.Sum(nil))[:12])
	check(cache.Once(dir, make))
	return dir
}
