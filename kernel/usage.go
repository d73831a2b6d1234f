package kernel

import (
	"os"
	"runtime"
	"sync"
	"time"

	"adkernel/kernel/wire"
)

// usage tells what the kernel and the processes below it use.
type usage struct {
	mu   sync.Mutex
	at   time.Time             // of the last request
	cpu  map[int]time.Duration // that each process had used then
	host hostCPU
}

// hostCPU is what all processors of the host have done since it started.
type hostCPU struct{ busy, total uint64 }

// now is the reply. A share of time is that since the last call, and is left
// out or zero the first time.
func (u *usage) now() wire.UsageReply {
	u.mu.Lock()
	defer u.mu.Unlock()
	hostname, _ := os.Hostname() // empty where the system has no name
	r := wire.UsageReply{Hostname: hostname, PID: os.Getpid(), CPUCount: runtime.NumCPU()}
	processes, err := descendants(os.Getpid())
	if err != nil {
		return r
	}
	at, cpu := time.Now(), map[int]time.Duration{}
	var used time.Duration
	var memory uint64
	for _, pid := range processes {
		if m, err := proportionalMemory(pid); err == nil {
			memory += m
		}
		total, err := processorTime(pid)
		if err != nil {
			continue // it has ended
		}
		cpu[pid] = total
		if before, ok := u.cpu[pid]; ok {
			used += total - before
		}
	}
	var percent float64
	if elapsed := at.Sub(u.at); !u.at.IsZero() && elapsed > 0 {
		percent = 100 * used.Seconds() / elapsed.Seconds()
	}
	u.at, u.cpu = at, cpu
	r.KernelCPU, r.KernelMemory = &percent, &memory
	if v, err := virtualMemory(); err == nil {
		r.HostVirtualMemory = v
	}
	if host, err := processorsOfHost(); err == nil {
		if total := host.total - u.host.total; u.host.total > 0 && total > 0 {
			share := 100 * float64(host.busy-u.host.busy) / float64(total)
			r.HostCPUPercent = &share
		}
		u.host = host
	}
	return r
}
