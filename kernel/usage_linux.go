package kernel

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"adkernel/kernel/wire"
)

// Linux tells these things in /proc (proc(5)).

// clockTick is USER_HZ, which is 100 on every architecture that Go knows.
const clockTick = time.Second / 100

// descendants lists pid and every process below it.
func descendants(pid int) ([]int, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, path := range stats {
		fields, err := statFields(path)
		if err != nil || len(fields) < 2 {
			continue // it has ended
		}
		parent, err := strconv.Atoi(fields[1])
		child, err2 := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && err2 == nil {
			children[parent] = append(children[parent], child)
		}
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all, nil
}

// statFields are those after the name of the program, which may hold anything.
func statFields(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])), nil
}

func processorTime(pid int) (time.Duration, error) {
	fields, err := statFields(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * clockTick, err
}

// proportionalMemory is the process's memory in bytes, where what it shares
// with n others counts as an n-th.
func proportionalMemory(pid int) (uint64, error) {
	sizes, err := kilobytes(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	return sizes["Pss"], err
}

func virtualMemory() (*wire.VirtualMemory, error) {
	m, err := kilobytes("/proc/meminfo")
	if err != nil || m["MemTotal"] == 0 {
		return nil, fmt.Errorf("/proc/meminfo: %w", err)
	}
	v := &wire.VirtualMemory{
		Total: m["MemTotal"], Available: m["MemAvailable"], Free: m["MemFree"], Buffers: m["Buffers"],
		Cached: m["Cached"] + m["SReclaimable"], Shared: m["Shmem"], Slab: m["Slab"],
		Active: m["Active"], Inactive: m["Inactive"],
	}
	v.Used = v.Total - min(v.Total, v.Available)
	v.Percent = 100 * float64(v.Used) / float64(v.Total)
	return v, nil
}

// kilobytes reads lines such as "Pss: 12 kB" and returns bytes.
func kilobytes(path string) (map[string]uint64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sizes := map[string]uint64{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		name, rest, _ := strings.Cut(lines.Text(), ":")
		number, isSize := strings.CutSuffix(strings.TrimSpace(rest), " kB")
		if n, err := strconv.ParseUint(number, 10, 64); err == nil && isSize {
			sizes[name] = n << 10
		}
	}
	return sizes, lines.Err()
}

func processorsOfHost() (hostCPU, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return hostCPU{}, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	var h hostCPU
	for i, field := range strings.Fields(line)[1:] {
		n, err := strconv.ParseUint(field, 10, 64)
		if err != nil {
			return hostCPU{}, err
		}
		const idle, waiting, guest = 3, 4, 8 // guests' time is part of the user's
		if i >= guest {
			break
		}
		h.total += n
		if i != idle && i != waiting {
			h.busy += n
		}
	}
	return h, nil
}
