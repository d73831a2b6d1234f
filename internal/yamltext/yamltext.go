// Package yamltext decodes YAML with goccy/go-yaml, whose decoder panics on some
// malformed text: here that is an error, as other mistakes are.
package yamltext

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/goccy/go-yaml"
)

// Decode reads the document in text into a value. Empty text leaves it as it
// is.
func Decode(text []byte, into any) error { return decode(text, into) }

// DecodeStrict is Decode, but refuses fields that the value does not have.
func DecodeStrict(text []byte, into any) error { return decode(text, into, yaml.Strict()) }

func decode(text []byte, into any, options ...yaml.DecodeOption) (err error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("malformed YAML: %v", problem)
		}
	}()
	err = yaml.NewDecoder(bytes.NewReader(text), options...).Decode(into)
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
