package compare

import (
	"encoding/json"
	"math"

	"adkernel/builtins/run"
	"adkernel/builtins/stats"
)

// MarshalJSON writes what the card shows, for scripts. Accuracies and changes
// are in percent and points, as on the card.
func (c *Comparison) MarshalJSON() ([]byte, error) {
	out := comparisonJSON{
		Test: describeRun(c.Test, c.TestAccuracy), Base: describeRun(c.Base, c.BaseAccuracy),
		N: c.N, TestLeft: c.TestLeft, BaseLeft: c.BaseLeft,
		Verdict: verdictJSON{c.Verdict.Outcome, c.Verdict.Words, c.Verdict.Method},
		Change:  inPoints(c.Change),
		Losses:  c.Pairs.Losses, Gains: c.Pairs.Gains,
		P: c.Exact.P, PLoss: c.Loss.P, LossLimit: 100 * c.LossLimit,
		NoiseFlips: 100 * c.Design.Noise, NoiseMeasured: c.noiseFrom == noiseMeasured,
		Gate:      gateJSON{c.Gate.Pass, c.Gate.Threshold, c.Gate.Theta},
		Agreement: 100 * c.Agreement,
	}
	test, base := c.HasLogits()
	if test {
		out.TestNaN = &c.TestNaN
	}
	if base {
		out.BaseNaN = &c.BaseNaN
	}
	if c.Interim != nil {
		out.Interim = &interimJSON{c.Interim.Evidence.LogE, c.Interim.Evidence.Rejects(c.Design.Alpha), inPoints(c.Interim.Change)}
	}
	if c.Detectable != nil {
		loss := 100 * c.Detectable.Loss
		out.Detectable = &loss
	}
	for _, u := range c.Unjudged {
		out.Unjudged = append(out.Unjudged, unjudgedJSON{u.Run.Dir(), u.Index, u.Why})
	}
	for _, f := range c.Filters {
		out.Filters = append(out.Filters, filterJSON{f.Filter, f.Decides, 100 * f.TestAccuracy, 100 * f.BaseAccuracy, inPoints(f.Change), f.Pairs.Losses, f.Pairs.Gains, f.Exact.P})
	}
	if c.Mean != nil {
		out.Mean = &meanJSON{100 * c.Mean.Test, 100 * c.Mean.Base, inPoints(c.Mean.Change)}
	}
	for _, s := range c.BySubject {
		out.Subjects = append(out.Subjects, subjectJSON{
			Subject: s.Name, N: s.Pairs.N(), Base: 100 * s.Base(), Test: 100 * s.Test(), Delta: inPoints(s.Change),
			Losses: s.Pairs.Losses, Gains: s.Pairs.Gains, P: s.P, Q: s.Q,
		})
	}
	if c.Margins != nil {
		out.Margins = &marginsJSON{N: c.Margins.N, Unknown: boundedMargins(c.pairs), Change: intervalJSON{c.Margins.Change.Estimate, c.Margins.Change.Low, c.Margins.Change.High}}
		for _, q := range c.Margins.filled() {
			out.Margins.Quartiles = append(out.Margins.Quartiles, quartileJSON{q.Low, q.High, q.Pairs.N(), q.Pairs.Losses, q.Pairs.Gains})
		}
	}
	return json.Marshal(out)
}

type comparisonJSON struct {
	Test          runJSON       `json:"test"`
	Base          runJSON       `json:"base"`
	N             int           `json:"n"`
	TestLeft      LeftOut       `json:"test_left_out"`
	BaseLeft      LeftOut       `json:"base_left_out"`
	Verdict       verdictJSON   `json:"verdict"`
	Change        intervalJSON  `json:"change"`
	Losses        int           `json:"losses"`
	Gains         int           `json:"gains"`
	P             float64       `json:"p"`
	PLoss         float64       `json:"p_loss"`
	LossLimit     float64       `json:"loss_limit"` // of the change, one-sided
	Interim       *interimJSON  `json:"interim,omitempty"`
	Detectable    *float64      `json:"detectable_loss"`
	NoiseFlips    float64       `json:"noise_flips"`
	NoiseMeasured bool          `json:"noise_measured"`
	Gate          gateJSON      `json:"tensorrt_llm_gate"`
	Agreement     float64       `json:"same_output"`
	TestNaN       *int          `json:"test_nan"` // null where that run has no logits
	BaseNaN       *int          `json:"base_nan"`
	Subjects      []subjectJSON `json:"subjects"`
	Margins       *marginsJSON  `json:"margins,omitempty"`

	Filters  []filterJSON   `json:"filters,omitempty"` // where several judge
	Mean     *meanJSON      `json:"mean_of_filters,omitempty"`
	Unjudged []unjudgedJSON `json:"unjudged,omitempty"`
}

// interimJSON is what holds at every look at runs that are not finished.
type interimJSON struct {
	LogE    float64      `json:"log_e"`
	Rejects bool         `json:"rejects"` // that there is no loss
	Change  intervalJSON `json:"change"`
}

type filterJSON struct {
	Filter  string       `json:"filter"`
	Decides bool         `json:"decides"`
	Test    float64      `json:"test"`
	Base    float64      `json:"base"`
	Change  intervalJSON `json:"change"`
	Losses  int          `json:"losses"`
	Gains   int          `json:"gains"`
	P       float64      `json:"p"`
}

type meanJSON struct {
	Test   float64      `json:"test"`
	Base   float64      `json:"base"`
	Change intervalJSON `json:"change"`
}

type unjudgedJSON struct {
	Run    string `json:"run"`
	Sample int    `json:"sample"`
	Why    string `json:"why"`
}

type runJSON struct {
	Label    string       `json:"label"`
	Dir      string       `json:"dir"`
	Accuracy intervalJSON `json:"accuracy"`
}

type verdictJSON struct {
	Outcome Outcome `json:"outcome"`
	Words   string  `json:"words"`
	Method  string  `json:"method"`
}

type intervalJSON struct {
	Estimate float64 `json:"estimate"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
}

type gateJSON struct {
	Pass      bool    `json:"pass"`
	Threshold float64 `json:"threshold"`
	Theta     float64 `json:"theta"`
}

type subjectJSON struct {
	Subject string       `json:"subject"`
	N       int          `json:"n"`
	Base    float64      `json:"base"`
	Test    float64      `json:"test"`
	Delta   intervalJSON `json:"delta"`
	Losses  int          `json:"losses"`
	Gains   int          `json:"gains"`
	P       float64      `json:"p"`
	Q       float64      `json:"q"`
}

type marginsJSON struct {
	N         int            `json:"n"`
	Unknown   int            `json:"unknown,omitempty"` // samples whose letters a server's log-probabilities lack
	Change    intervalJSON   `json:"change"`
	Quartiles []quartileJSON `json:"quartiles"`
}

type quartileJSON struct {
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	N      int     `json:"n"`
	Losses int     `json:"losses"`
	Gains  int     `json:"gains"`
}

func describeRun(r *run.Run, accuracy stats.Interval) runJSON {
	return runJSON{Label: r.Label(), Dir: r.Dir(), Accuracy: inPoints(accuracy)}
}

// inPoints turns shares into points, rounded to what a double holds safely.
func inPoints(i stats.Interval) intervalJSON {
	round := func(share float64) float64 { return math.Round(share*1e12) / 1e10 }
	return intervalJSON{round(i.Estimate), round(i.Low), round(i.High)}
}
