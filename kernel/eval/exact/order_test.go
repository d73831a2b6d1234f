package exact

import (
	"testing"

	"adkernel/kernel/eval/evaltest"
)

// What the compiler does is written by
//
//	go run ./internal/conformance boundary -rewrite -dir kernel/eval/testdata/order
func TestCallsAreMadeBeforeVariablesAreReadAsCompiled(t *testing.T) {
	evaltest.Table(t, start, nil, "../testdata/order")
}
