package host

import "errors"

// A Front is a Host whose cells can talk to the front end that shows them.
type Front interface {
	Host
	// Ask asks the user for a line and waits for it.
	Ask(Question) (string, error)
	// ClearOutput removes what the running cell has shown; with wait, when it
	// shows something next.
	ClearOutput(wait bool)
	// AddPayload hands p to the front end with the reply to the running cell.
	AddPayload(p Payload)
	// Reset starts the session anew when the running cell has ended.
	Reset()
	// SendComm sends through a comm.
	SendComm(CommEvent) error
}

// A Question is what the user is asked.
type Question struct {
	Prompt   string
	Password bool // what is typed is not shown
}

// ErrNoInput means that nobody can be asked: the notebook runs without a user,
// or the front end said that it takes no input.
var ErrNoInput = errors.New("nobody can be asked for input here (the front end does not allow it, or the notebook runs without one)")

var errNoFront = errors.New("there is no front end here")

// Input asks the user for a line, with a prompt before it.
func Input(prompt string) (string, error) { return ask(Question{Prompt: prompt}) }

// Password asks the user for a line that is not shown while it is typed.
func Password(prompt string) (string, error) { return ask(Question{Prompt: prompt, Password: true}) }

func ask(q Question) (string, error) {
	if f, ok := Current().(Front); ok {
		return f.Ask(q)
	}
	return "", ErrNoInput
}

// ClearOutput removes what the running cell has shown. With wait it does so
// when the cell shows something next, which avoids flicker.
func ClearOutput(wait bool) {
	if f, ok := Current().(Front); ok {
		f.ClearOutput(wait)
	}
}

// A Payload is something for the front end that is no output of the cell:
// *Page or *NextInput.
type Payload interface{ payload() }

// A Page is something to read, such as documentation.
type Page struct{ Bundle Bundle }

// NextInput is text for a new cell below the running one or, where Replace is
// set, for the running one.
type NextInput struct {
	Text    string
	Replace bool
}

func (*Page) payload()      {}
func (*NextInput) payload() {}

// ShowPage shows b as documentation is shown.
func ShowPage(b Bundle) { addPayload(&Page{b}) }

// SetNextInput puts text into a new cell below the running one or, with
// replace, in place of the running one's.
func SetNextInput(text string, replace bool) { addPayload(&NextInput{text, replace}) }

func addPayload(p Payload) {
	if f, ok := Current().(Front); ok {
		f.AddPayload(p)
	}
}

// Reset forgets everything that is alive when the running cell has ended.
func Reset() error {
	f, ok := Current().(Front)
	if !ok {
		return errNoFront
	}
	f.Reset()
	return nil
}
