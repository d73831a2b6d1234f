package reproducer

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/diagnose"
	"adkernel/builtins/run"
)

var hash = strings.Repeat("5e", 32)

// example is a finding that adds up.
func example() *Finding {
	side := func(label string, right int) Side {
		return Side{
			Label: label, Right: right, Accuracy: float64(right) / 2, Model: "/models/" + label,
			Backend: "embedded", Engine: "embedded 1.0+avx512", Settings: map[string]any{"world_size": 1.0},
			Prompts: run.Prompts{Count: 200, TextSHA256: hash, IDsSHA256: hash},
			Files:   []File{{"model.safetensors", 10, hash}},
		}
	}
	return &Finding{
		Format: format, N: 200, Test: side("fp8", 140), Base: side("bf16", 160),
		Change: Interval{-10, -16.5, -3.9}, Losses: 28, Gains: 8, P: 0.0012, PLoss: 0.0006,
		Verdict: "real loss", Words: "Real loss.", Program: Program{"v0.1.0", "go1.26.8", "linux", "amd64"},
	}
}

func TestFindingComesBackAsItWasWritten(t *testing.T) {
	text, err := json.Marshal(example())
	require.NoError(t, err)
	got, err := parseFinding(text)
	require.NoError(t, err)
	require.Equal(t, example(), got)
}

func TestParseFindingRefuses(t *testing.T) {
	edit := func(from, to string) string {
		text, err := json.Marshal(example())
		require.NoError(t, err)
		require.Contains(t, string(text), from)
		return strings.Replace(string(text), from, to, 1)
	}
	for _, test := range []struct{ name, text, want string }{
		{"no JSON", "{", "not a finding"},
		{"another thing", `{"n": 3}`, "it has no format"},
		{"another format", edit(`"format":1`, `"format":2`), "finding of format 2: this program reads format 1"},
		{"an unknown field", edit(`"n":200`, `"n":200,"m":3`), `unknown field "m"`},
		{"no samples", edit(`"n":200`, `"n":0`), "n is 0"},
		{"numbers that do not add up", edit(`"losses":28`, `"losses":27`), "do not add up"},
		{"more losses than right answers", edit(`"losses":28`, `"losses":280`), "280 losses of 160 right"},
		{"a change outside of its interval", edit(`"estimate":-10`, `"estimate":-20`), "outside its interval"},
		{"an impossible p", edit(`"p":0.0012`, `"p":1.5`), "p is 1.5"},
		{"an unknown verdict", edit(`real loss`, `fine`), `unknown verdict "fine"`},
		{"a hash that is none", edit(hash, "5e"), "no hash of its prompts"},
		{"more after it", edit(`}}`, `}}`) + "{}", "not a finding"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseFinding([]byte(test.text))
			require.ErrorContains(t, err, test.want)
		})
	}
}

