package wire

// Error shows why a cell failed.
type Error struct{ Failure }

func (Error) MessageType() string { return "error" }
