// Copyright 2023 The Go Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package iter

import "runtime"

// Pull converts the “push-style” iterator sequence seq
// into a “pull-style” iterator accessed by the two functions
// next and stop.
//
// Next returns the next value in the sequence
// and a boolean indicating whether the value is valid.
// When the sequence is over, next returns the zero V and false.
// It is valid to call next after reaching the end of the sequence
// or after calling stop. These calls will continue
// to return the zero V and false.
//
// Stop ends the iteration. It must be called when the caller is
// no longer interested in next values and next has not yet
// signaled that the sequence is over (with a false boolean return).
// It is valid to call stop multiple times and when next has
// already returned false. Typically, callers should “defer stop()”.
//
// It is an error to call next or stop from multiple goroutines
// simultaneously.
//
// If the iterator panics during a call to next (or stop),
// then next (or stop) itself panics with the same value.
func Pull[V any](seq Seq[V]) (next func() (V, bool), stop func()) {
	next2, stop := pull("iter.Pull", func(yield func(struct{}, V) bool) {
		seq(func(v V) bool { return yield(struct{}{}, v) })
	})
	next = func() (V, bool) {
		_, v, ok := next2()
		return v, ok
	}
	return next, stop
}

// Pull2 converts the “push-style” iterator sequence seq
// into a “pull-style” iterator accessed by the two functions
// next and stop.
//
// Next returns the next pair in the sequence
// and a boolean indicating whether the pair is valid.
// When the sequence is over, next returns a pair of zero values and false.
// It is valid to call next after reaching the end of the sequence
// or after calling stop. These calls will continue
// to return a pair of zero values and false.
//
// Stop ends the iteration. It must be called when the caller is
// no longer interested in next values and next has not yet
// signaled that the sequence is over (with a false boolean return).
// It is valid to call stop multiple times and when next has
// already returned false. Typically, callers should “defer stop()”.
//
// It is an error to call next or stop from multiple goroutines
// simultaneously.
//
// If the iterator panics during a call to next (or stop),
// then next (or stop) itself panics with the same value.
func Pull2[K, V any](seq Seq2[K, V]) (next func() (K, V, bool), stop func()) {
	return pull("iter.Pull2", seq)
}

// pull is Go's Pull2 with a goroutine and channels in place of the run time's
// coroutine: control alternates between the caller of next or stop and the
// goroutine that runs seq, which starts at the first call of next.
func pull[K, V any](name string, seq func(yield func(K, V) bool)) (next func() (K, V, bool), stop func()) {
	var (
		k          K
		v          V
		ok         bool
		started    bool
		done       bool
		yieldNext  bool
		seqDone    bool // to detect Goexit
		goexited   bool
		panicked   bool
		panicValue any
	)
	resume, yielded := make(chan struct{}), make(chan struct{})
	yield := func(k1 K, v1 V) bool {
		if done {
			return false
		}
		if !yieldNext {
			panic(name + ": yield called again before next")
		}
		yieldNext = false
		k, v, ok = k1, v1, true
		yielded <- struct{}{}
		<-resume
		return !done
	}
	run := func() {
		// Hand panics and Goexit of seq to the caller.
		defer func() {
			if p := recover(); p != nil {
				panicked, panicValue = true, p
			} else if !seqDone {
				goexited = true
			}
			done = true // Invalidate iterator.
			yielded <- struct{}{}
		}()
		seq(yield)
		var (
			k0 K
			v0 V
		)
		k, v, ok = k0, v0, false
		seqDone = true
	}
	turn := func() {
		if started {
			resume <- struct{}{}
		} else {
			started = true
			go run()
		}
		<-yielded
		if goexited {
			goexited = false
			runtime.Goexit()
		}
		if panicked {
			panicked = false
			panic(panicValue)
		}
	}
	next = func() (k1 K, v1 V, ok1 bool) {
		if done {
			return
		}
		if yieldNext {
			panic(name + ": next called again before yield")
		}
		yieldNext = true
		turn()
		return k, v, ok
	}
	stop = func() {
		if done {
			return
		}
		done = true
		if started {
			turn()
		}
	}
	return next, stop
}
