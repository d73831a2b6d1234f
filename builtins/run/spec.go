package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"adkernel/builtins/engine"
	"adkernel/builtins/task"
)

// format is the version of the run directory's layout. A directory of another
// version is refused: its records could be misread.
const format = 1

const specFile = "spec.json"

// Spec is everything that determines a run's result.
type Spec struct {
	Format     int               `json:"format"`
	Created    time.Time         `json:"created"`
	Deployment engine.Deployment `json:"deployment"`
	// Settings is the deployment's configuration as merged when the run was
	// launched, so that a later edit of its file changes nothing.
	Settings map[string]any `json:"settings,omitempty"`
	// PatchSHA256 identifies the deployment's patch, of which the run
	// directory holds a copy.
	PatchSHA256 string    `json:"patch_sha256,omitempty"`
	Task        task.Spec `json:"task"`

	// Import says where the results come from that another program computed;
	// nil for a run of this one.
	Import *Import `json:"import,omitempty"`

	// What the executing process found; a resumed run must find the same.
	Prompts *Prompts     `json:"prompts,omitempty"`
	Limits  *Limits      `json:"limits,omitempty"`
	Engine  *engine.Info `json:"engine,omitempty"`
}

// Prompts identifies what the engine was asked.
type Prompts struct {
	Count      int    `json:"count"`
	TextSHA256 string `json:"text_sha256"` // task.Task.Hash
	IDsSHA256  string `json:"ids_sha256"`  // of prompts.ids
}

// Limits are those of the answers that an engine was asked to generate; nil where
// choices are ranked, and in runs of earlier versions.
type Limits struct {
	MaxTokens int      `json:"max_tokens"`
	Stop      []string `json:"stop,omitempty"` // texts that end an answer
}

// String says them in one line.
func (l Limits) String() string {
	text := fmt.Sprintf("at most %d tokens", l.MaxTokens)
	if l.MaxTokens == 1 {
		text = "at most 1 token"
	}
	if len(l.Stop) > 0 {
		text += fmt.Sprintf(", up to one of %q", slices.Compact(slices.Sorted(slices.Values(l.Stop))))
	}
	return text
}

// deployment returns what the engine is opened with in the run directory dir:
// the settings and the patch as they were at launch.
func (s Spec) deployment(dir string) engine.Deployment {
	d := s.Deployment
	d.Config, d.Args, d.WorldSize, d.DType, d.BatchSize = "", s.Settings, 0, "", 0
	if d.Patch != "" {
		d.Patch = filepath.Join(dir, patchFile)
	}
	return d
}

// freeze fills in what Launch knows and makes paths independent of the
// working directory.
func (s Spec) freeze(now time.Time) (Spec, error) {
	if s.Deployment.Model == "" {
		return Spec{}, errors.New("the deployment names no model: want the directory of a checkpoint")
	}
	settings, err := s.Deployment.Settings()
	if err != nil {
		return Spec{}, err
	}
	if err := s.Deployment.CheckSecrets(settings); err != nil {
		return Spec{}, fmt.Errorf("deployment %s: %w", s.Deployment.Label(), err)
	}
	s.Format, s.Created, s.Settings = format, now, settings
	s.Prompts, s.Limits, s.Engine = nil, nil, nil
	if python := s.Deployment.Python; strings.ContainsRune(python, filepath.Separator) {
		// Not resolved: a virtual environment is known by the path of its link.
		if s.Deployment.Python, err = filepath.Abs(python); err != nil {
			return Spec{}, err
		}
	}
	paths := []*string{&s.Deployment.Model, &s.Deployment.Config, &s.Deployment.Patch, &s.Task.Dataset}
	tokenizer, named := settings[tokenizerSetting].(string)
	if named {
		paths = append(paths, &tokenizer)
	}
	for _, path := range paths {
		if *path == "" {
			continue
		}
		if _, err := os.Stat(*path); err != nil {
			continue // a name that the engine resolves
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return Spec{}, err
		}
	}
	if named {
		settings[tokenizerSetting] = tokenizer
	}
	return s, nil
}

