package script

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
)

// A frame is one message of the channel. Fields that its event has no use for
// are empty.
type frame struct {
	Event string `json:"event"`
	Bytes int    `json:"bytes,omitempty"` // of the payload behind the line

	payload []byte

	// of the program
	Message  string       `json:"message,omitempty"` // error, log, doing
	Info     *engineInfo  `json:"info,omitempty"`    // ready
	Pieces   []string     `json:"pieces,omitempty"`  // ready: the text of every id
	Counts   []int        `json:"counts,omitempty"`  // encoded: ids of each text
	Texts    []string     `json:"texts,omitempty"`   // decoded
	Response *responseDoc `json:"response,omitempty"`
	Values   *valuesDoc   `json:"values,omitempty"`   // activation, scales
	Computed float64      `json:"computed,omitempty"` // done, after generate: seconds in forward passes since the start
}

// engineInfo is engine.Info as the program tells it.
type engineInfo struct {
	Version  string            `json:"version"`
	Arch     string            `json:"arch"`
	DType    string            `json:"dtype"`
	Quant    string            `json:"quant"`
	Vocab    int               `json:"vocab"`
	Settings map[string]string `json:"settings"`
}

// responseDoc is engine.Response; logits [rows, vocab] are the payload, those
// of the prompt first.
type responseDoc struct {
	ID         int     `json:"id"`
	Tokens     []int32 `json:"tokens"`
	Text       string  `json:"text"`
	Finish     string  `json:"finish"`
	PromptRows int     `json:"prompt_rows"`
	Rows       int     `json:"rows"` // 1 with the first output token's row, else 0
}

// valuesDoc names an array [rows, cols], the payload.
type valuesDoc struct {
	Module string `json:"module"`
	Rows   int    `json:"rows"`
	Cols   int    `json:"cols"`
	Format string `json:"format,omitempty"` // scales
	K      int    `json:"k,omitempty"`      // scales
	Group  int    `json:"group,omitempty"`  // scales
}

// maxPayload bounds what is taken for the size of a payload.
const maxPayload = 1 << 36

// readFrame reads the next frame.
func readFrame(r *bufio.Reader) (frame, error) {
	line, err := r.ReadBytes('\n')
	if err != nil {
		return frame{}, err
	}
	var f frame
	if err := json.Unmarshal(line, &f); err != nil || f.Event == "" || f.Bytes < 0 || f.Bytes > maxPayload {
		if len(line) > 80 {
			line = line[:80]
		}
		return frame{}, fmt.Errorf("the engine's process sent what is not a message: %q", line)
	}
	if f.payload, err = readPayload(r, f.Bytes); err != nil {
		return frame{}, err
	}
	return f, nil
}

// payloadStep is how much memory a payload takes before any of it is there.
const payloadStep = 16 << 20

// readPayload reads n bytes. It takes memory as they arrive, up to twice what
// there is, so that a program that says too many costs none.
func readPayload(r io.Reader, n int) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	data := make([]byte, min(n, payloadStep))
	for read := 0; ; {
		got, err := io.ReadFull(r, data[read:])
		if err == io.EOF {
			err = io.ErrUnexpectedEOF // some of the frame is there
		}
		if err != nil {
			return nil, err
		}
		if read += got; read == n {
			return data, nil
		}
		larger := make([]byte, min(n, 2*read))
		copy(larger, data)
		data = larger
	}
}

// writeFrame writes a message, of any shape with "event" and "bytes", and its
// payload.
func writeFrame(w io.Writer, message any, payload []byte) error {
	line, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if _, err := w.Write(append(line, '\n')); err != nil {
		return err
	}
	_, err = w.Write(payload)
	return err
}

func idBytes(lists [][]int32) (counts []int, data []byte) {
	counts = make([]int, len(lists))
	for i, ids := range lists {
		counts[i] = len(ids)
		for _, id := range ids {
			data = binary.LittleEndian.AppendUint32(data, uint32(id))
		}
	}
	return counts, data
}

// split cuts a payload of int32 into lists of the given lengths.
func split(counts []int, data []byte) ([][]int32, error) {
	lists := make([][]int32, len(counts))
	for i, n := range counts {
		if n < 0 || n > len(data)/4 {
			return nil, errors.New("the engine's process sent fewer token ids than it said")
		}
		lists[i] = make([]int32, n)
		for j := range lists[i] {
			lists[i][j] = int32(binary.LittleEndian.Uint32(data[4*j:]))
		}
		data = data[4*n:]
	}
	if len(data) > 0 {
		return nil, errors.New("the engine's process sent more token ids than it said")
	}
	return lists, nil
}

func floats(data []byte) []float32 {
	out := make([]float32, len(data)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return out
}

// array returns the payload of a frame with values, checked against its shape.
func (f frame) array() ([]float32, error) {
	v := f.Values
	if v == nil || v.Rows < 0 || v.Cols < 0 || (v.Cols > 0 && v.Rows > maxPayload/v.Cols) || 4*v.Rows*v.Cols != len(f.payload) {
		return nil, fmt.Errorf("the engine's process sent %d bytes of values that do not have the shape it said", len(f.payload))
	}
	return floats(f.payload), nil
}
