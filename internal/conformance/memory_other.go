//go:build !linux

package main

// limitMemory does nothing: only Linux lets one process limit another.
func limitMemory(int, uint64) {}
