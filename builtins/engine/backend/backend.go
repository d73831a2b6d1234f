// Package backend knows which engines this program has, by the names that a
// Deployment's Backend uses. It loads them; it does not know what they do.
package backend

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded"
	"adkernel/builtins/engine/openai"
	"adkernel/builtins/engine/transformers"
	"adkernel/builtins/engine/trtllm"
	"adkernel/internal/suggest"
)

// Default is the backend of a deployment that names none.
const Default = "embedded"

// A kind is one engine: how it is loaded, and which of the deployment's fields
// that not every engine has a use for it reads.
type kind struct {
	open  engine.Opener
	reads []string
}

// Fields of a Deployment that mean nothing to some engines. Set and unread
// they are refused: a run must not be recorded with what had no effect.
const (
	build  = "Build"
	patch  = "Patch"
	python = "Python"
	url    = "URL"
)

var kinds = map[string]kind{
	"embedded":     {openEmbedded, []string{build}},
	"transformers": {transformers.Open, []string{patch, python}},
	"autodeploy":   {trtllm.OpenAutoDeploy, []string{python}},
	"pytorch":      {trtllm.OpenPyTorch, []string{python}},
	"openai":       {openai.Open, []string{url}},
}

func openEmbedded(ctx context.Context, d engine.Deployment, _ engine.Site) (engine.Engine, error) {
	return embedded.Open(ctx, d)
}

// servers are engines that are reached by their own servers.
var servers = []string{"vllm", "sglang", "trtllm-serve", "llama.cpp", "llamacpp", "llama-server", "ollama", "tgi"}

// Names lists the backends, sorted.
func Names() []string { return slices.Sorted(maps.Keys(kinds)) }

// Open loads the engine that d names.
func Open(ctx context.Context, d engine.Deployment, at engine.Site) (engine.Engine, error) {
	name := d.Backend
	if name == "" {
		name = Default
	}
	k, ok := kinds[name]
	if !ok {
		hint := suggest.Clause(name, Names())
		if slices.Contains(servers, strings.ToLower(name)) {
			hint = "; start the server yourself, and ask it by backend openai and its URL, such as http://127.0.0.1:8000/v1"
		}
		return nil, fmt.Errorf("deployment %s: backend %q is not one that this program can run%s", d.Label(), name, hint)
	}
	for field, value := range map[string]string{build: d.Build, patch: d.Patch, python: d.Python, url: d.URL} {
		if value != "" && !slices.Contains(k.reads, field) {
			return nil, fmt.Errorf("deployment %s: %s is set, which the %s engine has no use for: leave it out%s", d.Label(), field, name, readers(field))
		}
	}
	return k.open(ctx, d, at)
}

// readers says which backends read a field.
func readers(field string) string {
	var names []string
	for _, name := range Names() {
		if slices.Contains(kinds[name].reads, field) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return ", or use the backend " + strings.Join(names, " or ")
}
