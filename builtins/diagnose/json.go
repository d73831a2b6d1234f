package diagnose

import (
	"encoding/json"

	"adkernel/builtins/compare"
)

// MarshalJSON writes what the card shows, and every fact, for scripts.
func (d *Diagnosis) MarshalJSON() ([]byte, error) {
	return json.Marshal(diagnosisJSON{
		Comparison: d.Comparison, Words: d.Words,
		Outputs: d.Outputs, Subjects: d.Subjects,
		Suspects: d.Suspects, Facts: d.Facts.sorted(), Probes: d.Probes,
	})
}

type diagnosisJSON struct {
	Comparison *compare.Comparison `json:"comparison"`
	Words      string              `json:"words"`
	Outputs    []Pattern           `json:"output_patterns,omitempty"`
	Subjects   []Pattern           `json:"subject_patterns,omitempty"`
	Suspects   []Suspect           `json:"suspects"`
	Facts      []Fact              `json:"facts,omitempty"`
	Probes     []Probe             `json:"probes,omitempty"`
}
