package checkpoint

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A mutant is a checkpoint that a mutation changes: its tensors, and the files
// beside them.
type mutant struct {
	t         testing.TB
	dir       string
	reference string
	tensors   map[string]Tensor // written into one file when edited is set
	edited    bool
}

// copyOf is a mutant of the checkpoint dir with its files copied and nothing
// changed.
func copyOf(t testing.TB, dir string) *mutant {
	t.Helper()
	m := &mutant{t: t, dir: t.TempDir(), tensors: map[string]Tensor{}}
	c := open(t, dir)
	for _, name := range c.Names() {
		m.tensors[name], _ = c.Tensor(name)
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".safetensors" {
			require.NoError(t, copyFile(filepath.Join(dir, e.Name()), filepath.Join(m.dir, e.Name())))
		}
	}
	weights, err := filepath.Abs(filepath.Join(dir, singleFile))
	require.NoError(t, err)
	require.NoError(t, os.Symlink(weights, filepath.Join(m.dir, singleFile)))
	return m
}

// done writes the tensors if they were edited.
func (m *mutant) done() string {
	if m.edited {
		m.remove(singleFile)
		require.NoError(m.t, Write(filepath.Join(m.dir, singleFile), m.named(slices.Sorted(maps.Keys(m.tensors))...)))
	}
	return m.dir
}

// named returns tensors with their names, which edits may have left out.
func (m *mutant) named(names ...string) []Tensor {
	var list []Tensor
	for _, name := range names {
		tensor, ok := m.tensors[name]
		require.True(m.t, ok, name)
		tensor.Name = name
		list = append(list, tensor)
	}
	return list
}

// tensor returns a tensor whose data may be changed in place.
func (m *mutant) tensor(name string) Tensor {
	tensor, ok := m.tensors[name]
	require.True(m.t, ok, name)
	tensor.Data = slices.Clone(tensor.Data)
	m.set(name, tensor)
	return tensor
}

func (m *mutant) set(name string, tensor Tensor) { m.tensors[name], m.edited = tensor, true }

func (m *mutant) delete(names ...string) {
	for _, name := range names {
		require.Contains(m.t, m.tensors, name)
		delete(m.tensors, name)
	}
	m.edited = true
}

// floats edits a tensor of F32.
func (m *mutant) floats(name string, edit func(float32) float32) {
	editFloats(m.tensor(name).Data, func(_ int, v float32) float32 { return edit(v) })
}

// rows puts the row from(i) of a matrix, and of its scales of rows, in the
// place of row i.
func (m *mutant) rows(module string, from func(i int) int) {
	for _, name := range []string{module + weightName, module + scaleName} {
		if t, ok := m.tensors[name]; ok && len(t.Shape) == 2 {
			old, edited := t.Data, m.tensor(name)
			size := len(old) / t.Shape[0]
			for i := range t.Shape[0] {
				copy(edited.Data[i*size:(i+1)*size], old[from(i)*size:])
			}
		}
	}
}

// move puts the weight of the module from, with its scales, in the place of
// that of module.
func (m *mutant) move(module, from string) {
	for _, suffix := range []string{weightName, scaleName, inverseName, globalName, inputName} {
		if t, ok := m.tensors[from+suffix]; ok {
			m.set(module+suffix, t)
		}
	}
}

func (m *mutant) remove(file string) { require.NoError(m.t, os.Remove(filepath.Join(m.dir, file))) }

func (m *mutant) write(file, text string) { writeFile(m.t, m.dir, file, text) }

func (m *mutant) read(file string) string {
	text, err := os.ReadFile(filepath.Join(m.dir, file))
	require.NoError(m.t, err)
	return string(text)
}

// json edits a file of one JSON object.
func (m *mutant) json(file string, edit func(map[string]any)) {
	var object map[string]any
	require.NoError(m.t, json.Unmarshal([]byte(m.read(file)), &object))
	edit(object)
	text, err := json.Marshal(object)
	require.NoError(m.t, err)
	m.write(file, string(text))
}

// inside is the object at a path of keys.
func inside(object map[string]any, keys ...string) map[string]any {
	for _, key := range keys {
		object = object[key].(map[string]any)
	}
	return object
}

