package wire

// ClearOutput removes what is shown below the cell.
type ClearOutput struct {
	Wait bool `json:"wait"` // until the next output, which then takes its place
}

func (ClearOutput) MessageType() string { return "clear_output" }
