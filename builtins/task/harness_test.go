package task

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	harnessDate    = "_2026-11-27T00-00-00.000000"
	harnessResults = "testdata/logged/results" + harnessDate + ".json"
)

// lineOf is what the tests need of a line.
type lineOf struct {
	ID       int `json:"doc_id"`
	Filter   string
	Resps    [][]json.RawMessage
	Filtered []json.RawMessage `json:"filtered_resps"`
	Exact    *float64          `json:"exact_match"`
	Acc      *float64          `json:"acc"`
	AccNorm  *float64          `json:"acc_norm"`
}

func harnessLines(t *testing.T, task string) (path string, lines []lineOf) {
	t.Helper()
	path = "testdata/logged/samples_" + task + harnessDate + ".jsonl"
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		var l lineOf
		require.NoError(t, json.Unmarshal([]byte(line), &l))
		lines = append(lines, l)
	}
	return path, lines
}

// The files are lm-eval's, with its verdicts: testdata/make_logged.py. Each output
// is judged here by a task that was loaded from its file.
func TestOutputsAreJudgedByTheHarnessFilters(t *testing.T) {
	for _, c := range []struct{ task, filter string }{
		{"worked", "strict-match"}, {"worked", "flexible-extract"}, {"worked", "words"}, {"cot", "get-answer"}, {"cot", "shout"},
		{"mapped", "map"}, {"vote", "first"}, {"caseless", ""}, {"caseless", "none"}, {"anyof", ""},
		{"letters", "flexible-extract"}, {"letters", "strict"}, {"letters", "articles"},
	} {
		t.Run(c.task+" "+c.filter, func(t *testing.T) {
			path, lines := harnessLines(t, c.task)
			s := Spec{Kind: "lm-eval", Dataset: path, Filter: c.filter}
			loaded, err := s.Load()
			require.NoError(t, err)
			require.Equal(t, c.filter, s.Deciding())
			judged := 0
			for _, l := range lines {
				var output, answer string
				require.NoError(t, json.Unmarshal(l.Resps[0][0], &output))
				require.NoError(t, json.Unmarshal(l.Filtered[0], &answer))
				q := loaded.Questions[l.ID]
				if l.Filter == c.filter || c.filter == "" {
					require.Equal(t, *l.Exact == 1, loaded.Score(q, output), "document %d: %q", l.ID, output)
					judged++
				}
				for _, v := range loaded.Verdicts(q, output) {
					if v.Filter == l.Filter {
						require.Equal(t, Verdict{l.Filter, answer, *l.Exact == 1}, v, "document %d: %q", l.ID, output)
					}
				}
			}
			require.Equal(t, len(loaded.Questions), judged)
		})
	}
}

func TestAnyOfSeveralChoicesIsRight(t *testing.T) {
	path, lines := harnessLines(t, "golds")
	for _, metric := range []string{Acc, AccNorm} {
		loaded, err := Spec{Kind: "lm-eval", Dataset: path, Metric: metric}.Load()
		require.NoError(t, err)
		require.Equal(t, [][]int{{1, 2}, {0, 2}, {1}, {0, 1}}, [][]int{loaded.Questions[0].Right, loaded.Questions[1].Right, loaded.Questions[2].Right, loaded.Questions[3].Right})
		require.Equal(t, "two or four", loaded.Questions[0].Ref)
		for _, l := range lines {
			var likelihoods []float64
			for _, r := range l.Resps {
				var pair []string
				require.NoError(t, json.Unmarshal(r[0], &pair))
				value, ok := parseFloat(pair[0])
				require.True(t, ok)
				likelihoods = append(likelihoods, value)
			}
			want := map[string]*float64{Acc: l.Acc, AccNorm: l.AccNorm}[metric]
			_, right := loaded.Rank(loaded.Questions[l.ID], likelihoods, make([]bool, len(likelihoods)))
			require.Equal(t, *want == 1, right, "document %d", l.ID)
		}
	}
}

// copyOf puts a samples file, edited, beside an edited results file.
func copyOf(t *testing.T, task string, samples, results *strings.Replacer) string {
	t.Helper()
	dir := t.TempDir()
	for from, edit := range map[string]*strings.Replacer{"testdata/logged/samples_" + task + harnessDate + ".jsonl": samples, harnessResults: results} {
		text, err := os.ReadFile(from)
		require.NoError(t, err)
		if edit == nil {
			continue
		}
		changed := edit.Replace(string(text))
		require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.Base(from)), []byte(changed), 0o644))
	}
	return filepath.Join(dir, "samples_"+task+harnessDate+".jsonl")
}

