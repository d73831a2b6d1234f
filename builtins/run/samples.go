package run

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
)

// A SampleReader reads the finished samples of one run, as they were when it
// was opened, one after the other: it holds where they stand, and not what they
// say. It is not for several goroutines.
type SampleReader struct {
	run    *Run
	file   *os.File // nil where no sample has finished
	places []place  // in the task's order
	buffer []byte
}

// OpenSamples opens the samples that are finished. A run that is done and has
// lost some since is an error: what is left of it would pass for the whole.
func (r *Run) OpenSamples() (*SampleReader, error) {
	state, err := readState(r.dir) // before the records, of which there may be more by then
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", r.Name(), err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	f, err := r.records.open()
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", r.Name(), err)
	}
	if err := r.lost(state, len(r.records.places)); err != nil {
		if f != nil {
			f.Close()
		}
		return nil, err
	}
	places := slices.Clone(r.records.places)
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.index, b.index) })
	return &SampleReader{run: r, file: f, places: places}, nil
}

// Len is how many samples there are.
func (x *SampleReader) Len() int { return len(x.places) }

// Read returns the sample with the given index in the task.
func (x *SampleReader) Read(index int) (Sample, error) {
	at, ok := slices.BinarySearchFunc(x.places, index, func(p place, index int) int { return cmp.Compare(p.index, index) })
	if !ok {
		return Sample{}, x.run.noSample(index, len(x.places))
	}
	s, err := x.record(x.places[at])
	if err != nil {
		return Sample{}, err
	}
	judged := []Sample{s}
	err = x.run.judge(judged)
	return judged[0], err
}

// judgedAtATime is for how many samples their verdicts are looked up, or made,
// together.
const judgedAtATime = 256

// All yields the samples in the task's order. An error is the last that it yields.
func (x *SampleReader) All() iter.Seq2[Sample, error] {
	return func(yield func(Sample, error) bool) {
		some := make([]Sample, 0, min(judgedAtATime, len(x.places)))
		for places := range slices.Chunk(x.places, judgedAtATime) {
			some = some[:0]
			for _, p := range places {
				s, err := x.record(p)
				if err != nil {
					yield(Sample{}, err)
					return
				}
				some = append(some, s)
			}
			if err := x.run.judge(some); err != nil {
				yield(Sample{}, err)
				return
			}
			for _, s := range some {
				if !yield(s, nil) {
					return
				}
			}
		}
	}
}

// record returns a sample as its record has it.
func (x *SampleReader) record(p place) (s Sample, err error) {
	if s, x.buffer, err = p.read(x.file, x.buffer); err != nil {
		return Sample{}, fmt.Errorf("run %s: %s: sample %d: %w", x.run.Name(), x.file.Name(), p.index, err)
	}
	return s, nil
}

// Close closes the file.
func (x *SampleReader) Close() error {
	if x.file == nil {
		return nil
	}
	return x.file.Close()
}

// Samples returns the finished samples in the task's order, all of them at once.
func (r *Run) Samples() ([]Sample, error) {
	samples, err := r.recorded()
	if err != nil {
		return nil, err
	}
	return samples, r.judge(samples)
}

// recorded returns the finished samples as their records have them.
func (r *Run) recorded() (samples []Sample, err error) {
	err = r.unchanged(func() error {
		x, err := r.OpenSamples()
		if err != nil {
			return err
		}
		defer x.Close()
		samples = make([]Sample, len(x.places))
		for i, p := range x.places {
			if samples[i], err = x.record(p); err != nil {
				return err
			}
		}
		return nil
	})
	return samples, err
}

// Sample returns the finished sample with the given index in the task.
func (r *Run) Sample(index int) (Sample, error) {
	s, err := r.record(index)
	if err != nil {
		return Sample{}, err
	}
	judged := []Sample{s}
	err = r.judge(judged)
	return judged[0], err
}

func (r *Run) record(index int) (s Sample, err error) {
	err = r.unchanged(func() error {
		r.mu.Lock()
		defer r.mu.Unlock()
		f, err := r.records.open()
		if err != nil {
			return fmt.Errorf("run %s: %w", r.Name(), err)
		}
		at, ok := r.records.at[index]
		if f == nil || !ok {
			err = r.noSample(index, len(r.records.places))
		} else if s, _, err = r.records.places[at].read(f, nil); err != nil {
			err = fmt.Errorf("run %s: %s: sample %d: %w", r.Name(), f.Name(), index, err)
		}
		if f != nil {
			f.Close()
		}
		return err
	})
	return s, err
}

// unchanged reads records, from the beginning of the file where somebody wrote
// other ones into it since it was read last.
func (r *Run) unchanged(read func() error) error {
	err := read()
	if !errors.Is(err, errChanged) {
		return err
	}
	r.mu.Lock()
	r.records.restart()
	r.mu.Unlock()
	return read()
}

func (r *Run) noSample(index, finished int) error {
	return fmt.Errorf("run %s: no finished sample %d (%d are finished)", r.Name(), index, finished)
}
