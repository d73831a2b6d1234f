package results

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFilesInAnotherWrappingAreReadOrNamed(t *testing.T) {
	text := whole(t, lmText)
	name := "samples_tinygen_2026-11-23T16-46-29.190442.jsonl"
	_, want := imported(t, options(t), file(t, name, text))
	for _, same := range []string{"\ufeff" + text, strings.ReplaceAll(text, "\n", "\r\n"), "\n\n" + text + "\n \n"} {
		_, got := imported(t, options(t), file(t, name, same))
		require.Equal(t, fmt.Sprint(want), fmt.Sprint(got)) // margins are NaN
	}
	_, got := imported(t, options(t), file(t, name, "\ufeff"+text), file(t, "results_2026-11-23T16-46-29.190442.json", "\ufeff"+whole(t, lmScores)))
	require.Equal(t, fmt.Sprint(want), fmt.Sprint(got)) // margins are NaN

	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	refused(t, "it is compressed by gzip: unpack it first", options(t), file(t, name+".gz", packed.String()))
	refused(t, "it is compressed by Zstandard", options(t), file(t, name, "(\xb5/\xfd\x04"))
	refused(t, "its text is UTF-16: write it as UTF-8", options(t), file(t, name, "\xff\xfe{\x00"))
	refused(t, "11 bytes, which end within its header: it was cut", options(t), file(t, "base.kld", llamaMagic+"\x08\x00\x00"))
}

func TestAnswersThatAreNoneAreRefused(t *testing.T) {
	refused(t, "request 0: want a generated text", options(t), file(t, "samples_a_b.jsonl", edited(t, lmText, `"resps": [["`, `"resps": [[null, "`)))
	refused(t, "the results file says NaN", options(t), lmText, file(t, "results_x.json", edited(t, lmScores, `"exact_match,none": 0.0`, `"exact_match,none": NaN`)))
	r, _ := imported(t, options(t), file(t, "samples_a_b.jsonl", edited(t, lmChoice, `"resps": [[["-`, `"resps": [[["`)))
	require.Contains(t, strings.Join(r.Spec().Import.Notes, "\n"), "1 samples have a log-likelihood greater than 0, which is of no probability")
}

func TestABatchThatIsNotWholeIsRefused(t *testing.T) {
	request := func(id string) string {
		return `{"custom_id": "` + id + `", "body": {"model": "m", "prompt": "p` + id + `"}}` + "\n"
	}
	answer := func(id string) string {
		return `{"custom_id": "` + id + `", "response": {"status_code": 200, "body": {"model": "m", "choices": [{"index": 1, "text": "B"}, {"index": 0, "text": "A"}]}}}` + "\n"
	}
	o := options(t)
	o.References = file(t, "refs.jsonl", `{"custom_id": "a", "ref": "A"}`+"\n"+`{"custom_id": "b", "ref": "A"}`)
	refused(t, "line 2: request a is there twice", o, file(t, "in.jsonl", request("a")+request("a")), file(t, "out.jsonl", answer("a")))
	refused(t, "answers the request b, which", o, file(t, "in.jsonl", request("a")), file(t, "out.jsonl", answer("a")+answer("b")))
	r, samples := imported(t, o, file(t, "in.jsonl", request("a")+request("b")), file(t, "out.jsonl", answer("b")+answer("a")))
	require.Equal(t, []string{"A", "A"}, []string{samples[0].Output, samples[1].Output}, "the choice with the index 0")
	require.Contains(t, r.Spec().Import.Notes, "2 requests were answered more than once (n): the output is the first")
}

func TestHowOutputsWereGeneratedIsKept(t *testing.T) {
	r, _ := imported(t, options(t), lmText)
	require.Equal(t, map[string]string{"tinygen": `greedy, at most 8 tokens, up to one of ["\n"]`}, r.Spec().Import.Generation)
	require.NotContains(t, strings.Join(r.Spec().Import.Notes, "\n"), "sampled")
	text := whole(t, lmText)
	for settings, want := range map[string]string{
		`"do_sample": true, "temperature": 0.7`: `sampled at temperature 0.7, at most 8 tokens, up to one of ["\n"]`,
		`"do_sample": true`:                     `sampled, at most 8 tokens, up to one of ["\n"]`,
		`"temperature": 0.7`:                    `sampled at temperature 0.7, at most 8 tokens, up to one of ["\n"]`,
		`"do_sample": false, "temperature": 1`:  `greedy, at most 8 tokens, up to one of ["\n"]`,
	} {
		changed := lmSettings.ReplaceAllLiteralString(text, `"arg_1": {"until": ["\n"], "max_gen_toks": 8, `+settings+`}`)
		require.NotEqual(t, text, changed)
		r, _ := imported(t, options(t), file(t, "samples_tinygen_2026-11-23T16-46-29.190442.jsonl", changed))
		require.Equal(t, want, r.Spec().Import.Generation["tinygen"])
		require.Equal(t, strings.HasPrefix(want, "sampled"), strings.Contains(strings.Join(r.Spec().Import.Notes, "\n"), "4 outputs were sampled"))
	}
	r, _ = imported(t, options(t), lmChoice)
	require.Nil(t, r.Spec().Import.Generation, "choices were ranked")
}

var lmSettings = regexp.MustCompile(`"arg_1": \{[^}]*\}`)
