package wire

// UsageReply answers usage_request, which jupyter-resource-usage sends: what
// the kernel and the processes that it started use. The names are ipykernel's,
// those of the host's memory psutil's. What a system does not tell is left out.
type UsageReply struct {
	Hostname          string         `json:"hostname"`
	PID               int            `json:"pid"`
	KernelCPU         *float64       `json:"kernel_cpu,omitempty"`    // percent of one processor since the last request
	KernelMemory      *uint64        `json:"kernel_memory,omitempty"` // bytes; what is shared counts in parts
	HostCPUPercent    *float64       `json:"host_cpu_percent,omitempty"`
	CPUCount          int            `json:"cpu_count"`
	HostVirtualMemory *VirtualMemory `json:"host_virtual_memory,omitempty"`
}

// VirtualMemory is the host's memory in bytes.
type VirtualMemory struct {
	Total     uint64  `json:"total"`
	Available uint64  `json:"available"`
	Percent   float64 `json:"percent"` // that is not available
	Used      uint64  `json:"used"`
	Free      uint64  `json:"free"`
	Buffers   uint64  `json:"buffers"`
	Cached    uint64  `json:"cached"`
	Shared    uint64  `json:"shared"`
	Slab      uint64  `json:"slab"`
	Active    uint64  `json:"active"`
	Inactive  uint64  `json:"inactive"`
}

func (UsageReply) MessageType() string { return "usage_reply" }
