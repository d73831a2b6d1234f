package compare

import (
	"encoding/json"
	"math"

	"adkernel/builtins/run"
)

// MarshalJSON writes what the inspection shows, for scripts. Logits and
// divergences that are not finite are null.
func (in *Inspection) MarshalJSON() ([]byte, error) {
	out := inspectionJSON{
		Outcome: in.outcome(),
		Test:    answerJSON{in.Test.Label(), in.Test.Dir(), in.TestSample},
		Prompt:  in.Prompt,
		KL:      finite(in.KL),
		Lacking: in.Lacking,
	}
	if in.BaseSample != nil {
		out.Base = &answerJSON{in.Base.Label(), in.Base.Dir(), *in.BaseSample}
	}
	for _, t := range in.Tokens {
		out.Tokens = append(out.Tokens, tokenJSON(t))
	}
	for _, l := range in.Logits {
		row := logitsJSON{tokenJSON: tokenJSON(l.Token), Test: finite(float64(l.Test)), Right: l.Right}
		if in.BaseSample != nil {
			row.Base = finite(float64(l.Base))
		}
		out.Logits = append(out.Logits, row)
	}
	for _, p := range in.LogProbs {
		out.LogProbs = append(out.LogProbs, logProbsJSON{
			tokenJSON: tokenJSON(p.Token), Right: p.Right,
			Test: finite(p.Test.Value), TestAtMost: finite(p.Test.AtMost), Base: finite(p.Base.Value), BaseAtMost: finite(p.Base.AtMost),
		})
	}
	return json.Marshal(out)
}

type inspectionJSON struct {
	Outcome  string         `json:"outcome"`
	Test     answerJSON     `json:"test"`
	Base     *answerJSON    `json:"base,omitempty"`
	Prompt   string         `json:"prompt"`
	Tokens   []tokenJSON    `json:"tokens"`
	Logits   []logitsJSON   `json:"logits,omitempty"`
	LogProbs []logProbsJSON `json:"logprobs,omitempty"`
	KL       *float64       `json:"kl_nats"`
	Lacking  []string       `json:"not_available,omitempty"`
}

type answerJSON struct {
	Label  string     `json:"label"`
	Dir    string     `json:"dir"`
	Sample run.Sample `json:"sample"`
}

type tokenJSON struct {
	ID   int32  `json:"id"`
	Text string `json:"text"`
}

type logitsJSON struct {
	tokenJSON
	Test  *float64 `json:"test"`
	Base  *float64 `json:"base"`
	Right bool     `json:"right,omitempty"`
}

type logProbsJSON struct {
	tokenJSON
	Test       *float64 `json:"test"`
	TestAtMost *float64 `json:"test_at_most,omitempty"` // where test is not known
	Base       *float64 `json:"base"`
	BaseAtMost *float64 `json:"base_at_most,omitempty"`
	Right      bool     `json:"right,omitempty"`
}

func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
