package reproducer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"runtime"

	"adkernel/builtins/compare"
	"adkernel/builtins/diagnose"
	"adkernel/builtins/engine/backend"
	"adkernel/builtins/run"
	"adkernel/internal/version"
	"adkernel/kernel/host"
)

// format is the version of a finding's fields. Another one is refused: a
// number might mean something else in it.
const format = 1

// MIMEType is that of a finding as JSON, in the outputs of a cell.
const MIMEType = "application/vnd.adkernel.finding+json"

// A Finding is what a comparison of two runs found, in numbers that another
// execution can be held against. Accuracies are in percent, changes in points.
type Finding struct {
	Format  int             `json:"format"`
	N       int             `json:"n"` // samples that both runs have finished
	Test    Side            `json:"test"`
	Base    Side            `json:"base"`
	Change  Interval        `json:"change"` // test minus base, paired, 95 %
	Losses  int             `json:"losses"` // right in base only
	Gains   int             `json:"gains"`  // right in test only
	P       float64         `json:"p"`      // exact McNemar, two-sided
	PLoss   float64         `json:"p_loss"` // exact McNemar, one-sided
	Verdict compare.Outcome `json:"verdict"`
	Words   string          `json:"words"` // the verdict with its numbers, a sentence
	Program Program         `json:"program"`

	// What was concluded about the cause; nil when nothing was. It is not part
	// of what an execution is held against.
	Diagnosis *Diagnosis `json:"diagnosis,omitempty"`
	Isolation *Isolation `json:"isolation,omitempty"`

	comparison *compare.Comparison // nil when it was read from a notebook
}

// A Side is one of the two runs: what was deployed, what it was asked, and
// how much of it was right.
type Side struct {
	Label    string         `json:"label"`
	Right    int            `json:"right"`    // samples
	Accuracy float64        `json:"accuracy"` // percent
	Model    string         `json:"model"`
	Backend  string         `json:"backend"`
	Build    string         `json:"build,omitempty"`
	Engine   string         `json:"engine"` // name and version, with the instruction set it used
	Arch     string         `json:"architecture,omitempty"`
	DType    string         `json:"dtype,omitempty"`
	Quant    string         `json:"quantization,omitempty"`
	Settings map[string]any `json:"settings"` // configuration as merged, secrets left out

	// InForce are the settings that the engine says it had, its device among
	// them, but for where the model is; PatchSHA256 is of the deployment's patch.
	// Findings that were saved earlier have neither.
	InForce     map[string]string `json:"in_force,omitempty"`
	PatchSHA256 string            `json:"patch_sha256,omitempty"`

	Prompts run.Prompts `json:"prompts"`
	Files   []File      `json:"files,omitempty"` // of the checkpoint; when saved
}

