//go:build !linux

package kernel

import (
	"errors"
	"time"

	"adkernel/kernel/wire"
)

// errUntold leaves out what only Linux is asked for.
var errUntold = errors.New("this system is not asked for what processes use")

func descendants(int) ([]int, error)              { return nil, errUntold }
func processorTime(int) (time.Duration, error)    { return 0, errUntold }
func proportionalMemory(int) (uint64, error)      { return 0, errUntold }
func virtualMemory() (*wire.VirtualMemory, error) { return nil, errUntold }
func processorsOfHost() (hostCPU, error)          { return hostCPU{}, errUntold }