func FuzzParseFinding(f *testing.F) {
	text, err := json.Marshal(example())
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte(`{"format": 1, "n": 1e400}`))
	f.Add([]byte(`{"format": 1, "test": null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		finding, err := parseFinding(text)
		if err != nil {
			return
		}
		require.GreaterOrEqual(t, finding.N, 1)
		v, err := hold(finding, finding)
		require.NoError(t, err)
		require.True(t, v.Reproduced, "a finding reproduces itself: %s", v.Differs)
		again, err := json.Marshal(finding)
		require.NoError(t, err)
		_, err = parseFinding(again)
		require.NoError(t, err)
	})
}

func TestHoldSaysWhatDiffersByWhichRule(t *testing.T) {
	tests := []struct {
		name       string
		edit       func(*Finding)
		reproduced bool
		line       string
	}{
		{"nothing differs", func(*Finding) {}, true,
			"reproduced: -10.0 points, n = 200, real loss; held to every number, since engine, settings, checkpoints and processor kernel are the saved ones (embedded 1.0+avx512)"},
		{"one sample", func(f *Finding) { f.Losses, f.Test.Right = 27, 141 }, false,
			"not reproduced: right in test: 141, saved 140; held to every number"},
		{"losses and gains", func(f *Finding) { f.Losses, f.Gains = 29, 9 }, false, "not reproduced: losses: 29, saved 28; held to every number"},
		{"another processor kernel, in the interval", func(f *Finding) {
			f.Test.Engine = "embedded 1.0+portable"
			f.Losses, f.Test.Right, f.Change.Estimate = 27, 141, -9.5
		}, true, "reproduced: -9.5 points, n = 200, real loss; held to the saved verdict and interval, since the engine of test is embedded 1.0+portable, saved with embedded 1.0+avx512"},
		{"another processor, outside of the interval", func(f *Finding) { f.Program.Arch, f.Change = "arm64", Interval{-3, -9, -1} }, false,
			"not reproduced: change: -3.0 points, saved -10.0 with the interval -16.5 to -3.9; held to the saved verdict and interval, since the processor is arm64, saved with amd64"},
		{"another checkpoint, another verdict", func(f *Finding) { f.Base.Files[0].Bytes, f.Verdict = 11, "underpowered" }, false,
			"not reproduced: verdict: underpowered (-10.0 points), saved real loss (-10.0 points); held to the saved verdict and interval, since model.safetensors of base differs"},
		{"other settings, other n", func(f *Finding) { f.Test.Settings, f.N = nil, 150 }, false, "not reproduced: n: 150, saved 200; held to the saved verdict and interval, since the settings of test differ"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			found := example()
			test.edit(found)
			v, err := hold(example(), found)
			require.NoError(t, err)
			require.Equal(t, test.reproduced, v.Reproduced)
			require.Contains(t, v.String(), test.line)
			require.NotContains(t, v.String(), "\n")
		})
	}
}

func TestCheckpointsWithoutFilesAreNotCalledTheSavedOnes(t *testing.T) {
	for _, test := range []struct {
		test, base []File
		want       string
	}{
		{nil, nil, "since engine, settings and processor kernel, but for checkpoints of which no files were found, are the saved ones (embedded 1.0+avx512)"},
		{example().Test.Files, nil, "since engine, settings, the checkpoint of test (of base, no files were found) and processor kernel are the saved ones"},
		{nil, example().Base.Files, "since engine, settings, the checkpoint of base (of test, no files were found) and processor kernel are the saved ones"},
	} {
		saved := example()
		saved.Test.Files, saved.Base.Files = test.test, test.base
		v, err := hold(saved, saved)
		require.NoError(t, err)
		require.Contains(t, v.Rule, test.want)
	}
}

func TestATitleBeginsWithACapital(t *testing.T) {
	for label, want := range map[string]string{"fp8": "Fp8", "écart": "Écart", "模型": "模型", "": ""} {
		require.Equal(t, want, upperFirst(label))
	}
}

func TestOtherPromptsAreNotTheSameEvaluation(t *testing.T) {
	other := strings.Repeat("ab", 32)
	found := example()
	found.Test.Prompts.TextSHA256 = other
	_, err := hold(example(), found)
	require.ErrorContains(t, err, "not the same evaluation: the test run was asked other prompts")
	found = example()
	found.Base.Prompts.IDsSHA256 = other
	_, err = hold(example(), found)
	require.ErrorContains(t, err, "the tokenizer of the base run gives the prompts other token ids")
}

// The first of the open suspects is before the others by how common it is.
func TestAFindingNamesNobodyWhomTheDiagnosisDoesNotAccuse(t *testing.T) {
	for standing, want := range map[diagnose.Standing]string{diagnose.Open: "", diagnose.Unlikely: "", diagnose.Possible: "block-scale", diagnose.Shown: "block-scale"} {
		var f Finding
		f.conclude(&diagnose.Diagnosis{Suspects: []diagnose.Suspect{{Name: "block-scale", Standing: standing}}}, nil)
		require.Equal(t, want, f.Diagnosis.Suspect, standing)
	}
}
