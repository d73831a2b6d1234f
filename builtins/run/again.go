package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"time"
)

// Again attaches to the run in dir where spec, launched now, would be that run
// again: of the same deployment, settings, patch and task, and of a checkpoint
// whose files are as they were. It is nil where that would be another run. The
// engine's version is not known before it is loaded.
func Again(ctx context.Context, dir string, spec Spec) (*Run, error) {
	r, err := Attach(dir)
	if err != nil {
		return nil, err
	}
	scorer := spec.Task.Scorer
	if spec, err = spec.freeze(time.Time{}); err != nil {
		return nil, err
	}
	if _, err := readPatch(&spec); err != nil {
		return nil, err
	}
	same, err := sameLaunch(r.spec, spec)
	if err != nil || !same {
		return nil, err
	}
	was, err := readCheckpoint(r.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		are, err := modelFiles(ctx, r.spec.Deployment)
		if err != nil || difference(was.Files, are) != "" {
			return nil, err
		}
	}
	if scorer.Live() {
		r.scorer = scorer
	}
	return r, nil
}

// sameLaunch reports whether a and b are the same but for when they were
// launched and what was found then.
func sameLaunch(a, b Spec) (bool, error) {
	var texts [2][]byte
	for i, s := range []Spec{a, b} {
		s.Created, s.Prompts, s.Limits, s.Engine = time.Time{}, nil, nil, nil
		s.Settings, s.Deployment.Args = jsonMap(s.Settings), jsonMap(s.Deployment.Args)
		var err error
		if texts[i], err = json.Marshal(s); err != nil {
			return false, err
		}
	}
	return bytes.Equal(texts[0], texts[1]), nil
}
