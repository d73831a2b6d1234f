package results

import "adkernel/builtins/run"

// asked is what a run asked its engine for, as lm-eval's files say it.
type asked struct {
	run        *run.Run
	texts      []string       // of a run of this program: all prompts, as they were sent
	generation map[string]any // how answers were generated; empty where an import does not say
}

func newAsked(r *run.Run) (asked, error) {
	a := asked{run: r, generation: map[string]any{}}
	if r.Spec().Import != nil {
		return a, nil
	}
	sent, err := r.Sent()
	if err != nil {
		return a, err
	}
	a.texts = sent.Prompts
	a.generation = map[string]any{"until": append([]string{}, sent.Stop...), "max_gen_toks": sent.MaxTokens, "do_sample": false, "temperature": 0.0}
	return a, nil
}

func (a asked) prompt(index int) (string, error) {
	if a.texts == nil || index >= len(a.texts) {
		return a.run.PromptText(index)
	}
	return a.texts[index], nil
}
