package diagnose

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/builtins/engine"
	"adkernel/builtins/run"
)

// inForce are the settings that a deployment is served with, by their names
// joined with dots: those that it gives, and beside them those that its engine
// has recorded, where what a deployment leaves out is tuned
// (engine.Deployment.TunedByDefault). Values are texts: "true", "none", "2".
type inForce struct {
	given, all map[string]string
	recorded   bool // the engine's defaults are among all
}

// aliases are AutoDeploy's short names of settings of passes, which win over
// the long ones where both are given (_TRANSFORMS_SHORTCUT_LOOKUP in
// tensorrt_llm/_torch/auto_deploy/llm_args.py).
var aliases = map[string]string{
	"compile_backend": "transforms.compile_model.backend",
	"attn_backend":    "transforms.insert_cached_attention.backend",
}

// settingsInForce reads d's settings; info is of d's engine, and nil where that
// has not been loaded.
func settingsInForce(d engine.Deployment, info *engine.Info) (inForce, error) {
	settings, err := d.Settings()
	if err != nil {
		return inForce{}, err
	}
	f := inForce{given: map[string]string{}}
	flatten("", settings, f.given)
	for short, long := range aliases {
		if v, ok := f.given[long]; ok && f.given[short] == "" {
			f.given[short] = v
		}
	}
	f.all = maps.Clone(f.given)
	if info != nil && d.TunedByDefault() {
		f.recorded = true
		for path, v := range info.Settings {
			f.all[path] = plainText(v)
		}
	}
	return f, nil
}

func flatten(prefix string, nested map[string]any, into map[string]string) {
	for key, v := range nested {
		if inner, ok := v.(map[string]any); ok && len(inner) > 0 {
			flatten(prefix+key+".", inner, into)
			continue
		}
		into[prefix+key] = plainText(words(v))
	}
}

// plainText writes a value in one way, that of Go and YAML: Python's words, and
// those of older YAML for true and false.
func plainText(v string) string {
	switch strings.ToLower(v) {
	case "true", "yes", "on":
		return "true"
	case "false", "no", "off":
		return "false"
	case "none", "null":
		return "none"
	}
	return v
}

// value returns what a setting is; "" where that is not known. A setting that
// holds others is "set", or "none".
func (f inForce) value(path string) string {
	if v, ok := f.all[path]; ok && v != "map[]" {
		return v
	}
	if f.holds(f.all, path) {
		return "set"
	}
	return ""
}

// asked reports whether the deployment itself gives a setting.
func (f inForce) asked(path string) bool {
	_, ok := f.given[path]
	return ok || f.holds(f.given, path)
}

func (f inForce) holds(settings map[string]string, path string) bool {
	for key := range settings {
		if strings.HasPrefix(key, path+".") {
			return true
		}
	}
	return f.all[path] == "map[]"
}

// runs reports whether a pass of AutoDeploy is on. One that the installed
// version's default.yaml has is on unless it says otherwise (TransformConfig in
// auto_deploy/transform/interface.py); of a version that is not known nothing
// is on but what is given.
func (f inForce) runs(pass string) bool {
	if on, ok := f.all["transforms."+pass+".enabled"]; ok {
		return on == "true"
	}
	return f.recorded && f.holds(f.all, "transforms."+pass)
}

// passes lists those of a stage that are on, sorted.
func (f inForce) passes(stage string) []string {
	var names []string
	for key, v := range f.all {
		name, ok := strings.CutSuffix(key, ".stage")
		name, within := strings.CutPrefix(name, "transforms.")
		if ok && within && v == stage && f.runs(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// unusual are the passes that the deployment switches on or off where the
// installed version does not, with what that does, by stage: those of a stage
// belong together, as two ways of sharding do. Fusions and streams are left out,
// which are plain when they are off.
func (f inForce) unusual() map[string]map[string]bool {
	stages := map[string]map[string]bool{}
	for key, v := range f.given {
		pass, ok := switched(key)
		usual, stage := f.all["defaults."+key], f.all["transforms."+pass+".stage"]
		if !ok || usual == "" || stage == "" || usual == v || stage == "post_load_fusion" || strings.HasPrefix(pass, "fuse_") || strings.HasPrefix(pass, "multi_stream_") {
			continue
		}
		if stages[stage] == nil {
			stages[stage] = map[string]bool{}
		}
		stages[stage][pass] = usual == "true"
	}
	return stages
}

// recordFor is the record of d's engine, where r is a run of d: of the same
// model with the same settings. Otherwise it is nil.
func recordFor(d engine.Deployment, r *run.Run) *engine.Info {
	spec := r.Spec()
	if spec.Engine == nil || spec.Deployment.Backend != d.Backend || absolute(spec.Deployment.Model) != absolute(d.Model) {
		return nil
	}
	settings, err := d.Settings()
	if err != nil || asJSON(settings) != asJSON(spec.Settings) {
		return nil
	}
	return spec.Engine
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func asJSON(settings map[string]any) string {
	text, err := json.Marshal(settings)
	if err != nil {
		return fmt.Sprint(settings)
	}
	return string(text)
}
