package builtins

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine/embedded"
	"adkernel/builtins/tokenizer"
	"adkernel/kernel/eval"
)

// stopped is the error with which a function of the vocabulary ends the cell.
func stopped(t *testing.T, do func()) (err error) {
	t.Helper()
	defer func() {
		stop, ok := recover().(eval.Stop)
		require.True(t, ok, "the cell did not end")
		err = stop.Err
	}()
	do()
	return nil
}

func TestModelsAreImportedAndQuantizedOnce(t *testing.T) {
	t.Setenv("ADKERNEL_CACHE", t.TempDir())
	imported := ImportGGUF("gguf/testdata/sentencepiece.gguf")
	require.Equal(t, "sentencepiece", imported.Name)
	require.FileExists(t, filepath.Join(imported.Model, "model.safetensors"))
	before, err := os.Stat(filepath.Join(imported.Model, "config.json"))
	require.NoError(t, err)
	require.Equal(t, imported, ImportGGUF("gguf/testdata/sentencepiece.gguf"))
	after, err := os.Stat(filepath.Join(imported.Model, "config.json"))
	require.NoError(t, err)
	require.Equal(t, before.ModTime(), after.ModTime())

	changed := filepath.Join(t.TempDir(), "sentencepiece.gguf")
	text, err := os.ReadFile("gguf/testdata/sentencepiece.gguf")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(changed, text, 0o644))
	require.NotEqual(t, imported.Model, ImportGGUF(changed).Model)
	require.NoError(t, os.WriteFile(changed, text[:100], 0o644))
	require.ErrorContains(t, stopped(t, func() { ImportGGUF(changed) }), "it was cut off")

	dense := Deployment{Name: "dense", Model: "../notebooks/demo/dense"}
	task := MMLU(Dataset("../notebooks/demo/task"), Samples(18))
	fp8 := Quantize(dense, "fp8", task)
	require.Equal(t, "dense fp8", fp8.Name)
	files, err := checkpoint.Open(fp8.Model)
	require.NoError(t, err)
	defer files.Close()
	require.Equal(t, checkpoint.FP8, files.Quantization().Format)
	require.Equal(t, fp8, Quantize(dense, "fp8", task))
	require.NotEqual(t, fp8.Model, Quantize(dense, "fp8", Only(task, Subjects("addition"))).Model, "calibrated on other prompts")

	for want, do := range map[string]func(){
		"want one or more whose prompts calibrate": func() { Quantize(dense, "nvfp4") },
		"no chat template":                         func() { Quantize(dense, "fp8", MMLU(Dataset("../notebooks/demo/task"), Samples(18), AsChat(""))) },
		"none for fp8-block":                       func() { Quantize(dense, "fp8-block", task) },
		`"int3"`:                                   func() { Quantize(dense, "int3", task) },
		"is no folder of a checkpoint":             func() { Quantize(Deployment{Model: "/nowhere"}, "fp8", task) },
	} {
		require.ErrorContains(t, stopped(t, do), want)
	}
}

func TestCalibrationAsksThroughTheChatTemplate(t *testing.T) {
	t.Setenv("ADKERNEL_CACHE", t.TempDir())
	chatty := t.TempDir()
	require.NoError(t, os.CopyFS(chatty, os.DirFS("../notebooks/demo/dense")))
	require.NoError(t, os.WriteFile(filepath.Join(chatty, "chat_template.jinja"), []byte("{{ strftime_now('%Y') }}{% for m in messages %}[{{ m.role }}] {{ m.content }}{% endfor %}{% if loud %}!{% endif %}"), 0o644))
	d := Deployment{Name: "dense", Model: chatty}
	task := MMLU(Dataset("../notebooks/demo/task"), Samples(18))
	plain, asked := Only(task, Subjects("addition")), Only(task, Subjects("addition"), AsChat("Be brief."))
	fp8 := Quantize(d, "fp8", asked)
	require.Equal(t, fp8, Quantize(d, "fp8", asked), "whatever the date")
	require.NotEqual(t, fp8.Model, Quantize(d, "fp8", plain).Model)
	asked.Arguments = map[string]any{"loud": true}
	require.NotEqual(t, fp8.Model, Quantize(d, "fp8", asked).Model, "the template's arguments are part of the prompts")

	loaded, err := plain.Load()
	require.NoError(t, err)
	words, err := tokenizer.Load(chatty)
	require.NoError(t, err)
	var prompts [][]int32
	for _, q := range loaded.Questions {
		prompts = append(prompts, words.Encode("2026[system] Be brief.[user] "+q.Prompt, true))
	}
	maxima, err := embedded.Calibrate(t.Context(), chatty, prompts)
	require.NoError(t, err)
	byHand := filepath.Join(t.TempDir(), "fp8")
	require.NoError(t, checkpoint.Quantize(chatty, checkpoint.FP8, byHand, checkpoint.QuantizeOptions{InputMaxima: maxima}))
	want, err := os.ReadFile(filepath.Join(byHand, "model.safetensors"))
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join(fp8.Model, "model.safetensors"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got), "the scales are those of the prompts as they are sent")
}
