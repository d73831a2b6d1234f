package task

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A Scorer judges outputs by a function of the user's. A file can hold the
// function's text and not the function, so a Scorer that was read from one
// knows what it did and cannot do it again.
type Scorer struct {
	source string
	judge  func(answer string, q Question) bool
}

// NewScorer returns a scorer that calls judge; source is its Go text, by which
// two scorers are told apart.
func NewScorer(source string, judge func(answer string, q Question) bool) *Scorer {
	return &Scorer{strings.TrimSpace(source), judge}
}

// Source is the function's Go text.
func (s *Scorer) Source() string { return s.source }

// Hash identifies the function: the SHA-256 of its text, in hexadecimal.
func (s *Scorer) Hash() string {
	sum := sha256.Sum256([]byte(s.source))
	return hex.EncodeToString(sum[:])
}

// Live reports whether the function is there, and not only its text.
func (s *Scorer) Live() bool { return s != nil && s.judge != nil }

// A ScorerFailure is a question that the function did not judge, since it
// panicked.
type ScorerFailure struct{ Value any } // what it panicked with

func (f ScorerFailure) Error() string {
	return fmt.Sprintf("the function that judges it panicked: %v", f.Value)
}

// Judge calls the function. When it panics, the error is a ScorerFailure; what
// ends a cell, such as an interrupt or os.Exit, goes on.
func (s *Scorer) Judge(q Question, answer string) (correct bool, err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if ends(p) {
			panic(p)
		}
		err = ScorerFailure{p}
	}()
	return s.judge(answer, q), nil
}

// ends reports whether a panic is how an evaluator leaves a cell's function
// that has not panicked itself.
func ends(p any) bool {
	_, ok := p.(interface{ PassesPrinters() })
	return ok
}

type scorerFile struct {
	Language string `json:"language"`
	Source   string `json:"source"`
}

// MarshalJSON writes the function's text.
func (s *Scorer) MarshalJSON() ([]byte, error) {
	return json.Marshal(scorerFile{"go", s.source})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Scorer) UnmarshalJSON(text []byte) error {
	var f scorerFile
	if err := json.Unmarshal(text, &f); err != nil {
		return err
	}
	if f.Language != "go" || f.Source == "" {
		return errors.New("scorer: want a function's text in Go")
	}
	*s = Scorer{source: f.Source}
	return nil
}
