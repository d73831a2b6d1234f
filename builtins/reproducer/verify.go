package reproducer

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"adkernel/kernel/notebook"
)

// A Verification is a saved finding beside that of another execution.
type Verification struct {
	Reproduced bool     `json:"reproduced"`
	Rule       string   `json:"rule"`              // by which the two were held against each other
	Differs    string   `json:"differs,omitempty"` // what was not reproduced
	Saved      *Finding `json:"saved"`
	Found      *Finding `json:"found"`
}

// String is the verification in one line.
func (v *Verification) String() string {
	if v.Reproduced {
		return fmt.Sprintf("reproduced: %s points, n = %d, %s; %s", signed(v.Found.Change.Estimate), v.Found.N, v.Found.Verdict, v.Rule)
	}
	return fmt.Sprintf("not reproduced: %s; %s", v.Differs, v.Rule)
}

// Verify executes a copy of the reproducer at path and holds the finding
// against the saved one. Execute runs all cells of the notebook that it is
// given and writes the outputs into it. The error says why nothing could be
// verified: no reproducer, cells that fail, other prompts.
func Verify(ctx context.Context, path string, execute func(ctx context.Context, notebook string) error) (*Verification, error) {
	v, err := verify(ctx, path, execute)
	if err != nil {
		return nil, fmt.Errorf("verify %s: %w", path, err)
	}
	return v, nil
}

func verify(ctx context.Context, path string, execute func(ctx context.Context, notebook string) error) (*Verification, error) {
	nb, err := notebook.Read(path)
	if err != nil {
		return nil, err
	}
	saved, err := savedFinding(nb)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "adkernel-verify-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	clone := filepath.Join(dir, filepath.Base(path))
	if err := nb.Write(clone); err != nil {
		return nil, err
	}
	if err := execute(ctx, clone); err != nil {
		return nil, err
	}
	if nb, err = notebook.Read(clone); err != nil {
		return nil, err
	}
	found, err := shownFinding(nb)
	if err != nil {
		return nil, err
	}
	for _, side := range []*Side{&found.Test, &found.Base} {
		if side.Files, err = hashFiles(ctx, side.Model); err != nil {
			return nil, err
		}
	}
	return hold(saved, found)
}

// savedFinding is what the notebook says was found.
func savedFinding(nb *notebook.Notebook) (*Finding, error) {
	program, _ := nb.Metadata["adkernel"].(map[string]any)
	tree, ok := program["finding"]
	if !ok {
		return nil, errors.New("it is not a reproducer: it has no metadata.adkernel.finding, which SaveReproducer writes")
	}
	finding, err := findingOf(tree)
	if err != nil {
		return nil, fmt.Errorf("metadata.adkernel.finding: %w", err)
	}
	return finding, nil
}

// shownFinding is the last finding that a cell of the notebook shows.
func shownFinding(nb *notebook.Notebook) (*Finding, error) {
	for i, c := range slices.Backward(nb.Cells) {
		for _, output := range slices.Backward(c.Outputs) {
			if tree, ok := output.Data[MIMEType]; ok {
				finding, err := findingOf(tree)
				if err != nil {
					return nil, fmt.Errorf("output of cell %d: %w", i+1, err)
				}
				return finding, nil
			}
		}
	}
	return nil, fmt.Errorf("its cells ran, and none shows a finding: a reproducer ends in a cell with %s", findingCell)
}

func findingOf(tree any) (*Finding, error) {
	text, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	return parseFinding(text)
}

// hold compares every number where the same arithmetic was done, and the
// verdict and the change where it was not.
func hold(saved, found *Finding) (*Verification, error) {
	if err := samePrompts(saved, found); err != nil {
		return nil, err
	}
	v := &Verification{Saved: saved, Found: found}
	if others := differences(saved, found); len(others) > 0 {
		v.Rule = fmt.Sprintf("held to the saved verdict and interval, since %s", strings.Join(others, " and "))
		v.Differs = differingVerdict(saved, found)
	} else {
		v.Rule = fmt.Sprintf("held to every number, since %s are the saved ones (%s)", sameParts(saved), saved.Test.Engine)
		v.Differs = differingNumber(saved, found)
	}
	v.Reproduced = v.Differs == ""
	return v, nil
}

// sameParts says what is the same on both sides. The checkpoints are only where
// they have files that were hashed: a model may be a name that its engine
// resolves.
func sameParts(saved *Finding) string {
	checkpoints := "checkpoints"
	switch test, base := len(saved.Test.Files) > 0, len(saved.Base.Files) > 0; {
	case !test && !base:
		return "engine, settings and processor kernel, but for checkpoints of which no files were found,"
	case !test:
		checkpoints = "the checkpoint of base (of test, no files were found)"
	case !base:
		checkpoints = "the checkpoint of test (of base, no files were found)"
	}
	return "engine, settings, " + checkpoints + " and processor kernel"
}

