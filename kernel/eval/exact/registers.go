package exact

import (
	"unsafe"

	"adkernel/kernel/eval/exact/layout"
)

// writeMemory copies a value from registers to memory of its type, which is
// fresh or whose old content does not matter.
func writeMemory(t *layout.Type, u, p unsafe.Pointer, l loc, mem unsafe.Pointer) {
	if t.Boxed {
		t.Copy(mem, *rp(p, l.p))
		return
	}
	for _, s := range t.Slots {
		at := unsafe.Add(mem, s.Offset)
		switch s.Kind {
		case layout.Pointer:
			*(*unsafe.Pointer)(at) = *rp(p, l.p)
			l.p += 8
			continue
		case layout.Uint8, layout.Int8:
			*(*uint8)(at) = uint8(*ru(u, l.u))
		case layout.Uint16, layout.Int16:
			*(*uint16)(at) = uint16(*ru(u, l.u))
		case layout.Uint32, layout.Int32, layout.Float32:
			*(*uint32)(at) = uint32(*ru(u, l.u))
		default:
			*(*uint64)(at) = *ru(u, l.u)
		}
		l.u += 8
	}
}

// readMemory copies a value from memory of its type to registers. Memory of a
// Boxed type must not be written to afterwards.
func readMemory(t *layout.Type, mem unsafe.Pointer, u, p unsafe.Pointer, l loc) {
	if t.Boxed {
		*rp(p, l.p) = mem
		return
	}
	for _, s := range t.Slots {
		at := unsafe.Add(mem, s.Offset)
		switch s.Kind {
		case layout.Pointer:
			*rp(p, l.p) = *(*unsafe.Pointer)(at)
			l.p += 8
			continue
		case layout.Uint8:
			*ru(u, l.u) = uint64(*(*uint8)(at))
		case layout.Int8:
			*ri(u, l.u) = int64(*(*int8)(at))
		case layout.Uint16:
			*ru(u, l.u) = uint64(*(*uint16)(at))
		case layout.Int16:
			*ri(u, l.u) = int64(*(*int16)(at))
		case layout.Uint32, layout.Float32:
			*ru(u, l.u) = uint64(*(*uint32)(at))
		case layout.Int32:
			*ri(u, l.u) = int64(*(*int32)(at))
		default:
			*ru(u, l.u) = *(*uint64)(at)
		}
		l.u += 8
	}
}

// value copies a value from registers to fresh memory.
func value(t *layout.Type, u, p unsafe.Pointer, l loc) unsafe.Pointer {
	if t.Boxed {
		return *rp(p, l.p)
	}
	mem := t.New()
	writeMemory(t, u, p, l, mem)
	return mem
}
