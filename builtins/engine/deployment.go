package engine

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/internal/yamltext"
)

// A Deployment is a model and how it is served. The zero value of every field
// but Model has a meaning; two equal Deployments compute the same.
type Deployment struct {
	Name    string         `json:"name,omitempty" yaml:"name,omitempty"`       // for people; default: Label
	Model   string         `json:"model" yaml:"model"`                         // directory of a Hugging Face checkpoint
	Backend string         `json:"backend,omitempty" yaml:"backend,omitempty"` // "embedded" (default), "autodeploy", "pytorch", "transformers", "openai"
	Config  string         `json:"config,omitempty" yaml:"config,omitempty"`   // YAML file of AutoDeploy settings
	Args    map[string]any `json:"args,omitempty" yaml:"args,omitempty"`       // settings merged over Config, nested as in the YAML

	// WorldSize is the number of ranks; 0 leaves it to Args and Config.
	WorldSize int `json:"world_size,omitempty" yaml:"world_size,omitempty"`

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
	for _, field := range []struct{ name, value string }{{"backend", d.Backend}, {"build", d.Build}, {"config", d.Config}} {
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
	if setting == "world_size" && len(nested) == 0 {
		d.WorldSize = 0
	}
	d.Args = Merge(d.Args, overlay)
	return d
}

// Settings returns the configuration in force: Config's file, then Args, then
// WorldSize, merged as AutoDeploy merges them (dictionaries deeply, keyword
// arguments last).
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
	if d.WorldSize < 0 {
		return nil, fmt.Errorf("deployment %s: world size %d: want 1 or more", d.Label(), d.WorldSize)
	}
	if d.WorldSize > 0 {
		settings["world_size"] = d.WorldSize
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
