package wire

// IOPubWelcome tells a subscriber that its subscription is in force, so that
// it misses nothing from here on (Jupyter Enhancement Proposal 65).
type IOPubWelcome struct {
	Subscription string `json:"subscription"`
}

func (IOPubWelcome) MessageType() string { return "iopub_welcome" }
