package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Header names a message.
type Header struct {
	ID       string `json:"msg_id"`
	Session  string `json:"session"`
	Username string `json:"username"`
	Date     string `json:"date"`
	Type     string `json:"msg_type"`
	Version  string `json:"version"`

	// SubshellID names the subshell that a request is for; empty: the main shell.
	SubshellID string `json:"subshell_id,omitempty"`
}

// A Message as it was received.
type Message struct {
	Identities [][]byte // of the peer: a reply starts with them
	Header     Header
	RawHeader  json.RawMessage // verbatim: the parent of what answers it
	Parent     json.RawMessage
	Metadata   json.RawMessage
	Content    json.RawMessage
	Buffers    [][]byte
}

// delimiter stands between the identities and the signature.
var delimiter = []byte("<IDS|MSG>")

var emptyObject = json.RawMessage("{}")

// dateFormat is ISO 8601 with microseconds, as jupyter_client writes it.
const dateFormat = "2006-01-02T15:04:05.000000Z"

// A Codec encodes and decodes the messages of one kernel or one front end.
type Codec struct {
	signer  *signer
	session string
	sender  string // of every header, between the message's identifier and its date
}

// NewCodec returns a codec with the connection's key and a session of its own.
func NewCodec(c *Connection, username string) (*Codec, error) {
	s, err := newSigner(c.SignatureScheme, c.Key)
	if err != nil {
		return nil, err
	}
	name, err := json.Marshal(username)
	if err != nil {
		return nil, err
	}
	session := uuid.NewString()
	sender := `","session":"` + session + `","username":` + string(name) + `,"version":"` + Version + `","date":"`
	return &Codec{signer: s, session: session, sender: sender}, nil
}

// Session is who sends what the codec encodes, in all headers.
func (c *Codec) Session() string { return c.session }

// Encode returns the frames of a message after the identities. Its parent is
// a message that was received, or nil.
func (c *Codec) Encode(content Content, parent *Message) ([][]byte, error) {
	body, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("cannot encode %s: %w", content.MessageType(), err)
	}
	parentHeader := emptyObject
	if parent != nil {
		parentHeader = parent.RawHeader
	}
	metadata := emptyObject
	if m, ok := content.(interface{ messageMetadata() json.RawMessage }); ok {
		if own := m.messageMetadata(); len(own) > 0 {
			metadata = own
		}
	}
	parts := [][]byte{c.header(content.MessageType()), parentHeader, metadata, body}
	frames := append([][]byte{delimiter, c.signer.sign(parts)}, parts...)
	if b, ok := content.(interface{ messageBuffers() [][]byte }); ok {
		frames = append(frames, b.messageBuffers()...)
	}
	return frames, nil
}

// header is a Header as JSON. Of what changes from one to the next nothing needs
// to be escaped, and every message of the kernel has one.
func (c *Codec) header(messageType string) []byte {
	b := make([]byte, 0, headerLength)
	b = append(b, `{"msg_id":"`...)
	b = append(b, uuid.NewString()...)
	b = append(b, c.sender...)
	b = time.Now().UTC().AppendFormat(b, dateFormat)
	b = append(b, `","msg_type":"`...)
	b = append(b, messageType...)
	return append(b, `"}`...)
}

// headerLength is more than most headers have bytes.
const headerLength = 320

// Decode reads the frames of a message and checks its signature.
func (c *Codec) Decode(frames [][]byte) (*Message, error) {
	d := slices.IndexFunc(frames, func(frame []byte) bool { return bytes.Equal(frame, delimiter) })
	if d < 0 {
		return nil, errors.New("no <IDS|MSG> frame")
	}
	rest := frames[d+1:]
	if len(rest) < 5 {
		return nil, fmt.Errorf("%d frames after <IDS|MSG>, at least 5 belong there", len(rest))
	}
	parts := rest[1:5]
	if err := c.signer.verify(rest[0], parts); err != nil {
		return nil, err
	}
	for i, name := range []string{"header", "parent header", "metadata", "content"} {
		if err := checkObject(parts[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	m := &Message{
		Identities: frames[:d],
		RawHeader:  parts[0],
		Parent:     parts[1],
		Metadata:   parts[2],
		Content:    parts[3],
		Buffers:    rest[5:],
	}
	if err := json.Unmarshal(m.RawHeader, &m.Header); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if m.Header.Type == "" {
		return nil, errors.New("header: msg_type is missing")
	}
	return m, nil
}

func checkObject(text []byte) error {
	if !json.Valid(text) {
		return errors.New("not valid JSON")
	}
	if trimmed := bytes.TrimLeft(text, " \t\r\n"); trimmed[0] != '{' {
		return errors.New("not a JSON object")
	}
	return nil
}

// ContentInto decodes the content into v, which may hold defaults.
func (m *Message) ContentInto(v any) error {
	if err := json.Unmarshal(m.Content, v); err != nil {
		return fmt.Errorf("content of %s: %w", m.Header.Type, err)
	}
	return nil
}
