package engine

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/builtins/cluster"
	"adkernel/internal/yamltext"
)

// A Deployment is a model and how it is served. The zero value of every field
// but Model has a meaning; two equal Deployments compute the same.
type Deployment struct {
	Name    string         `json:"name,omitempty" yaml:"name,omitempty"`       // for people; default: Label
	Model   string         `json:"model" yaml:"model"`                         // directory of a Hugging Face checkpoint
	Backend string         `json:"backend,omitempty" yaml:"backend,omitempty"` // "embedded" (default), "transformers", "autodeploy", "pytorch", "openai"
	Config  string         `json:"config,omitempty" yaml:"config,omitempty"`   // YAML file of the engine's settings, in AutoDeploy's words
	Args    map[string]any `json:"args,omitempty" yaml:"args,omitempty"`       // settings merged over Config, nested as in the YAML

	// WorldSize is the number of ranks. It stands for the setting world_size, and
	// 0 leaves that to Args and Config.
	WorldSize int `json:"world_size,omitempty" yaml:"world_size,omitempty"`

	// DType is the type of the activations: "bfloat16", "float16", "float32". It
	// stands for the setting model_kwargs.torch_dtype (dtype for pytorch), and ""
	// leaves that to Args and Config.
	DType string `json:"dtype,omitempty" yaml:"dtype,omitempty"`

	// BatchSize is how many sequences are computed at a time. It stands for the
	// setting max_batch_size, and 0 leaves that to Args and Config.
	BatchSize int `json:"batch_size,omitempty" yaml:"batch_size,omitempty"`

	// Patch is a Python file that defines patch(model); the transformers
	// engine calls it once the model is loaded. It is how a fix is tried, and
	// how a fault is planted. A run keeps a copy.
	Patch string `json:"patch,omitempty" yaml:"patch,omitempty"`

	// Python is the interpreter of the engines that are Python programs; "" is
	// $ADKERNEL_PYTHON, or else python3.
	Python string `json:"python,omitempty" yaml:"python,omitempty"`

	// URL is where the server of the openai backend listens:
	// "http://127.0.0.1:8000/v1".
	URL string `json:"url,omitempty" yaml:"url,omitempty"`

	// On is where runs execute: Local{GPUs: 2}, Slurm{Partition: "gpu"},
	// SSH{Host: "gpu1"}; nil is this machine, with all its GPUs. A diagnosis probes
	// there too, and so has to be made inside a job where that is Slurm, and on the
	// machine where that is SSH.
	On cluster.Place `json:"-" yaml:"-"`

	// Build names the release of the engine to run; "" is the current one.
	Build string `json:"build,omitempty" yaml:"build,omitempty"`
}

// Label is the name shown for d: Name, or the last element of Model.
func (d Deployment) Label() string {
	if d.Name != "" {
		return d.Name
	}
	return filepath.Base(d.Model)
}

// String says in one line what d is: its label, its model, and what it sets.
func (d Deployment) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", d.Label(), d.Model)
	for _, field := range []struct{ name, value string }{
		{"backend", d.Backend}, {"url", d.URL}, {"build", d.Build}, {"dtype", d.DType}, {"patch", d.Patch}, {"config", d.Config},
	} {
		if field.value != "" {
			fmt.Fprintf(&b, ", %s %s", field.name, field.value)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(d.Args)) {
		fmt.Fprintf(&b, ", %s %v", key, d.Args[key])
	}
	if d.WorldSize != 0 {
		fmt.Fprintf(&b, ", world_size %d", d.WorldSize)
	}
	if d.BatchSize != 0 {
		fmt.Fprintf(&b, ", batch size %d", d.BatchSize)
	}
	return b.String()
}

// With returns a copy of d in which a setting, or the one nested under it, has
// the given value.
//
//	d.With("torch", "attn_backend")
//	d.With(false, "kv_cache_config", "enable_block_reuse")
func (d Deployment) With(value any, setting string, nested ...string) Deployment {
	path := append([]string{setting}, nested...)
	overlay := map[string]any{path[len(path)-1]: value}
	for i := len(path) - 2; i >= 0; i-- {
		overlay = map[string]any{path[i]: overlay}
	}
	switch strings.Join(path, ".") {
	case "world_size":
		d.WorldSize = 0
	case "max_batch_size":
		d.BatchSize = 0
	case strings.Join(d.dtypeSetting(), "."):
		d.DType = ""
	}
	d.Args = Merge(d.Args, overlay)
	return d
}

// Settings returns the configuration in force: Config's file, then Args, then
// WorldSize, DType and BatchSize, merged as AutoDeploy merges them
// (dictionaries deeply, keyword arguments last).
func (d Deployment) Settings() (map[string]any, error) {
	settings := map[string]any{}
	if d.Config != "" {
		text, err := os.ReadFile(d.Config)
		if err != nil {
			return nil, fmt.Errorf("deployment %s: config: %w", d.Label(), err)
		}
		if err := yamltext.Decode(text, &settings); err != nil {
			return nil, fmt.Errorf("deployment %s: config %s: %w", d.Label(), d.Config, err)
		}
	}
	settings = Merge(settings, d.Args)
	for _, field := range []struct {
		name, setting string
		value         int
	}{{"world size", "world_size", d.WorldSize}, {"batch size", "max_batch_size", d.BatchSize}} {
		if field.value < 0 {
			return nil, fmt.Errorf("deployment %s: %s %d: want 1 or more", d.Label(), field.name, field.value)
		}
		if field.value > 0 {
			settings[field.setting] = field.value
		}
	}
	if d.DType != "" {
		var overlay any = d.DType
		for _, key := range slices.Backward(d.dtypeSetting()) {
			overlay = map[string]any{key: overlay}
		}
		settings = Merge(settings, overlay.(map[string]any))
	}
	return settings, nil
}

// Merge returns base with overlay's entries over it; dictionaries in both are
// merged, everything else is replaced. Neither argument is changed.
func Merge(base, overlay map[string]any) map[string]any {
	out := maps.Clone(base)
	if out == nil {
		out = map[string]any{}
	}
	for k, v := range overlay {
		a, ok1 := out[k].(map[string]any)
		b, ok2 := v.(map[string]any)
		if ok1 && ok2 {
			out[k] = Merge(a, b)
		} else {
			out[k] = v
		}
	}
	return out
}
