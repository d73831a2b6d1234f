// Copyright 2024 The Go Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

// Package unique canonicalizes comparable values. Go's own forgets values that
// nothing uses any more, with the run time's help; this one keeps them.
package unique

import "sync"

// Handle is a globally unique identity for some value of type T.
//
// Two handles compare equal exactly if the two values used to create the handles
// would have also compared equal.
type Handle[T comparable] struct {
	value *T
}

// Value returns a shallow copy of the T value that produced the Handle.
// Value is safe for concurrent use by multiple goroutines.
func (h Handle[T]) Value() T {
	return *h.value
}

var (
	mu sync.Mutex
	// canonical maps (*T)(nil) and a value of type T to the *T of its handles.
	canonical = map[[2]any]any{}
)

// Make returns a globally unique handle for a value of type T. Handles
// are equal if and only if the values used to produce them are equal.
// Make is safe for concurrent use by multiple goroutines.
func Make[T comparable](value T) Handle[T] {
	k := [2]any{(*T)(nil), value} // T itself may be an interface
	mu.Lock()
	defer mu.Unlock() // a value that cannot be hashed panics
	if p, ok := canonical[k]; ok {
		return Handle[T]{p.(*T)}
	}
	p := new(T)
	*p = value
	canonical[k] = p
	return Handle[T]{p}
}
