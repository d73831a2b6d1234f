package notebook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"
	"unicode/utf8"

	"adkernel/internal/pattern"
)

// Version of the format that this package writes, and of the newest that it reads.
const (
	formatMajor = 4
	formatMinor = 5
)

// Read reads a notebook of nbformat 4, any minor version. An error says which
// file, which cell (counted from 1) and which field is malformed.
func Read(path string) (*Notebook, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("notebook: %w", err)
	}
	nb, err := parse(content)
	if err != nil {
		return nil, fmt.Errorf("notebook %s: %w", path, err)
	}
	nb.path = path
	return nb, nil
}

// parse is Read for a file's content.
func parse(content []byte) (*Notebook, error) {
	tree, err := parseJSON(content)
	if err != nil {
		return nil, err
	}
	f := fields(maps.Clone(tree))
	if err := checkVersion(f); err != nil {
		return nil, err
	}
	nb := &Notebook{}
	minor, err := take[json.Number](f, "nbformat_minor", required)
	if err != nil {
		return nil, err
	}
	if nb.minor, err = count(minor); err != nil {
		return nil, fmt.Errorf("nbformat_minor: %w", err)
	}
	if nb.Metadata, err = take[map[string]any](f, "metadata", required); err != nil {
		return nil, err
	}
	stripTransient(nb.Metadata, "orig_nbformat", "orig_nbformat_minor", "signature")
	cells, err := take[[]any](f, "cells", required)
	if err != nil {
		return nil, err
	}
	ids := map[string]int{}
	for i, value := range cells {
		c, err := parseCell(value)
		if err != nil {
			return nil, fmt.Errorf("cell %d: %w", i+1, err)
		}
		if first, twice := ids[c.ID]; twice && c.ID != "" {
			return nil, fmt.Errorf("cell %d: its id %q is that of cell %d as well; delete one of the ids", i+1, c.ID, first)
		}
		ids[c.ID] = i + 1
		nb.Cells = append(nb.Cells, c)
	}
	nb.extra = f
	return nb, nil
}

func parseJSON(content []byte) (map[string]any, error) {
	if !utf8.Valid(content) {
		return nil, errors.New("is not UTF-8 text, so it is no .ipynb file")
	}
	if len(bytes.TrimSpace(content)) == 0 {
		return nil, errors.New("is empty")
	}
	d := json.NewDecoder(bytes.NewReader(content))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, jsonError(content, d, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("line %d: there is more after the notebook's end", lineAt(content, d.InputOffset()))
	}
	tree, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("is %s, not a notebook", describe(value))
	}
	return tree, nil
}

func jsonError(content []byte, d *json.Decoder, err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: not JSON: %w", lineAt(content, syntax.Offset), err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("line %d: the file ends within the notebook: it is truncated", lineAt(content, int64(len(content))))
	default:
		return fmt.Errorf("line %d: not JSON: %w", lineAt(content, d.InputOffset()), err)
	}
}

func lineAt(content []byte, offset int64) int {
	return 1 + bytes.Count(content[:min(max(offset, 0), int64(len(content)))], []byte("\n"))
}

func checkVersion(f fields) error {
	number, err := take[json.Number](f, "nbformat", required)
	if err != nil {
		return fmt.Errorf("%w: is this an .ipynb file?", err)
	}
	major, err := count(number)
	switch {
	case err != nil:
		return fmt.Errorf("nbformat: %w", err)
	case major < formatMajor:
		return fmt.Errorf("is of nbformat %d, and only 4 is read: convert it with jupyter nbconvert --to notebook --inplace FILE", major)
	case major > formatMajor:
		return fmt.Errorf("is of nbformat %d, and only 4 is read: save it in the older format", major)
	}
	return nil
}

var validID = pattern.New(`^[a-zA-Z0-9_-]{1,64}$`)