// tokenizerSetting names the folder of the tokenizer, or its tokenizer.json,
// where that is not the model's: that of a server is a name at times.
const tokenizerSetting = "tokenizer"

// tokenizerDir is the folder with the deployment's tokenizer, and the chat
// template that goes with it.
func (s Spec) tokenizerDir() string {
	path, _ := s.Settings[tokenizerSetting].(string)
	if path == "" {
		return s.Deployment.Model
	}
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return filepath.Dir(path)
	}
	return path
}

func readSpec(dir string) (Spec, error) {
	path := filepath.Join(dir, specFile)
	text, err := os.ReadFile(path)
	if info, _ := os.Stat(dir); info != nil && !info.IsDir() {
		return Spec{}, fmt.Errorf("%s is a file: want the directory of a run, or its name", dir)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return Spec{}, fmt.Errorf("%s holds no run: %w", dir, err)
	}
	if err != nil {
		return Spec{}, err
	}
	spec, err := parseSpec(text)
	if err != nil {
		return Spec{}, fmt.Errorf("%s: %w", path, err)
	}
	return spec, nil
}

func parseSpec(text []byte) (Spec, error) {
	var version struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return Spec{}, fmt.Errorf("not a run's specification: %w", err)
	}
	if version.Format != format {
		return Spec{}, fmt.Errorf("run directory of format %d: this program reads and writes format %d; use the version that wrote it", version.Format, format)
	}
	var spec Spec
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&spec); err != nil {
		return Spec{}, fmt.Errorf("not a run's specification: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return Spec{}, errors.New("not a run's specification: text after the JSON object")
	}
	spec.Settings = plainMap(spec.Settings)
	spec.Deployment.Args = plainMap(spec.Deployment.Args)
	return spec, nil
}

// jsonMap returns m as it is written: a float that happens to be whole keeps
// its point, so that it comes back as a float.
func jsonMap(m map[string]any) map[string]any {
	out := maps.Clone(m)
	for key, value := range out {
		out[key] = jsonValue(value)
	}
	return out
}

func jsonValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		return jsonMap(v)
	case []any:
		out := slices.Clone(v)
		for i := range out {
			out[i] = jsonValue(out[i])
		}
		return out
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return json.Number(strconv.FormatFloat(v, 'f', 1, 64))
		}
	}
	return value
}

// plainMap replaces every json.Number in m by an int, where it is one, or a
// float64: a world size must come back as the integer it was.
func plainMap(m map[string]any) map[string]any {
	for key, value := range m {
		m[key] = plainValue(value)
	}
	return m
}

func plainValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		return plainMap(v)
	case []any:
		for i := range v {
			v[i] = plainValue(v[i])
		}
	case json.Number:
		if n, err := v.Int64(); err == nil && !strings.ContainsAny(v.String(), ".eE") {
			return int(n)
		}
		if f, err := v.Float64(); err == nil {
			return f
		}
		return v.String()
	}
	return value
}

func writeSpec(dir string, spec Spec) error {
	spec.Settings, spec.Deployment.Args = jsonMap(spec.Settings), jsonMap(spec.Deployment.Args)
	return writeJSON(filepath.Join(dir, specFile), spec)
}

// writeJSON replaces the file at path by value in one step: a reader sees the
// old text or the new one.
func writeJSON(path string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return replaceFile(path, append(text, '\n'))
}

func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails, as it should, after the rename
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Chmod(f.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// sweepHalves removes what processes that were killed in replaceFile left in dir.
// The caller holds the run's lock, and so does who replaces a file, but for the
// verdicts'.
func sweepHalves(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		number := strings.TrimPrefix(filepath.Ext(e.Name()), ".")
		if strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(e.Name(), "."+verdictsFile) && number != "" && strings.Trim(number, "0123456789") == "" {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
