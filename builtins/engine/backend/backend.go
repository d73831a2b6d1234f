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
)

// Default is the backend of a deployment that names none.
const Default = "embedded"

var openers = map[string]func(context.Context, engine.Deployment) (engine.Engine, error){
	"embedded": embedded.Open,
}

// Names lists the backends, sorted.
func Names() []string { return slices.Sorted(maps.Keys(openers)) }

// Open loads the engine that d names.
func Open(ctx context.Context, d engine.Deployment) (engine.Engine, error) {
	name := d.Backend
	if name == "" {
		name = Default
	}
	open, ok := openers[name]
	if !ok {
		return nil, fmt.Errorf("deployment %s: backend %q is not one that this program can run: have %s",
			d.Label(), name, strings.Join(Names(), ", "))
	}
	return open(ctx, d)
}
