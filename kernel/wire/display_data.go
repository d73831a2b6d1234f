package wire

// DisplayData shows something below the cell.
type DisplayData struct {
	Data      map[string]any `json:"data"`
	Metadata  map[string]any `json:"metadata"`
	Transient Transient      `json:"transient"`
}

// UpdateDisplayData replaces what the DisplayData of the same id shows.
type UpdateDisplayData DisplayData

// Transient is what notebooks do not keep of a display.
type Transient struct {
	DisplayID string `json:"display_id,omitempty"`
}

func (DisplayData) MessageType() string       { return "display_data" }
func (UpdateDisplayData) MessageType() string { return "update_display_data" }
