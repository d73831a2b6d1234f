package run

import (
	"fmt"
	"time"

	"adkernel/builtins/task"
	"adkernel/builtins/tokenizer/chat"
)

// PromptTexts returns the questions as the engine is asked them: as they are,
// or through the chat template in dir, the tokenizer's. The template's date is
// that of the run, so that a run resumed on another day asks the same. special
// says whether special tokens are added to the texts.
func PromptTexts(t *task.Task, dir string, created time.Time) (texts []string, special bool, err error) {
	texts = make([]string, len(t.Questions))
	if t.Chat == nil {
		for i, q := range t.Questions {
			texts[i] = q.Prompt
		}
		return texts, true, nil
	}
	template, err := chat.Load(dir)
	if err != nil {
		return nil, false, fmt.Errorf("task %s asks through the model's chat template: %w", t.Name, err)
	}
	options := chat.Options{Now: created, Arguments: map[string]any{}}
	for name, value := range t.Chat.Arguments {
		if template.Reads(name) {
			options.Arguments[name] = value
		}
	}
	for i, q := range t.Questions {
		messages := make([]chat.Message, len(q.Messages))
		for j, m := range q.Messages {
			messages[j] = chat.Message{Role: m.Role, Content: m.Content}
		}
		if texts[i], err = template.Render(messages, options); err != nil {
			return nil, false, fmt.Errorf("sample %d (%s, question %d): %w", i, q.Subject, q.Index, err)
		}
	}
	return texts, t.Chat.AddSpecial, nil
}