func TestAFilterThatIsNotKnownIsRefusedByName(t *testing.T) {
	same := strings.NewReplacer()
	for _, c := range []struct {
		name, task, filter string
		samples, results   *strings.Replacer
		want               string
	}{
		{"not named", "worked", "", same, same, `name the one that decides, by Filter("strict-match") in a cell or filter: strict-match in a file; there are strict-match, flexible-extract, words`},
		{"another", "worked", "loose", same, same, `filter "loose": there are strict-match, flexible-extract, words`},
		{"no results", "worked", "strict-match", same, nil, "put results_2026-11-27T00-00-00.000000.json beside the samples, or judge answers by a function"},
		{"damaged results", "worked", "strict-match", same, strings.NewReplacer(`"configs": {`, `"configs": [`), "not a results file of lm-eval"},
		{"of choices", "letters", "strict", strings.NewReplacer(`"choices"`, `"options"`), same, `its filter "strict": its document has no choices to look for: judge answers by a function`},
		{"of no texts", "letters", "strict", strings.NewReplacer(`["blue", "green"]`, `[1, 2]`), same, `its filter "strict": its document has no choices to look for: judge answers by a function`},
		{"of a choice's setting", "letters", "articles", same, strings.NewReplacer(`"ignore_case": true,`, `"ignore_case": 1,`), `multi_choice_regex: ignore_case is 1, and neither true nor false`},
		{"another function", "cot", "shout", same, strings.NewReplacer(`"uppercase"`, `"decontaminate"`), `its filter "shout": decontaminate: a function that is not known here, and so is not judged here: judge answers by a function`},
		{"votes", "vote", "maj@3", same, same, `document 0: its filter "maj@3": it votes among 3 outputs of a document, and a run asks for one`},
		{"another rule", "worked", "strict-match", same, strings.NewReplacer(`"#### (\\-?[0-9\\.\\,]+)"`, `"([0-9]+)"`),
			`document 0: by its filter "strict-match", as the results file has it, the answer in the output "2 * 21 = 42\n#### 42" is "2", and the harness found "42"`},
		{"another metric", "caseless", "", same, strings.NewReplacer(`"ignore_case": true`, `"ignore_case": false`), `document 0: the harness's exact_match of the answer "The answer is Paris." with the target "the answer is Paris" is 1, and by the results file it is not`},
		{"a setting", "caseless", "", same, strings.NewReplacer(`"ignore_numbers": true`, `"ignore_words": true`), "exact_match: its setting ignore_words is not known here"},
		{"a function", "caseless", "", same, strings.NewReplacer(`"task": "caseless",`, `"task": "caseless", "process_results": "<function f>",`), "its task judges by a function of its own (process_results)"},
		{"a pattern", "worked", "words", same, strings.NewReplacer(`####\\s*(`, `(?x)####\\s*(`), `its filter "words": regex: pattern`},
		{"twice", "caseless", "", strings.NewReplacer(`{"doc_id": 1,`, `{"doc_id": 0,`, "Capital??", "Capital?", "the answer is: rome \\n", "The answer is Paris."), same,
			"document 0 is there twice (filter none): the file is of more than one run"},
		{"cut", "vote", "first", strings.NewReplacer("", ""), same, ""},
		{"choices", "golds", "none", same, same, "filter has no effect: choices are ranked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := copyOf(t, c.task, c.samples, c.results)
			if c.name == "cut" { // within the lines of the second filter
				text, err := os.ReadFile(path)
				require.NoError(t, err)
				at := strings.LastIndex(strings.TrimSpace(string(text)), "\n") + 1
				require.NoError(t, os.WriteFile(path, text[:at], 0o644))
				c.want = "document 6 has no line of the filter first: the file was cut"
			}
			_, err := Spec{Kind: "lm-eval", Dataset: path, Filter: c.filter}.Load()
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, path[:len(path)-10])
		})
	}
}

func TestListsOfPythonAreRead(t *testing.T) {
	for text, want := range map[string][]string{
		`['A', "B's"]`:                     {"A", "B's"},
		`['it\'s "x"', '\t\\n\xe9\u200b']`: {`it's "x"`, "\t\\né\u200b"},
		`['\U0001f600']`:                   {"\U0001f600"},
		`["a", "b"]`:                       {"a", "b"},
		`[]`:                               nil,
		`[1, 2]`:                           nil,
		`['a', 'b'] and`:                   nil,
		`['a'`:                             nil,
		`['\x4']`:                          nil,
		`['\ud800']`:                       nil,
		`['a''b']`:                         nil,
		`A`:                                nil,
	} {
		require.Equal(t, want, textsIn(text), text)
	}
}
