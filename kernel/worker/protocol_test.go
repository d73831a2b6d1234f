package worker

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/host"
)

func TestBundlesCrossThePipeUnchanged(t *testing.T) {
	b := host.Bundle{
		Data:     map[string]any{"text/plain": "t", "image/png": []byte{1, 2}, "application/json": map[string]any{"a": 1}},
		Metadata: map[string]any{"image/png": map[string]any{"width": 640.0}},
	}
	got := encodeBundle(b).decode()
	require.Equal(t, "t", got.Plain())
	require.Equal(t, []byte{1, 2}, got.Data["image/png"])
	require.JSONEq(t, `{"a":1}`, string(got.Data["application/json"].(json.RawMessage)))
	require.Equal(t, b.Metadata, got.Metadata)
}

func TestWhatCannotBeEncodedIsNamedInTheText(t *testing.T) {
	b := host.Text("t")
	b.Data["application/json"] = func() {}
	got := encodeBundle(b).decode()
	require.Equal(t, map[string]any{"text/plain": "t\napplication/json cannot be shown: json: unsupported type: func()"}, got.Data)
}
