package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func newTestCodec(t testing.TB, scheme, key string) *Codec {
	c, err := NewCodec(&Connection{SignatureScheme: scheme, Key: key}, "test")
	require.NoError(t, err)
	return c
}

func TestMessagesComeBackAsTheyWereSent(t *testing.T) {
	for _, scheme := range []string{"hmac-sha256", "hmac-sha512", "hmac-md5"} {
		for _, key := range []string{"secret", ""} {
			t.Run(scheme+" "+key, func(t *testing.T) {
				a, b := newTestCodec(t, scheme, key), newTestCodec(t, scheme, key)
				frames, err := a.Encode(Stream{Name: "stdout", Text: "é"}, nil)
				require.NoError(t, err)
				frames = append([][]byte{[]byte("peer")}, append(frames, []byte("buffer"))...)
				m, err := b.Decode(frames)
				require.NoError(t, err)
				require.Equal(t, "stream", m.Header.Type)
				require.Equal(t, Version, m.Header.Version)
				require.Equal(t, [][]byte{[]byte("peer")}, m.Identities)
				require.Equal(t, [][]byte{[]byte("buffer")}, m.Buffers)
				require.JSONEq(t, `{}`, string(m.Parent))
				var s Stream
				require.NoError(t, m.ContentInto(&s))
				require.Equal(t, Stream{"stdout", "é"}, s)
			})
		}
	}
}

// rawMessage is a message signed as any client may send it.
func rawMessage(c *Codec, header string) [][]byte {
	parts := [][]byte{[]byte(header), []byte("{}"), []byte("{}"), []byte("{}")}
	return append([][]byte{delimiter, c.signer.sign(parts)}, parts...)
}

func TestParentsAreCopiedVerbatim(t *testing.T) {
	c := newTestCodec(t, "hmac-sha256", "k")
	header := `{"msg_type": "x",  "subshell_id": "s", "unknown": [1.50]}`
	m, err := c.Decode(rawMessage(c, header))
	require.NoError(t, err)
	frames, err := c.Encode(Status{"busy"}, m)
	require.NoError(t, err)
	require.Equal(t, header, string(frames[3]))
}

func TestBadMessagesAreRefused(t *testing.T) {
	c := newTestCodec(t, "hmac-sha256", "k")
	good, err := c.Encode(Status{"busy"}, nil)
	require.NoError(t, err)
	changed := func(i int, to string) [][]byte {
		frames := slices.Clone(good)
		frames[i] = []byte(to)
		return frames
	}
	for name, test := range map[string]struct {
		frames [][]byte
		want   string
	}{
		"nothing":         {nil, "no <IDS|MSG> frame"},
		"no delimiter":    {good[1:], "no <IDS|MSG> frame"},
		"missing frame":   {good[:5], "4 frames after <IDS|MSG>"},
		"wrong signature": {changed(1, "00"), "wrong signature"},
		"changed content": {changed(5, "{ }"), "wrong signature"},
		"no object":       {rawMessage(c, "[]"), "header: not a JSON object"},
		"no JSON":         {rawMessage(c, "{"), "header: not valid JSON"},
		"no type":         {rawMessage(c, `{"msg_id": "1"}`), "msg_type is missing"},
		"type a number":   {rawMessage(c, `{"msg_type": 1}`), "header: json"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.Decode(test.frames)
			require.ErrorContains(t, err, test.want)
		})
	}
	_, err = c.Decode(good)
	require.NoError(t, err)
	_, err = c.Decode(good)
	require.ErrorContains(t, err, "came before", "a replay")
}

func TestReplaysAreKnownAsLongAsTheyAreRemembered(t *testing.T) {
	c := newTestCodec(t, "hmac-md5", "k")
	first := rawMessage(c, `{"msg_type": "x"}`)
	_, err := c.Decode(first)
	require.NoError(t, err)
	for i := range remembered {
		_, err := c.Decode(rawMessage(c, fmt.Sprintf(`{"msg_type": "x", "n": %d}`, i)))
		require.NoError(t, err)
	}
	require.Len(t, c.signer.seen, remembered, "memory is bounded")
	_, err = c.Decode(first)
	require.NoError(t, err)
}

func TestExecuteRequestsHaveTheDefaultsOfIPykernel(t *testing.T) {
	m := Message{Content: json.RawMessage(`{"code": "1"}`)}
	r := NewExecuteRequest()
	require.NoError(t, m.ContentInto(&r))
	require.Equal(t, ExecuteRequest{Code: "1", StoreHistory: true, StopOnError: true}, r)
}

func TestRepliesHaveFailuresOnlyWhenTheyFailed(t *testing.T) {
	ok, err := json.Marshal(ExecuteReply{Status: StatusOK, Payload: []any{}, UserExpressions: map[string]any{}})
	require.NoError(t, err)
	require.JSONEq(t, `{"status":"ok","execution_count":0,"payload":[],"user_expressions":{}}`, string(ok))
	failed, err := json.Marshal(ExecuteReply{Status: StatusError, Failure: &Failure{"E", "v", []string{"t"}}})
	require.NoError(t, err)
	require.Contains(t, string(failed), `"ename":"E","evalue":"v","traceback":["t"]`)
}

func TestHistoryEntriesAreTuples(t *testing.T) {
	output := "2"
	for want, e := range map[string]HistoryEntry{
		`[1,2,"a"]`:          {Session: 1, Line: 2, Code: "a"},
		`[1,2,["a",null]]`:   {Session: 1, Line: 2, Code: "a", WithOutput: true},
		`[1,2,["1+1", "2"]]`: {Session: 1, Line: 2, Code: "1+1", WithOutput: true, Output: &output},
	} {
		text, err := json.Marshal(e)
		require.NoError(t, err)
		require.JSONEq(t, want, string(text))
	}
}

func FuzzDecode(f *testing.F) {
	c := newTestCodec(f, "hmac-sha256", "")
	join := func(frames [][]byte) []byte { return bytes.Join(frames, []byte("\x00")) }
	f.Add(join(rawMessage(c, `{"msg_type": "x"}`)))
	f.Add(join([][]byte{[]byte("id"), delimiter, nil, []byte("null"), []byte("{}"), []byte("{}"), []byte(" {}")}))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := c.Decode(bytes.Split(text, []byte("\x00")))
		if err != nil {
			return
		}
		require.NotEmpty(t, m.Header.Type)
		frames, err := c.Encode(Status{"idle"}, m)
		require.NoError(t, err)
		_, err = c.Decode(frames)
		require.NoError(t, err, "what the parent is copied into is a message again")
	})
}
