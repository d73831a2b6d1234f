package worker

import (
	"os"
	"testing"
)

// BenchmarkCell is the price of the second process: a cell that does nothing,
// there and back.
func BenchmarkCell(b *testing.B) {
	s, err := Start(Options{Command: []string{os.Args[0], "worker"}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for b.Loop() {
		if _, err := s.Execute(b.Context(), Request{N: 1}, func(Event) {}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOutput is 100,000 lines, one write each.
func BenchmarkOutput(b *testing.B) {
	s, err := Start(Options{Command: []string{os.Args[0], "worker"}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for b.Loop() {
		if _, err := s.Execute(b.Context(), Request{N: 1, Source: "flood"}, func(Event) {}); err != nil {
			b.Fatal(err)
		}
	}
}