// samePrompts refuses to compare scores of different questions.
func samePrompts(saved, found *Finding) error {
	for _, side := range []struct {
		name         string
		saved, found Side
	}{{"test", saved.Test, found.Test}, {"base", saved.Base, found.Base}} {
		s, f := side.saved.Prompts, side.found.Prompts
		switch {
		case s.TextSHA256 != f.TextSHA256:
			return fmt.Errorf("this is not the same evaluation: the %s run was asked other prompts (%d, SHA-256 %.12s…; saved: %d, %.12s…)", side.name, f.Count, f.TextSHA256, s.Count, s.TextSHA256)
		case s.IDsSHA256 != f.IDsSHA256:
			return fmt.Errorf("this is not the same evaluation: the tokenizer of the %s run gives the prompts other token ids (SHA-256 %.12s…; saved: %.12s…)", side.name, f.IDsSHA256, s.IDsSHA256)
		}
	}
	return nil
}

// differences lists why the numbers may differ without anything being wrong.
func differences(saved, found *Finding) []string {
	var out []string
	if saved.Program.Arch != found.Program.Arch {
		out = append(out, fmt.Sprintf("the processor is %s, saved with %s", found.Program.Arch, saved.Program.Arch))
	}
	for _, side := range []struct {
		name         string
		saved, found Side
	}{{"test", saved.Test, found.Test}, {"base", saved.Base, found.Base}} {
		s, f := side.saved, side.found
		if s.Engine != f.Engine || s.Build != f.Build {
			out = append(out, fmt.Sprintf("the engine of %s is %s, saved with %s", side.name, f.engine(), s.engine()))
		}
		if !reflect.DeepEqual(s.Settings, f.Settings) {
			out = append(out, fmt.Sprintf("the settings of %s differ", side.name))
		}
		if name := differingSetting(s, f); name != "" {
			out = append(out, fmt.Sprintf("%s of %s differs", name, side.name))
		}
		if name := differingFile(s.Files, f.Files); name != "" {
			out = append(out, fmt.Sprintf("%s of %s differs", name, side.name))
		}
	}
	return out
}

func (s Side) engine() string { return strings.TrimSpace(s.Engine + " " + s.Build) }

// differingSetting names the first setting in force, or the patch, that
// differs, with both values; "" when none does, and where that was not saved.
func differingSetting(saved, found Side) string {
	if saved.InForce == nil {
		return ""
	}
	names := maps.Clone(saved.InForce)
	maps.Copy(names, found.InForce)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		was, saved := saved.InForce[name]
		is, found := found.InForce[name]
		if was != is || saved != found {
			return fmt.Sprintf("%s (%s, saved with %s)", name, cmp.Or(is, "not set"), cmp.Or(was, "not set"))
		}
	}
	if saved.PatchSHA256 != found.PatchSHA256 {
		return "the patch"
	}
	return ""
}

// differingFile names the first file that differs, "" when none does.
func differingFile(saved, found []File) string {
	for _, pair := range [][2][]File{{saved, found}, {found, saved}} {
		for _, f := range pair[0] {
			if !slices.Contains(pair[1], f) {
				return f.Name
			}
		}
	}
	return ""
}

// differingNumber says which number differs first, "" when none does.
func differingNumber(saved, found *Finding) string {
	for _, number := range []struct {
		name         string
		saved, found any
	}{
		{"n", saved.N, found.N},
		{"right in test", saved.Test.Right, found.Test.Right},
		{"right in base", saved.Base.Right, found.Base.Right},
		{"losses", saved.Losses, found.Losses},
		{"gains", saved.Gains, found.Gains},
		{"verdict", saved.Verdict, found.Verdict},
		{"change in points", saved.Change, found.Change},
		{"p", saved.P, found.P},
		{"one-sided p", saved.PLoss, found.PLoss},
	} {
		if number.saved != number.found {
			return fmt.Sprintf("%s: %v, saved %v", number.name, number.found, number.saved)
		}
	}
	return ""
}

// differingVerdict says what of the verdict and the change differs.
func differingVerdict(saved, found *Finding) string {
	change := found.Change.Estimate
	switch {
	case saved.N != found.N:
		return fmt.Sprintf("n: %d, saved %d", found.N, saved.N)
	case saved.Verdict != found.Verdict:
		return fmt.Sprintf("verdict: %s (%s points), saved %s (%s points)", found.Verdict, signed(change), saved.Verdict, signed(saved.Change.Estimate))
	case change < saved.Change.Low || change > saved.Change.High:
		return fmt.Sprintf("change: %s points, saved %s with the interval %s to %s", signed(change), signed(saved.Change.Estimate), signed(saved.Change.Low), signed(saved.Change.High))
	}
	return ""
}

// String writes an interval in points.
func (i Interval) String() string {
	return fmt.Sprintf("%g (%g to %g)", i.Estimate, i.Low, i.High)
}
