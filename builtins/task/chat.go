package task

// A Message is one turn of a question that is asked as a conversation.
type Message struct {
	Role    string `json:"role"` // "system", "user", "assistant"
	Content string `json:"content"`
}

// Chat says that questions are asked through the model's chat template.
type Chat struct {
	// Arguments are passed to the template, those alone that it mentions.
	Arguments map[string]any
	// AddSpecial tokenizes the rendered text with special tokens, though the
	// template writes them: TensorRT-LLM does, so that they may be doubled.
	AddSpecial bool
}

// conversation is a question with worked examples in front of it, as one user
// turn or as turns of their own. The system prompt is left out when it is "".
func (s Spec) conversation(shots []shot, head, question string) []Message {
	var out []Message
	if s.System != "" {
		out = append(out, Message{"system", s.System})
	}
	if s.Multiturn {
		for _, example := range shots {
			out = append(out, Message{"user", head + example.question}, Message{"assistant", example.answer})
			head = ""
		}
		return append(out, Message{"user", head + question})
	}
	text := head
	for _, example := range shots {
		text += example.question + " " + example.answer + "\n\n"
	}
	return append(out, Message{"user", text + question})
}

// A shot is a worked example.
type shot struct{ question, answer string }
