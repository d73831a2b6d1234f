package results

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"adkernel/internal/pythonjson"
)

// readers are the formats that make a run. It is filled when the package is
// initialized, since reading an array asks what other files are.
var readers []reader

func init() {
	readers = []reader{
		{lmSamplesFormat, []string{lmResultsFormat}, readLMEval},
		{lmWholeFormat, nil, readLMWhole},
		{trtTextFormat, []string{trtIDsFormat, trtLogFormat}, readTRT},
		{sglangFormat, nil, readSGLang},
		{sglEvalFormat, nil, readSGLEval},
		{batchOutputFormat, []string{batchInputFormat}, readBatch},
		{llamaFormat, nil, readLlama},
		{npyFormat, nil, readLogits},
		{npzFormat, nil, readLogits},
		{safetensorsFormat, nil, readLogits},
	}
}

// Formats lists what Import reads, in words.
func Formats() []string {
	names := make([]string, len(readers))
	for i, r := range readers {
		names[i] = r.format
		if len(r.with) > 0 {
			names[i] += " (with " + strings.Join(r.with, ", ") + ")"
		}
	}
	return names
}

func formatsWords() string { return "these are read: " + strings.Join(Formats(), "; ") }

var nan32 = float32(math.NaN())

// detect says what a file is, by its content.
func detect(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head := make([]byte, 1<<20)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	whole := n < len(head)
	format, why := recognize(head[:n], whole)
	if format == "" {
		return "", fmt.Errorf("%s: %s; %s", path, why, formatsWords())
	}
	return format, nil
}

// recognize says what a file is that begins so, or why it is nothing that is
// read.
func recognize(head []byte, whole bool) (format, why string) {
	switch {
	case len(head) == 0:
		return "", "the file is empty"
	case bytes.HasPrefix(head, []byte(llamaMagic)):
		return llamaFormat, ""
	case bytes.HasPrefix(head, []byte(npyMagic)):
		return npyFormat, ""
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return npzFormat, ""
	case len(head) > 8 && head[8] == '{' && binary.LittleEndian.Uint64(head) < 1<<27:
		return safetensorsFormat, ""
	}
	for magic, why := range map[string]string{
		"\x1f\x8b": "it is compressed by gzip: unpack it first (gunzip)", "(\xb5/\xfd": "it is compressed by Zstandard: unpack it first (unzstd)",
		"\xff\xfe": "its text is UTF-16: write it as UTF-8", "\xfe\xff": "its text is UTF-16: write it as UTF-8",
	} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return "", why
		}
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	if len(text) > 0 && text[0] == '{' {
		return recognizeJSON(text, whole)
	}
	for _, mark := range []string{"MMLU weighted average accuracy", "Average accuracy ", "lm-eval "} {
		if bytes.Contains(head, []byte(mark)) && bytes.Contains(head, []byte("accuracy")) {
			return trtLogFormat, ""
		}
	}
	if len(head) == 1<<20 && bytes.Contains(head, []byte("[TRT-LLM]")) {
		return trtLogFormat, "" // its averages are at its end
	}
	return "", "not a result file of a format that is known"
}

// recognizeJSON tells by the keys of the first object. Of an object that is
// longer than what was read, the keys up to there are seen.
func recognizeJSON(text []byte, whole bool) (format, why string) {
	first, _, oneLine := bytes.Cut(text, []byte("\n"))
	keys, complete := objectKeys(first)
	if !complete || !oneLine {
		keys, _ = objectKeys(text)
	}
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(keys, n) })
	}
	switch {
	case has("doc_id", "arguments"):
		return lmSamplesFormat, ""
	case has("results", "samples"):
		return lmWholeFormat, ""
	case has("results") && (has("configs") || has("versions") || has("config")):
		return lmResultsFormat, ""
	case has("task_id", "input_text"):
		return trtTextFormat, ""
	case has("task_id", "input_ids"):
		return trtIDsFormat, ""
	case has("prompt_id", "correct"):
		return sglangFormat, ""
	case has("generation", "symbolic_correct"):
		return sglEvalFormat, ""
	case has("custom_id", "response"):
		return batchOutputFormat, ""
	case has("custom_id", "body"):
		return batchInputFormat, ""
	case has("accuracy"), has("score", "latency"), has("aggregate", "latency_seconds"):
		return "", "it holds averages and no samples, so nothing can be paired; name the file of samples, or evaluate again so that they are kept (lm-eval --log_samples, sgl-eval without --no-dump-predictions, SGLang --raw-result-file, vllm run-batch)"
	}
	if !whole && len(keys) == 0 {
		return "", "JSON whose first object has no key within a megabyte"
	}
	return "", fmt.Sprintf("JSON with the keys %.200s: not a format that is known", strings.Join(keys, ", "))
}

// objectKeys lists the keys of the JSON object that text begins with, and
// whether it ends in it.
func objectKeys(text []byte) (keys []string, complete bool) {
	d := json.NewDecoder(bytes.NewReader(pythonjson.Quote(text)))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return keys, false
		}
		name, ok := key.(string)
		if !ok {
			return keys, false
		}
		keys = append(keys, name)
		var skip json.RawMessage
		if d.Decode(&skip) != nil {
			return keys, false
		}
	}
	_, err := d.Token()
	return keys, err == nil
}

// companionsOnly is the error of files that go with others, which are missing.
func companionsOnly(files map[string][]string) error {
	for _, r := range readers {
		for _, with := range r.with {
			if paths := files[with]; len(paths) > 0 {
				return fmt.Errorf("%s is %s: it holds no samples, so nothing could be paired; name the file with the %s as well", paths[0], with, r.format)
			}
		}
	}
	return fmt.Errorf("nothing to import; %s", formatsWords())
}