// Interval is an estimate with its 95 % interval.
type Interval struct {
	Estimate float64 `json:"estimate"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
}

// Diagnosis is the outcome of a diagnosis.
type Diagnosis struct {
	Words    string            `json:"words"`             // a sentence or two that stand alone
	Suspect  string            `json:"suspect,omitempty"` // the likeliest of the accused, by its name in the catalogue
	Standing diagnose.Standing `json:"standing,omitempty"`
}

// Isolation is the outcome of an isolation.
type Isolation struct {
	Words   string           `json:"words"` // a sentence that stands alone
	Finding diagnose.Finding `json:"finding"`
	Culprit string           `json:"culprit,omitempty"` // the component, when it is one
}

// conclude adds what was concluded about the cause; either may be nil.
func (f *Finding) conclude(d *diagnose.Diagnosis, i *diagnose.Isolation) {
	if d != nil {
		f.Diagnosis = &Diagnosis{Words: d.Words}
		if len(d.Suspects) > 0 && d.Suspects[0].Standing.Accuses() {
			f.Diagnosis.Suspect, f.Diagnosis.Standing = d.Suspects[0].Name, d.Suspects[0].Standing
		}
	}
	if i != nil {
		f.Isolation = &Isolation{Words: i.Words, Finding: i.Finding, Culprit: i.Culprit}
	}
}

// Program is what computed a finding.
type Program struct {
	Version string `json:"version"` // of adkernel
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

// Of returns what c found.
func Of(c *compare.Comparison) (*Finding, error) {
	f := &Finding{
		Format: format, N: c.N,
		Change: Interval{100 * c.Change.Estimate, 100 * c.Change.Low, 100 * c.Change.High},
		Losses: c.Pairs.Losses, Gains: c.Pairs.Gains,
		P: c.Exact.P, PLoss: c.Loss.P,
		Verdict: c.Verdict.Outcome, Words: c.Verdict.Words,
		Program:    thisProgram(),
		comparison: c,
	}
	var err error
	if f.Test, err = sideOf(c.Test, c.Pairs.BothRight+c.Pairs.Gains, c.N); err != nil {
		return nil, err
	}
	if f.Base, err = sideOf(c.Base, c.Pairs.BothRight+c.Pairs.Losses, c.N); err != nil {
		return nil, err
	}
	return f, nil
}

func sideOf(r *run.Run, right, n int) (Side, error) {
	spec := r.Spec()
	if spec.Engine == nil || spec.Prompts == nil {
		return Side{}, fmt.Errorf("run %s (%s) does not say what its engine was and what it was asked", r.Name(), r.Label())
	}
	d, e := spec.Deployment, spec.Engine
	if d.Backend == "" {
		d.Backend = backend.Default
	}
	return Side{
		Label: r.Label(), Right: right, Accuracy: 100 * float64(right) / float64(n),
		Model: d.Model, Backend: d.Backend, Build: d.Build,
		Engine: e.Engine + " " + e.Version, Arch: e.Arch, DType: e.DType, Quant: e.Quant,
		Settings: withoutSecrets(spec.Settings), InForce: inForce(e.Settings), PatchSHA256: spec.PatchSHA256, Prompts: *spec.Prompts,
	}, nil
}

func inForce(settings map[string]string) map[string]string {
	kept := maps.Clone(settings)
	for _, place := range []string{"model", "tokenizer", "url"} {
		delete(kept, place)
	}
	return kept
}

func thisProgram() Program {
	return Program{Version: version.Number, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
}

// Comparison returns what the finding is of; nil when it was read from a
// notebook.
func (f *Finding) Comparison() *compare.Comparison { return f.comparison }

// MimeBundle shows the comparison, with the finding beside it for programs.
func (f *Finding) MimeBundle() host.Bundle {
	b := host.Text(f.Words)
	if f.comparison != nil {
		b = f.comparison.MimeBundle()
	}
	b.Data[MIMEType] = f
	return b
}

// summary is the finding in a few words.
func (f *Finding) summary() string {
	return fmt.Sprintf("%s, %s points, n = %d", f.Verdict, signed(f.Change.Estimate), f.N)
}

// title names the finding for people, with its number.
func (f *Finding) title() string {
	switch f.Verdict {
	case compare.RealLoss:
		return fmt.Sprintf("%s is %.1f points worse than %s", f.Test.Label, -f.Change.Estimate, f.Base.Label)
	case compare.Gain:
		return fmt.Sprintf("%s is %.1f points better than %s", f.Test.Label, f.Change.Estimate, f.Base.Label)
	case compare.NoLoss:
		return fmt.Sprintf("%s shows no loss against %s", f.Test.Label, f.Base.Label)
	}
	return fmt.Sprintf("%s against %s: too few samples to tell", f.Test.Label, f.Base.Label)
}

// signed writes points with their sign, as the card of a comparison does.
func signed(points float64) string {
	if p := math.Round(10*points) / 10; p != 0 {
		return fmt.Sprintf("%+.1f", p)
	}
	return "0.0"
}

// parseFinding reads a finding strictly.
func parseFinding(text []byte) (*Finding, error) {
	var version struct {
		Format *int `json:"format"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return nil, fmt.Errorf("not a finding: %w", err)
	}
	if version.Format == nil {
		return nil, errors.New("not a finding: it has no format")
	}
	if *version.Format != format {
		return nil, fmt.Errorf("finding of format %d: this program reads format %d; use the version that wrote it", *version.Format, format)
	}
	f := &Finding{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(f); err != nil {
		return nil, fmt.Errorf("not a finding: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("not a finding: text after the JSON object")
	}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("not a finding: %w", err)
	}
	return f, nil
}

// check refuses numbers that no comparison has.
func (f *Finding) check() error {
	if f.N < 1 {
		return fmt.Errorf("n is %d", f.N)
	}
	if f.Losses < 0 || f.Gains < 0 || f.Losses > f.Base.Right || f.Gains > f.Test.Right {
		return fmt.Errorf("%d losses of %d right and %d gains of %d", f.Losses, f.Base.Right, f.Gains, f.Test.Right)
	}
	if f.Test.Right > f.N || f.Base.Right > f.N || f.Test.Right-f.Gains != f.Base.Right-f.Losses {
		return fmt.Errorf("%d and %d of %d right, with %d losses and %d gains, do not add up", f.Test.Right, f.Base.Right, f.N, f.Losses, f.Gains)
	}
	if f.Change.Low > f.Change.Estimate || f.Change.Estimate > f.Change.High {
		return fmt.Errorf("the change %g lies outside its interval %g to %g", f.Change.Estimate, f.Change.Low, f.Change.High)
	}
	for _, p := range []float64{f.P, f.PLoss} {
		if p < 0 || p > 1 {
			return fmt.Errorf("p is %g", p)
		}
	}
	switch f.Verdict {
	case compare.RealLoss, compare.Gain, compare.NoLoss, compare.Underpowered:
	default:
		return fmt.Errorf("unknown verdict %q", f.Verdict)
	}
	for _, s := range []Side{f.Test, f.Base} {
		if len(s.Prompts.TextSHA256) != 64 || len(s.Prompts.IDsSHA256) != 64 {
			return fmt.Errorf("%s: no hash of its prompts", s.Label)
		}
	}
	return nil
}
