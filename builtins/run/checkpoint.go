package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"adkernel/builtins/engine"
)

const checkpointFile = "checkpoint.json"

// checkpointRecord is the content of checkpoint.json: the files of the
// model's folder that the run's samples were computed with. A checkpoint that
// is exported again into its folder is another one, though path, architecture
// and types are the same. Runs of earlier versions have no record, nor have
// those whose model is a name or a server's.
type checkpointRecord struct {
	Recorded time.Time   `json:"recorded"`
	Files    []modelFile `json:"files"` // by name
}

// A modelFile is one file of a model's folder. It is known by its contents and
// not by its time, so that a copy of it is the same file, on another file
// system and in a cache of links.
type modelFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // see fingerprint
}

// modelFiles lists the files that decide what the model computes: weights,
// configuration, tokenizer. There are none when the model is not a path of
// this machine.
func modelFiles(ctx context.Context, d engine.Deployment) ([]modelFile, error) {
	info, err := os.Stat(d.Model)
	if d.URL != "" || err != nil { // where there should be a folder, the engine misses it
		return nil, nil
	}
	if !info.IsDir() {
		file, err := fingerprint(ctx, d.Model)
		return []modelFile{file}, err
	}
	entries, err := os.ReadDir(d.Model)
	if err != nil {
		return nil, err
	}
	var files []modelFile
	for _, entry := range entries {
		// What a link points to counts, as in Hugging Face's cache.
		info, err := os.Stat(filepath.Join(d.Model, entry.Name()))
		if err == nil && info.Mode().IsRegular() && Decides(entry.Name()) {
			files = append(files, modelFile{Name: entry.Name()})
		}
	}
	errs := make([]error, len(files))
	var readers sync.WaitGroup
	free := make(chan struct{}, 8) // a file system that is far away answers several at a time
	for i := range files {
		readers.Go(func() {
			free <- struct{}{}
			files[i], errs[i] = fingerprint(ctx, filepath.Join(d.Model, files[i].Name))
			<-free
		})
	}
	readers.Wait()
	return files, errors.Join(errs...)
}

// Decides reports whether a file of this name in a model's folder may change
// what the model computes.
func Decides(name string) bool {
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".json", ".jinja", ".model", ".tiktoken", ".py":
		return !strings.HasPrefix(name, ".")
	default:
		return isWeights(ext) || name == "merges.txt" || name == "vocab.txt"
	}
}

func isWeights(extension string) bool {
	switch extension {
	case ".safetensors", ".bin", ".pt", ".pth", ".gguf":
		return true
	}
	return false
}

// identifyCheckpoint makes sure that the model's files are those that the run
// began with, and keeps what they are now. It is done before the engine is
// loaded: files that are replaced meanwhile must not be taken for those that
// were read.
func (x *execution) identifyCheckpoint(ctx context.Context) (err error) {
	if x.model, err = modelFiles(ctx, x.spec.Deployment); err != nil {
		return fmt.Errorf("the checkpoint: %w", err)
	}
	was, err := readCheckpoint(x.dir)
	if errors.Is(err, fs.ErrNotExist) || len(x.model) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if changed := difference(was.Files, x.model); changed != "" {
		return fmt.Errorf("the checkpoint %s is not the one that the run began with: since %s UTC %s; launch a new run",
			x.spec.Deployment.Model, was.Recorded.UTC().Format(time.DateTime), changed)
	}
	return nil
}

// recordCheckpoint keeps what the model's files are, once: the first samples
// are computed with them.
func (x *execution) recordCheckpoint() error {
	path := filepath.Join(x.dir, checkpointFile)
	if _, err := os.Stat(path); err == nil || len(x.model) == 0 {
		return nil
	}
	return writeJSON(path, checkpointRecord{Recorded: time.Now().UTC(), Files: x.model})
}

func readCheckpoint(dir string) (checkpointRecord, error) {
	path := filepath.Join(dir, checkpointFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return checkpointRecord{}, err
	}
	var record checkpointRecord
	if err := json.Unmarshal(text, &record); err != nil {
		return checkpointRecord{}, fmt.Errorf("%s: %w", path, err)
	}
	return record, nil
}

// difference words what became of the files that were, "" when they still are.
func difference(was, are []modelFile) string {
	var changes []string
	for _, old := range was {
		i := slices.IndexFunc(are, func(f modelFile) bool { return f.Name == old.Name })
		switch {
		case i < 0:
			changes = append(changes, old.Name+" was removed")
		case are[i] != old:
			changes = append(changes, old.Name+" was changed")
		}
	}
	for _, f := range are {
		if !slices.ContainsFunc(was, func(old modelFile) bool { return f.Name == old.Name }) {
			changes = append(changes, f.Name+" was added")
		}
	}
	if n := len(changes); n > 3 {
		changes = append(changes[:3], fmt.Sprintf("%d more files differ", n-3))
	}
	return strings.Join(changes, ", ")
}
