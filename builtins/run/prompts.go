package run

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"adkernel/builtins/engine"
	"adkernel/builtins/task"
)

const (
	promptsFile = "prompts.ids"
	tokensFile  = "tokens.json"
)

// prompt is one question as the engine is asked it.
type prompt struct {
	ids    []int32
	text   string // that ids are of; "" when it was cut
	at     int64  // place of the first id in prompts.ids
	sha256 string
}

// encodePrompts turns the questions' texts into token ids, cut on the left as
// the task demands. The tokenizer's special tokens are added if special is true.
func encodePrompts(ctx context.Context, e engine.Engine, t *task.Task, texts []string, special bool) ([]prompt, error) {
	encoded, err := engine.EncodeAll(ctx, e, texts, special)
	if err != nil {
		return nil, err
	}
	prompts := make([]prompt, len(t.Questions))
	at := int64(0)
	for i, q := range t.Questions {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		ids, err := cutPrompt(e, texts[i], encoded[i], t.TruncatePromptTokens)
		if err != nil {
			return nil, fmt.Errorf("sample %d (%s, question %d): %w", i, q.Subject, q.Index, err)
		}
		sum := sha256.Sum256(idBytes(ids))
		prompts[i] = prompt{ids: ids, at: at, sha256: hex.EncodeToString(sum[:])}
		if len(ids) == len(encoded[i]) {
			prompts[i].text = texts[i]
		}
		at += int64(len(ids))
	}
	return prompts, nil
}

// cutPrompt keeps the last limit of the ids of text (all when limit is 0). As
// in the tokenizers of Hugging Face, special tokens around the text stay, so a
// prompt that is cut on the left still begins with them.
func cutPrompt(e engine.Engine, text string, ids []int32, limit int) ([]int32, error) {
	if len(ids) == 0 {
		return nil, fmt.Errorf("the prompt has no tokens")
	}
	if limit <= 0 || len(ids) <= limit {
		return ids, nil
	}
	plain, err := e.Encode(text, false)
	if err != nil {
		return nil, err
	}
	special := len(ids) - len(plain)
	if special < 0 || special >= limit {
		return nil, fmt.Errorf("the prompt has %d tokens, %d without special ones: cannot be cut to %d", len(ids), len(plain), limit)
	}
	for before := 0; before <= special; before++ {
		after := before + len(plain)
		if slices.Equal(ids[before:after], plain) {
			return slices.Concat(ids[:before], task.Truncate(plain, limit-special), ids[after:]), nil
		}
	}
	return nil, fmt.Errorf("the prompt's tokens change with special tokens around it: cannot be cut to %d", limit)
}

// describe identifies the prompts of a task.
func describe(t *task.Task, prompts []prompt) *Prompts {
	ids := sha256.New()
	for _, p := range prompts {
		ids.Write(idBytes(p.ids))
	}
	return &Prompts{Count: len(prompts), TextSHA256: t.Hash(), IDsSHA256: hex.EncodeToString(ids.Sum(nil))}
}

// writePrompts stores the ids of all prompts and the texts of their tokens.
func writePrompts(ctx context.Context, dir string, e engine.Engine, prompts []prompt) error {
	var data []byte
	seen := map[int32]bool{}
	var single [][]int32
	for _, p := range prompts {
		data = append(data, idBytes(p.ids)...)
		for _, id := range p.ids {
			if !seen[id] {
				seen[id] = true
				single = append(single, []int32{id})
			}
		}
	}
	decoded, err := engine.DecodeAll(ctx, e, single)
	if err != nil {
		return err
	}
	texts := make(map[int32]string, len(single))
	for i, ids := range single {
		texts[ids[0]] = decoded[i]
	}
	if err := writeJSON(filepath.Join(dir, tokensFile), texts); err != nil {
		return err
	}
	return replaceFile(filepath.Join(dir, promptsFile), data)
}

func readPrompt(dir string, s Sample) ([]int32, error) {
	path := filepath.Join(dir, promptsFile)
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	ids := info.Size() / 4
	if int64(s.PromptTokens) > ids || s.PromptAt > ids-int64(s.PromptTokens) {
		return nil, fmt.Errorf("%s has %d ids: the prompt's %d ids at %d are not among them", path, ids, s.PromptTokens, s.PromptAt)
	}
	data := make([]byte, 4*s.PromptTokens)
	if _, err := f.ReadAt(data, 4*s.PromptAt); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != s.PromptSHA256 {
		return nil, fmt.Errorf("%s: the prompt's ids at %d do not have the hash that its record says: the file was damaged", path, s.PromptAt)
	}
	out := make([]int32, s.PromptTokens)
	for i := range out {
		out[i] = int32(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return out, nil
}

func readTokenTexts(dir string) (map[int32]string, error) {
	path := filepath.Join(dir, tokensFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var texts map[int32]string
	if err := json.Unmarshal(text, &texts); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return texts, nil
}

// idBytes returns ids as int32, little endian.
func idBytes(ids []int32) []byte {
	data := make([]byte, 0, 4*len(ids))
	for _, id := range ids {
		data = binary.LittleEndian.AppendUint32(data, uint32(id))
	}
	return data
}