func parseCell(value any) (*Cell, error) {
	f, err := object(value)
	if err != nil {
		return nil, err
	}
	c := &Cell{}
	if c.Type, err = take[string](f, "cell_type", required); err != nil {
		return nil, err
	}
	if c.Type != Code && c.Type != Markdown && c.Type != Raw {
		return nil, fmt.Errorf("cell_type is %q, not code, markdown or raw", c.Type)
	}
	if c.ID, err = take[string](f, "id", optional); err != nil {
		return nil, err
	}
	if c.ID != "" && !validID().MatchString(c.ID) {
		return nil, fmt.Errorf("id is %q; an id has 1 to 64 letters, digits, - and _", c.ID)
	}
	if c.Metadata, err = take[map[string]any](f, "metadata", required); err != nil {
		return nil, err
	}
	stripTransient(c.Metadata, "trusted")
	if c.Source, err = takeText(f, "source"); err != nil {
		return nil, err
	}
	if c.Attachments, err = takeAttachments(f); err != nil {
		return nil, err
	}
	if c.Type == Code {
		if err := parseOutputs(c, f); err != nil {
			return nil, err
		}
	}
	c.extra = f
	return c, nil
}

func takeAttachments(f fields) (map[string]map[string]any, error) {
	files, err := take[map[string]any](f, "attachments", optional)
	if err != nil || files == nil {
		return nil, err
	}
	attachments := map[string]map[string]any{}
	for name, value := range files {
		data, err := object(value)
		if err != nil {
			return nil, fmt.Errorf("attachment %q: %w", name, err)
		}
		joinBundle(data)
		attachments[name] = data
	}
	return attachments, nil
}

func parseOutputs(c *Cell, f fields) (err error) {
	if c.ExecutionCount, err = takeCount(f); err != nil {
		return err
	}
	outputs, err := take[[]any](f, "outputs", required)
	if err != nil {
		return err
	}
	for i, value := range outputs {
		o, err := parseOutput(value)
		if err != nil {
			return fmt.Errorf("output %d: %w", i+1, err)
		}
		c.Outputs = append(c.Outputs, o)
	}
	return nil
}

func parseOutput(value any) (*Output, error) {
	f, err := object(value)
	if err != nil {
		return nil, err
	}
	o := &Output{}
	if o.Type, err = take[string](f, "output_type", required); err != nil {
		return nil, err
	}
	switch o.Type {
	case Stream:
		err = parseStream(o, f)
	case DisplayData, ExecuteResult:
		err = parseDisplay(o, f)
	case Error:
		err = parseError(o, f)
	default:
		return nil, fmt.Errorf("output_type is %q, not stream, display_data, execute_result or error", o.Type)
	}
	o.extra = f
	return o, err
}

func parseStream(o *Output, f fields) (err error) {
	if o.Name, err = take[string](f, "name", required); err != nil {
		return err
	}
	o.Text, err = takeText(f, "text")
	return err
}

func parseDisplay(o *Output, f fields) (err error) {
	if o.Type == ExecuteResult {
		if o.ExecutionCount, err = takeCount(f); err != nil {
			return err
		}
	}
	if o.Data, err = take[map[string]any](f, "data", required); err != nil {
		return err
	}
	joinBundle(o.Data)
	o.Metadata, err = take[map[string]any](f, "metadata", required)
	return err
}

func parseError(o *Output, f fields) (err error) {
	if o.ErrorName, err = take[string](f, "ename", required); err != nil {
		return err
	}
	if o.ErrorValue, err = take[string](f, "evalue", required); err != nil {
		return err
	}
	lines, err := take[[]any](f, "traceback", required)
	if err != nil {
		return err
	}
	o.Traceback, err = texts(lines)
	if err != nil {
		return fmt.Errorf("traceback: %w", err)
	}
	return nil
}

// stripTransient removes what nbformat never stores.
func stripTransient(metadata map[string]any, names ...string) {
	for _, name := range names {
		delete(metadata, name)
	}
}

// joinBundle joins the text that was split into lines, in place.
func joinBundle(data map[string]any) {
	for mime, value := range data {
		if lines, ok := value.([]any); ok && !isJSON(mime) {
			if text, err := texts(lines); err == nil {
				data[mime] = strings.Join(text, "")
			}
		}
	}
}

// isJSON says whether data of a MIME type is a JSON value, by nbformat's rule.
func isJSON(mime string) bool {
	return mime == "application/json" || strings.HasPrefix(mime, "application/") && strings.HasSuffix(mime, "+json")
}
