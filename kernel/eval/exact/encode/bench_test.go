package encode_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"adkernel/kernel/eval/exact/encode"
	"adkernel/kernel/eval/exact/format"
)

// BenchmarkRows compares the encoders on a table of rows.
func BenchmarkRows(b *testing.B) {
	w := newWorld(b)
	rows := make([]base, 1000)
	for i := range rows {
		rows[i] = base{i, "name", 2 * i}
	}
	cell := w.Cell(rows)
	text, _ := json.Marshal(rows)
	b.Run("native/Marshal", func(b *testing.B) {
		for b.Loop() {
			_, _ = json.Marshal(rows)
		}
	})
	b.Run("cells/Marshal", func(b *testing.B) {
		for b.Loop() {
			_, _ = encode.Marshal(w.Table, w, cell)
		}
	})
	b.Run("native/Unmarshal", func(b *testing.B) {
		for b.Loop() {
			var out []base
			_ = json.Unmarshal(text, &out)
		}
	})
	b.Run("cells/Unmarshal", func(b *testing.B) {
		for b.Loop() {
			_ = encode.Unmarshal(w.Table, w, text, w.Cell(new([]base)))
		}
	})
	b.Run("native/Sprint", func(b *testing.B) {
		for b.Loop() {
			_ = fmt.Sprint(rows)
		}
	})
	b.Run("cells/Sprint", func(b *testing.B) {
		for b.Loop() {
			_ = format.Sprint(w.Table, w, []any{cell})
		}
	})
}
