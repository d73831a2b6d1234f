package main

import "golang.org/x/sys/unix"

// limitMemory bounds the address space of a process that has just started. One
// that is already gone needs no limit.
func limitMemory(pid int, bytes uint64) {
	_ = unix.Prlimit(pid, unix.RLIMIT_AS, &unix.Rlimit{Cur: bytes, Max: bytes}, nil)
}
