package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"adkernel/builtins/engine"
)

// identify makes sure that prompts and engine are those that the run began with,
// and records what they are.
func (x *execution) identify(ctx context.Context) error {
	prompts, info := describe(x.task, x.prompts), x.engine.Info()
	x.log.Printf("engine %s %s: %s, %s, %s %s", info.Engine, info.Version, info.Model, info.Arch, info.DType, info.Quant)
	if was := x.spec.Prompts; was != nil && *was != *prompts {
		return errors.New("the prompts are not those that the run began with: the task's data or the tokenizer changed; launch a new run")
	}
	if was := x.spec.Engine; was != nil {
		if changed := engineChanges(*was, info); changed != "" {
			advice := "launch a new run"
			if _, ok := x.spec.slurm(); ok {
				advice += `; where the partition's nodes differ, name their kind, as with Extra: []string{"--constraint=h100"}`
			}
			return fmt.Errorf("the engine is not the one that the run began with: %s; %s", changed, advice)
		}
	}
	if err := writePrompts(ctx, x.dir, x.engine, x.prompts); err != nil {
		return err
	}
	if err := x.recordCheckpoint(); err != nil {
		return err
	}
	x.spec.Prompts, x.spec.Engine = prompts, &info
	if !x.task.Ranked() {
		x.spec.Limits = &Limits{x.task.MaxTokens, x.task.Stop}
	}
	return writeSpec(x.dir, x.spec)
}

// engineChanges words what differs between the engine that a run began with and
// the one that is here, "" when nothing does.
func engineChanges(was, is engine.Info) string {
	before, now := engineFacts(was), engineFacts(is)
	keys := maps.Clone(before)
	maps.Copy(keys, now)
	var changes []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		a, had := before[key]
		b, has := now[key]
		switch {
		case !has:
			changes = append(changes, fmt.Sprintf("%s was %q and is not there", key, a))
		case !had:
			changes = append(changes, fmt.Sprintf("%s was not there and is %q", key, b))
		case a != b:
			changes = append(changes, fmt.Sprintf("%s was %q and is %q", key, a, b))
		}
	}
	const most = 8
	if n := len(changes); n > most {
		changes = append(changes[:most], fmt.Sprintf("%d more settings differ", n-most))
	}
	return strings.Join(changes, ", ")
}

// engineFacts are all that Info says, by names; settings keep their own.
func engineFacts(i engine.Info) map[string]string {
	facts := map[string]string{
		"the engine": i.Engine, "its version": i.Version, "the model": i.Model, "the architecture": i.Arch,
		"the activations' dtype": i.DType, "the quantization": i.Quant, "the vocabulary's size": fmt.Sprint(i.Vocab),
	}
	maps.Copy(facts, i.Settings)
	return facts
}
