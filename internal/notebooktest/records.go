package main

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	rundir "adkernel/builtins/run"
	"adkernel/kernel/notebook"
)

// The files of a run that its record holds. Rows of logits are not among them:
// they are a hundred times as large as the answers.
var recordFiles = []string{"spec.json", "state.json", "samples.jsonl"}

// records is the archive of a notebook's runs.
func (r *recording) records(path string) string { return filepath.Join(filepath.Dir(path), r.Runs) }

// pack writes the records of the runs that the executed notebook launched.
func (e *executor) pack(path string, r *recording) error {
	if r.Runs == "" {
		return nil
	}
	runs, err := rundir.List(e.runs(path))
	if err != nil {
		return err
	}
	var archive bytes.Buffer
	// Prompts recur in every run: a window over all of them holds them once.
	z, err := zstd.NewWriter(&archive, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(64<<20))
	if err != nil {
		return err
	}
	t := tar.NewWriter(z)
	for _, a := range runs {
		if err := e.packRun(t, path, a); err != nil {
			return fmt.Errorf("record of the run %s: %w", a.Name(), err)
		}
	}
	if err := errors.Join(t.Close(), z.Close()); err != nil {
		return err
	}
	return os.WriteFile(r.records(path), archive.Bytes(), 0o644)
}

func (e *executor) packRun(t *tar.Writer, path string, a *rundir.Run) error {
	samples, err := withoutLogits(a)
	if err != nil {
		return err
	}
	for _, name := range recordFiles {
		text := samples
		if name != "samples.jsonl" {
			if text, err = os.ReadFile(filepath.Join(a.Dir(), name)); err != nil {
				return err
			}
			text = []byte(e.places(path).Replace(string(text)))
		}
		header := &tar.Header{Name: a.Name() + "/" + name, Mode: 0o644, Size: int64(len(text)), ModTime: time.Time{}, Format: tar.FormatUSTAR}
		if err := t.WriteHeader(header); err != nil {
			return err
		}
		if _, err := t.Write(text); err != nil {
			return err
		}
	}
	return nil
}

// withoutLogits returns a run's samples.jsonl in the task's order, less what is
// of the logits alone: what they reach, the likeliest tokens. That a sample has
// a row stays, though the record has none: it decides what a comparison says.
func withoutLogits(a *rundir.Run) ([]byte, error) {
	samples, err := a.Samples()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, s := range samples {
		if s.Row >= 0 {
			s.Row = s.Index
		}
		s.CRC32, s.Top, s.Letters = 0, nil, nil
		s.Min, s.Max, s.Mean, s.RMS = 0, 0, 0, 0
		line, err := json.Marshal(s)
		if err != nil {
			return nil, err
		}
		out.Write(append(line, '\n'))
	}
	return out.Bytes(), nil
}

// unpack makes run directories of a notebook's records where its rehearsal will
// look for runs, and returns a cell that finds them by their deployments.
func (e *executor) unpack(path string, r *recording) (prelude string, err error) {
	if r.Runs != "" {
		if err := unpackRecords(r.records(path), e.runs(path)); err != nil {
			return "", fmt.Errorf("%s: %w", r.records(path), err)
		}
	}
	runs, err := rundir.List(e.runs(path))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("func recorded(deployment string) *Evaluation {\n\tswitch deployment {\n")
	seen := map[string]bool{}
	for _, a := range runs {
		if seen[a.Label()] {
			return "", fmt.Errorf("%s: two runs of %q: give their deployments names", r.records(path), a.Label())
		}
		seen[a.Label()] = true
		fmt.Fprintf(&b, "\tcase %q:\n\t\treturn Attach(%q)\n", a.Label(), a.Dir())
	}
	fmt.Fprintf(&b, "\t}\n\tpanic(\"no run of \" + deployment + \" is recorded in %s\")\n}", r.Runs)
	return b.String(), nil
}

// maxRecord bounds a file of an archive.
const maxRecord = 64 << 20

func unpackRecords(archive, root string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := zstd.NewReader(f, zstd.WithDecoderMaxWindow(64<<20))
	if err != nil {
		return err
	}
	defer z.Close()
	t := tar.NewReader(z)
	for {
		header, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if !filepath.IsLocal(header.Name) || header.Typeflag != tar.TypeReg || header.Size > maxRecord {
			return fmt.Errorf("%q is not a file of a run", header.Name)
		}
		path := filepath.Join(root, header.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		text, err := io.ReadAll(t)
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
}

// rehearse executes a notebook made of the one at path, with its runs.
func (e *executor) rehearse(ctx context.Context, path string, nb *notebook.Notebook) (*notebook.Notebook, error) {
	dir := filepath.Join(e.root, "rehearsals")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	rehearsal := filepath.Join(dir, filepath.Base(path))
	if err := nb.Write(rehearsal); err != nil {
		return nil, err
	}
	fresh, _, err := e.execute(ctx, rehearsal)
	return fresh, err
}
