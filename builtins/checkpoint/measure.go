package checkpoint

import (
	"encoding/json"
	"fmt"
	"math"
)

// A Measure is a measured number. Not every one is finite (identical weights
// have an infinite SQNR), and JSON has no word for that: it is null there.
type Measure float64

// MarshalJSON writes null for a NaN or an infinity.
func (m Measure) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(m)) || math.IsInf(float64(m), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(m))
}

// format prints m with the given verb, what was not measured as a dash.
func (m Measure) format(verb string) string {
	switch {
	case math.IsNaN(float64(m)):
		return "-"
	case math.IsInf(float64(m), 1):
		return "∞"
	}
	return fmt.Sprintf(verb, float64(m))
}
