package run

import "fmt"

// unanswered is why an output says nothing of the model: whoever served it ended
// it ("abort", "content_filter"), and not the model or the limit of tokens. ""
// when it does, or nobody said why it ended.
func unanswered(finish string) string {
	switch finish {
	case "", "stop", "length":
		return ""
	}
	return fmt.Sprintf("no answer of the model: the server ended the output (%s)", finish)
}

// settle takes the verdict from an output that is no answer.
func (s *Sample) settle() {
	if why := unanswered(s.Finish); why != "" {
		s.Correct, s.Unjudged = false, why
	}
}