// sharded writes the tensors into two files with an index, which edit changes.
func (m *mutant) sharded(edit func(index map[string]any)) {
	names := slices.Sorted(maps.Keys(m.tensors))
	weights, total := map[string]any{}, 0
	for i, part := range [][]string{names[:len(names)/2], names[len(names)/2:]} {
		file := []string{"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"}[i]
		require.NoError(m.t, Write(filepath.Join(m.dir, file), m.named(part...)))
		for _, name := range part {
			weights[name], total = file, total+len(m.tensors[name].Data)
		}
	}
	m.remove(singleFile)
	index := map[string]any{"metadata": map[string]any{"total_size": total}, "weight_map": weights}
	edit(index)
	text, err := json.Marshal(index)
	require.NoError(m.t, err)
	m.write(indexFile, string(text))
}

// raw edits the bytes of the file of weights.
func (m *mutant) raw(edit func([]byte) []byte) {
	text := edit([]byte(m.read(singleFile)))
	m.remove(singleFile)
	m.write(singleFile, string(text))
}

// What an audit says of a checkpoint, and where.
const (
	clean   = "clean"      // nothing
	fault   = "fault"      // of a layer
	beside  = "difference" // from the reference, beside the layers
	asked   = "file"       // of the tokenizer or of generation
	note    = "note"
	refused = "refused" // the checkpoint cannot be read
)

// said returns what an audit says, one finding a line, each behind where it is
// said and the layer or name that it is of.
func said(model, reference string) []string {
	report, err := Audit(model, reference)
	if err != nil {
		return []string{refused + ": " + err.Error()}
	}
	var lines []string
	for _, l := range report.Faults() {
		lines = append(lines, fault+": "+l.Module+": "+string(l.Cause)+": "+l.Finding)
	}
	for _, d := range report.Differences {
		lines = append(lines, beside+": "+d.Finding)
	}
	for _, d := range report.Files {
		lines = append(lines, asked+": "+d.Finding)
	}
	for _, n := range report.Notes {
		lines = append(lines, note+": "+n)
	}
	return lines
}

// deployments are checkpoints as they are exported, by name, with the
// references that they were made from: of a dense model and of one with experts.
func deployments(t testing.TB) (models, references map[string]string) {
	t.Helper()
	models, references = map[string]string{}, map[string]string{}
	demo := func(name string) string {
		m := copyOf(t, filepath.Join("../../notebooks/demo", name))
		m.write("generation_config.json", `{"eos_token_id": [1, 2], "do_sample": true, "temperature": 0.6, "transformers_version": "4.57.1"}`)
		m.write("tokenizer_config.json", `{"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>",
			"model_max_length": 2048, "add_bos_token": false, "chat_template": "{% for m in messages %}<s>{{ m.content }}</s>{% endfor %}{% if add_generation_prompt %}A:{% endif %}"}`)
		return m.done()
	}
	add := func(name, reference string, format Format) {
		c := open(t, reference)
		maxima := map[string]float32{}
		for _, module := range c.linearModules() {
			maxima[module] = 4
		}
		models[name] = filepath.Join(t.TempDir(), name)
		require.NoError(t, Quantize(reference, format, models[name], QuantizeOptions{InputMaxima: maxima}))
		references[name] = reference
	}
	dense, moe := demo("dense"), demo("moe")
	models["bf16"], references["bf16"] = dense, dense
	add("fp8", dense, FP8)
	add("block", dense, FP8Block)
	add("nvfp4", dense, NVFP4)
	add("moe", moe, FP8)
	return models, references
}

// Each mutation is a mistake that exporters, converters and copies of
// checkpoints make, or a change that makes no difference.
func TestMutationsAreFoundAndHarmlessOnesNot(t *testing.T) {
	models, references := deployments(t)
	for of := range models {
		require.Empty(t, said(models[of], references[of]), of)
	}
	for _, test := range slices.Concat(weightMutations, scaleMutations, fileMutations, settingMutations, tokenizerMutations, harmless) {
		t.Run(strings.ReplaceAll(test.name, "/", " over "), func(t *testing.T) {
			m := copyOf(t, models[test.of])
			m.reference = references[test.of]
			test.edit(m)
			lines := said(m.done(), references[test.of])
			t.Logf("%s, of %s: %s", test.name, test.of, strings.Join(lines, "; "))
			if test.where == clean {
				require.Empty(t, lines)
				return
			}
			require.True(t, slices.ContainsFunc(lines, func(line string) bool {
				if !strings.HasPrefix(line, test.where+": ") {
					return false
				}
				for part := range strings.SplitSeq(test.want, "…") {
					if !strings.Contains(line, part) {
						return false
					}
				}
				return true
			}), "want a %s with %q in:\n%s", test.where, test.want, strings.Join(lines, "\n"))
		})
	}
}
