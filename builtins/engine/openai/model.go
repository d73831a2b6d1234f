package openai

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
)

// findModel decides the name that requests carry: the setting's, the only one
// that the server has, or the one that is called as the deployment's model.
func (e *Engine) findModel(ctx context.Context, model string) error {
	if e.model = e.settings.model; e.model != "" {
		return nil
	}
	names, _, err := e.models(ctx, func(ctx context.Context, url string, body, out any) error {
		return e.client.attempt(ctx, e.client.retries, url, body, out)
	})
	var fails *busy
	var no *refusal
	switch {
	case errors.As(err, &no) && (no.status == http.StatusUnauthorized || no.status == http.StatusForbidden):
		return err // the key is what is wrong
	case errors.As(err, &no) || errors.As(err, &fails): // transformers serve lists what is cached, and fails without a cache
		return fmt.Errorf("which models the server has: %w; set served_model_name", err)
	case err != nil:
		return err
	}
	for _, name := range names {
		if name == model || name == filepath.Base(model) {
			e.model = name
		}
	}
	switch {
	case len(names) == 0:
		return errors.New("the server has no models")
	case e.model == "" && len(names) == 1:
		e.model = names[0]
	case e.model == "":
		return fmt.Errorf("the server has the models %s: set served_model_name to one of them", strings.Join(names, ", "))
	}
	return nil
}

// checkModel refuses a server that answers with another of its models than the one
// that was asked for: llama.cpp answers to any name. Others repeat the name that
// they were given (SGLang, trtllm-serve), or say a version of it; of these the
// record says which models they list, where the name is none of them.
func (e *Engine) checkModel(ctx context.Context) error {
	if e.settings.model == "" {
		return nil // the name is the server's own
	}
	names, aliases, err := e.models(ctx, e.client.once)
	if err != nil || len(names) == 0 || slices.Contains(append(aliases, names...), e.model) {
		return ctx.Err()
	}
	if slices.Contains(names, e.answered) {
		return fmt.Errorf("the server has no model %q: it answers with %q", e.model, e.answered)
	}
	e.server.models = names
	e.client.site.Logf("the server answers for the model %q, which it does not list: %s", e.model, strings.Join(names, ", "))
	return nil
}

// sameModel refuses an answer of another model than the first one's: a router may
// have several behind one name, and a run is of one.
func (e *Engine) sameModel(a *answer) error {
	if now := a.Model.value; now != "" && e.answered != "" && now != e.answered {
		return fmt.Errorf("the server answers with the model %q, and did with %q when it was asked first: name one of them by served_model_name", now, e.answered)
	}
	return nil
}

// models are the names of the models that the server lists, and the other names
// to which it answers with one of them.
func (e *Engine) models(ctx context.Context, get func(ctx context.Context, url string, body, out any) error) (names, aliases []string, err error) {
	var list struct {
		Data []struct {
			ID      string            `json:"id"`
			Aliases lenient[[]string] `json:"aliases"` // llama.cpp
		} `json:"data"`
	}
	if err := get(ctx, e.client.base+"/models", nil, &list); err != nil {
		return nil, nil, err
	}
	for _, m := range list.Data {
		names = append(names, m.ID)
		aliases = append(aliases, m.Aliases.value...)
	}
	return names, aliases, nil
}
