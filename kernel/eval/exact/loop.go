package exact

import "unsafe"

// run executes until only base frames are left; false means that a panic left
// the frame at base, and m.raised is set. It is one long switch because that
// is what Go compiles well: a jump table, registers of the processor for the
// instruction pointer and both banks, and no calls but slow ones.
func (m *machine) run(base int) bool {
	var (
		fr     = &m.frames[len(m.frames)-1]
		c      = fr.code
		ip     = fr.ip
		ub     = unsafe.Pointer(&m.u[fr.u])
		pb     = unsafe.Pointer(&m.p[fr.p])
		tok    = m.tok
		callee *function
		free   *closure
	)
	for {
		in := (*instr)(ip)
		ip = unsafe.Add(ip, instrSize)
		switch in.op {
		case opLdI:
			*ri(ub, in.a) = int64(in.c)
		case opLdK:
			*ru(ub, in.a) = c.words[in.b]
		case opLdP:
			*rp(pb, in.a) = c.ptrs[in.b]
		case opNil:
			*rp(pb, in.a) = nil
		case opLdS:
			s := c.strs[in.c]
			*rp(pb, in.a) = unsafe.Pointer(unsafe.StringData(s))
			*ri(ub, in.b) = int64(len(s))
		case opMovU:
			*ru(ub, in.a) = *ru(ub, in.b)
		case opMovP:
			*rp(pb, in.a) = *rp(pb, in.b)
		case opMov2:
			x, y := *ru(ub, in.b), *ru(ub, in.b+8)
			*ru(ub, in.a), *ru(ub, in.a+8) = x, y
		case opMovI:
			x, y := *rp(pb, in.b), *rp(pb, in.b+8)
			*rp(pb, in.a), *rp(pb, in.a+8) = x, y
		case opMovS:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			*rp(pb, in.a) = *rp(pb, in.b)
			*ru(ub, t.a) = *ru(ub, t.b)
		case opAdd:
			*ru(ub, in.a) = *ru(ub, in.b) + *ru(ub, in.c)
		case opSub:
			*ru(ub, in.a) = *ru(ub, in.b) - *ru(ub, in.c)
		case opMul:
			*ru(ub, in.a) = *ru(ub, in.b) * *ru(ub, in.c)
		case opAnd:
			*ru(ub, in.a) = *ru(ub, in.b) & *ru(ub, in.c)
		case opOr:
			*ru(ub, in.a) = *ru(ub, in.b) | *ru(ub, in.c)
		case opXor:
			*ru(ub, in.a) = *ru(ub, in.b) ^ *ru(ub, in.c)
		case opAndNot:
			*ru(ub, in.a) = *ru(ub, in.b) &^ *ru(ub, in.c)
		case opDivS:
			y := *ri(ub, in.c)
			if y == 0 {
				m.raiseDivide()
				goto raise
			}
			*ri(ub, in.a) = *ri(ub, in.b) / y
		case opRemS:
			y := *ri(ub, in.c)
			if y == 0 {
				m.raiseDivide()
				goto raise
			}
			*ri(ub, in.a) = *ri(ub, in.b) % y
		case opDivU:
			y := *ru(ub, in.c)
			if y == 0 {
				m.raiseDivide()
				goto raise
			}
			*ru(ub, in.a) = *ru(ub, in.b) / y
		case opRemU:
			y := *ru(ub, in.c)
			if y == 0 {
				m.raiseDivide()
				goto raise
			}
			*ru(ub, in.a) = *ru(ub, in.b) % y
		case opShl:
			*ru(ub, in.a) = *ru(ub, in.b) << *ru(ub, in.c)
		case opShrS:
			*ri(ub, in.a) = *ri(ub, in.b) >> *ru(ub, in.c)
		case opShrU:
			*ru(ub, in.a) = *ru(ub, in.b) >> *ru(ub, in.c)
		case opAddI:
			*ri(ub, in.a) = *ri(ub, in.b) + int64(in.c)
		case opMulI:
			*ri(ub, in.a) = *ri(ub, in.b) * int64(in.c)
		case opAndI:
			*ri(ub, in.a) = *ri(ub, in.b) & int64(in.c)
		case opShlI:
			*ru(ub, in.a) = *ru(ub, in.b) << uint32(in.c)
		case opShrSI:
			*ri(ub, in.a) = *ri(ub, in.b) >> uint32(in.c)
		case opShrUI:
			*ru(ub, in.a) = *ru(ub, in.b) >> uint32(in.c)
		case opNeg:
			*ri(ub, in.a) = -*ri(ub, in.b)
		case opCom:
			*ru(ub, in.a) = ^*ru(ub, in.b)
		case opNot:
			*ru(ub, in.a) = *ru(ub, in.b) ^ 1
		case opShift:
			if *ri(ub, in.a) < 0 {
				m.raiseShift()
				goto raise
			}
		case opExt8S:
			*ri(ub, in.a) = int64(int8(*ri(ub, in.b)))
		case opExt16S:
			*ri(ub, in.a) = int64(int16(*ri(ub, in.b)))
		case opExt32S:
			*ri(ub, in.a) = int64(int32(*ri(ub, in.b)))
		case opExt8U:
			*ru(ub, in.a) = uint64(uint8(*ru(ub, in.b)))
		case opExt16U:
			*ru(ub, in.a) = uint64(uint16(*ru(ub, in.b)))
		case opExt32U:
			*ru(ub, in.a) = uint64(uint32(*ru(ub, in.b)))
		case opEq:
			*ru(ub, in.a) = bit(*ru(ub, in.b) == *ru(ub, in.c))
		case opNe:
			*ru(ub, in.a) = bit(*ru(ub, in.b) != *ru(ub, in.c))
		case opLtS:
			*ru(ub, in.a) = bit(*ri(ub, in.b) < *ri(ub, in.c))
		case opLeS:
			*ru(ub, in.a) = bit(*ri(ub, in.b) <= *ri(ub, in.c))
		case opLtU:
			*ru(ub, in.a) = bit(*ru(ub, in.b) < *ru(ub, in.c))
		case opLeU:
			*ru(ub, in.a) = bit(*ru(ub, in.b) <= *ru(ub, in.c))
		case opEqP:
			*ru(ub, in.a) = bit(*rp(pb, in.b) == *rp(pb, in.c))
		case opNeP:
			*ru(ub, in.a) = bit(*rp(pb, in.b) != *rp(pb, in.c))
		case opAddF:
			*rf(ub, in.a) = *rf(ub, in.b) + *rf(ub, in.c)
		case opSubF:
			*rf(ub, in.a) = *rf(ub, in.b) - *rf(ub, in.c)
		case opMulF:
			*rf(ub, in.a) = *rf(ub, in.b) * *rf(ub, in.c)
		case opDivF:
			*rf(ub, in.a) = *rf(ub, in.b) / *rf(ub, in.c)
		case opNegF:
			*rf(ub, in.a) = -*rf(ub, in.b)
		case opEqF:
			*ru(ub, in.a) = bit(*rf(ub, in.b) == *rf(ub, in.c))
		case opNeF:
			*ru(ub, in.a) = bit(*rf(ub, in.b) != *rf(ub, in.c))
		case opLtF:
			*ru(ub, in.a) = bit(*rf(ub, in.b) < *rf(ub, in.c))
		case opLeF:
			*ru(ub, in.a) = bit(*rf(ub, in.b) <= *rf(ub, in.c))
		case opAddF32:
			*rs(ub, in.a) = *rs(ub, in.b) + *rs(ub, in.c)
		case opSubF32:
			*rs(ub, in.a) = *rs(ub, in.b) - *rs(ub, in.c)
		case opMulF32:
			*rs(ub, in.a) = *rs(ub, in.b) * *rs(ub, in.c)
		case opDivF32:
			*rs(ub, in.a) = *rs(ub, in.b) / *rs(ub, in.c)
		case opNegF32:
			*rs(ub, in.a) = -*rs(ub, in.b)
		case opEqF32:
			*ru(ub, in.a) = bit(*rs(ub, in.b) == *rs(ub, in.c))
		case opNeF32:
			*ru(ub, in.a) = bit(*rs(ub, in.b) != *rs(ub, in.c))
		case opLtF32:
			*ru(ub, in.a) = bit(*rs(ub, in.b) < *rs(ub, in.c))
		case opLeF32:
			*ru(ub, in.a) = bit(*rs(ub, in.b) <= *rs(ub, in.c))
		case opCvtIF:
			*rf(ub, in.a) = float64(*ri(ub, in.b))
		case opCvtFI:
			*ri(ub, in.a) = int64(*rf(ub, in.b))
		case opJmp:
			ip = unsafe.Add(ip, in.a)
		case opLoop:
			if tok.flag.Load() != 0 && !tok.poll(m) {
				goto raise
			}
			ip = unsafe.Add(ip, in.a)
		case opJnz:
			if *ru(ub, in.b) != 0 {
				ip = unsafe.Add(ip, in.a)
			}
		case opJz:
			if *ru(ub, in.b) == 0 {
				ip = unsafe.Add(ip, in.a)
			}
		case opJEq:
			if *ru(ub, in.b) == *ru(ub, in.c) {
				ip = unsafe.Add(ip, in.a)
			}
		case opJNe:
			if *ru(ub, in.b) != *ru(ub, in.c) {
				ip = unsafe.Add(ip, in.a)
			}
		case opJLtS:
			if *ri(ub, in.b) < *ri(ub, in.c) {
				ip = unsafe.Add(ip, in.a)
			}
		case opJLeS:
			if *ri(ub, in.b) <= *ri(ub, in.c) {
				ip = unsafe.Add(ip, in.a)
			}
		case opJLtU:
			if *ru(ub, in.b) < *ru(ub, in.c) {
				ip = unsafe.Add(ip, in.a)
			}
		case opJLeU:
			if *ru(ub, in.b) <= *ru(ub, in.c) {
				ip = unsafe.Add(ip, in.a)
			}
		case opJEqI:
			if *ri(ub, in.b) == int64(in.c) {
				ip = unsafe.Add(ip, in.a)
			}
		case opJNeI:
			if *ri(ub, in.b) != int64(in.c) {
				ip = unsafe.Add(ip, in.a)
			}
		case opJLtI:
			if *ri(ub, in.b) < int64(in.c) {
				ip = unsafe.Add(ip, in.a)
			}
		case opJLeI:
			if *ri(ub, in.b) <= int64(in.c) {
				ip = unsafe.Add(ip, in.a)
			}
		case opJGtI:
			if *ri(ub, in.b) > int64(in.c) {
				ip = unsafe.Add(ip, in.a)
			}
		case opJGeI:
			if *ri(ub, in.b) >= int64(in.c) {
				ip = unsafe.Add(ip, in.a)
			}
		case opJNilP:
			if *rp(pb, in.b) == nil {
				ip = unsafe.Add(ip, in.a)
			}
		case opJNotNil:
			if *rp(pb, in.b) != nil {
				ip = unsafe.Add(ip, in.a)
			}
		case opLd8U:
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			*ru(ub, in.a) = uint64(*(*uint8)(unsafe.Add(q, in.c)))
		case opLd8S:
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			*ri(ub, in.a) = int64(*(*int8)(unsafe.Add(q, in.c)))
		case opLd16U:
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			*ru(ub, in.a) = uint64(*(*uint16)(unsafe.Add(q, in.c)))
		case opLd16S:
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			*ri(ub, in.a) = int64(*(*int16)(unsafe.Add(q, in.c)))
		case opLd32U:
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			*ru(ub, in.a) = uint64(*(*uint32)(unsafe.Add(q, in.c)))
		case opLd32S:
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			*ri(ub, in.a) = int64(*(*int32)(unsafe.Add(q, in.c)))
		case opLd64:
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			*ru(ub, in.a) = *(*uint64)(unsafe.Add(q, in.c))
		case opLdPtr:
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			*rp(pb, in.a) = *(*unsafe.Pointer)(unsafe.Add(q, in.c))
		case opLdStr:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			s := *(*string)(unsafe.Add(q, in.c))
			*rp(pb, in.a) = unsafe.Pointer(unsafe.StringData(s))
			*ri(ub, t.a) = int64(len(s))
		case opLdAny:
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			*rany(pb, in.a) = *(*any)(unsafe.Add(q, in.c))
		case opSt8:
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			*(*uint8)(unsafe.Add(q, in.c)) = uint8(*ru(ub, in.a))
		case opSt16:
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			*(*uint16)(unsafe.Add(q, in.c)) = uint16(*ru(ub, in.a))
		case opSt32:
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			*(*uint32)(unsafe.Add(q, in.c)) = uint32(*ru(ub, in.a))
		case opSt64:
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			*(*uint64)(unsafe.Add(q, in.c)) = *ru(ub, in.a)
		case opStPtr:
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			*(*unsafe.Pointer)(unsafe.Add(q, in.c)) = *rp(pb, in.a)
		case opStStr:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			*(*string)(unsafe.Add(q, in.c)) = unsafe.String((*byte)(*rp(pb, in.a)), *ri(ub, t.a))
		case opStAny:
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			*(*any)(unsafe.Add(q, in.c)) = *rany(pb, in.a)
		case opLea:
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			*rp(pb, in.a) = unsafe.Add(q, in.c)
		case opChkNil:
			if *rp(pb, in.a) == nil {
				m.raiseNil()
				goto raise
			}
		case opNew:
			*rp(pb, in.a) = c.types[in.b].New()
		case opNewCopy:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			q := *rp(pb, in.b)
			if q == nil {
				m.raiseNil()
				goto raise
			}
			typ := c.types[in.c]
			q2 := typ.New()
			typ.Copy(q2, unsafe.Add(q, t.a))
			*rp(pb, in.a) = q2
		case opCopy:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			dst := *rp(pb, in.a)
			if dst == nil {
				m.raiseNil()
				goto raise
			}
			c.types[in.c].Copy(unsafe.Add(dst, t.a), *rp(pb, in.b))
		case opIdxAddr:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				m.raiseIndex(i, *ru(ub, t.a), in.k)
				goto raise
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*rp(pb, in.a) = q
		case opIdx8U:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				m.raiseIndex(i, *ru(ub, t.a), in.k)
				goto raise
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*ru(ub, in.a) = uint64(*(*uint8)(q))
		case opIdx8S:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				m.raiseIndex(i, *ru(ub, t.a), in.k)
				goto raise
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*ri(ub, in.a) = int64(*(*int8)(q))
		case opIdx16U:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				m.raiseIndex(i, *ru(ub, t.a), in.k)
				goto raise
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*ru(ub, in.a) = uint64(*(*uint16)(q))
		case opIdx16S:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				m.raiseIndex(i, *ru(ub, t.a), in.k)
				goto raise
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*ri(ub, in.a) = int64(*(*int16)(q))
		case opIdx32U:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				m.raiseIndex(i, *ru(ub, t.a), in.k)
				goto raise
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*ru(ub, in.a) = uint64(*(*uint32)(q))
		case opIdx32S:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				m.raiseIndex(i, *ru(ub, t.a), in.k)
				goto raise
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*ri(ub, in.a) = int64(*(*int32)(q))
		case opIdx64:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				m.raiseIndex(i, *ru(ub, t.a), in.k)
				goto raise
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*ru(ub, in.a) = *(*uint64)(q)
		case opIdxPtr:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				m.raiseIndex(i, *ru(ub, t.a), in.k)
				goto raise
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*rp(pb, in.a) = *(*unsafe.Pointer)(q)
		case opIdxStr:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				m.raiseIndex(i, *ru(ub, t.a), in.k)
				goto raise
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			s := *(*string)(q)
			*rp(pb, in.a) = unsafe.Pointer(unsafe.StringData(s))
			*ri(ub, int32(t.k)*8) = int64(len(s))
		case opSet8:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				m.raiseIndex(i, *ru(ub, t.a), in.k)
				goto raise
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*(*uint8)(q) = uint8(*ru(ub, in.a))
		case opSet16:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				m.raiseIndex(i, *ru(ub, t.a), in.k)
				goto raise
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*(*uint16)(q) = uint16(*ru(ub, in.a))
		case opSet32:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				m.raiseIndex(i, *ru(ub, t.a), in.k)
				goto raise
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*(*uint32)(q) = uint32(*ru(ub, in.a))
		case opSet64:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				m.raiseIndex(i, *ru(ub, t.a), in.k)
				goto raise
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*(*uint64)(q) = *ru(ub, in.a)
		case opSetPtr:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				m.raiseIndex(i, *ru(ub, t.a), in.k)
				goto raise
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*(*unsafe.Pointer)(q) = *rp(pb, in.a)
		case opCall:
			callee, free = c.funcs[in.a], nil
			goto enter
		case opCallN:
			fr.ip = ip
			if c.funcs[in.a].native(m, unsafe.Add(ub, c.nu*8), unsafe.Add(pb, c.np*8)) {
				goto raise
			}
		case opCallC:
			free = (*closure)(*rp(pb, in.a))
			if free == nil {
				m.raiseNil()
				goto raise
			}
			callee = free.fn
			if callee.native != nil {
				fr.ip = ip
				if callee.native(m, unsafe.Add(ub, c.nu*8), unsafe.Add(pb, c.np*8)) {
					goto raise
				}
				continue
			}
			goto enter
		case opCallM:
			// exts[b] puts the receiver into place, and leaves what to call
			fr.ip = ip
			if c.exts[in.b](m, ub, pb) {
				goto raise
			}
			callee, free = m.method, nil
			if callee == nil {
				continue // a native method, called already
			}
			goto enter
		case opRet:
			if n := c.np - c.resP; n > 0 {
				clear(unsafe.Slice((*unsafe.Pointer)(unsafe.Add(pb, c.resP*8)), n))
			}
			last := len(m.frames) - 1
			m.frames[last] = frame{}
			m.frames = m.frames[:last]
			if last == base {
				return true
			}
			fr = &m.frames[last-1]
			c, ip = fr.code, fr.ip
			ub, pb = unsafe.Pointer(&m.u[fr.u]), unsafe.Pointer(&m.p[fr.p])
		case opDefer:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			m.deferCall(c.funcs[in.a], nil, in.b, in.c, t.a)
			fr = &m.frames[len(m.frames)-1]
		case opDeferC:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			m.deferCall(nil, (*closure)(*rp(pb, in.a)), in.b, in.c, t.a)
			fr = &m.frames[len(m.frames)-1]
		case opGo:
			fr.ip = ip
			m.goCall(c.funcs[in.a], nil, in.b, in.c)
			ip = unsafe.Add(ip, instrSize)
		case opGoC:
			fr.ip = ip
			if m.goCall(nil, (*closure)(*rp(pb, in.a)), in.b, in.c) {
				goto raise
			}
			ip = unsafe.Add(ip, instrSize)
		case opRunDefs:
			fr.ip = ip
			if fr.defers != nil {
				ok := m.runDefers()
				fr = &m.frames[len(m.frames)-1]
				ub, pb = unsafe.Pointer(&m.u[fr.u]), unsafe.Pointer(&m.p[fr.p])
				if !ok {
					goto raise
				}
			}
		case opPanic:
			m.raiseValue(*rany(pb, in.a))
			goto raise
		case opRecover:
			*rany(pb, in.a) = m.recovered(fr)
		case opExt:
			fr.ip = ip
			if c.exts[in.a](m, ub, pb) {
				goto raise
			}
		default:
			m.fault("unknown instruction", in)
			goto raise
		}
		continue

	enter:
		{
			fr.ip = ip
			code := callee.code.Load()
			u, p := fr.u+c.nu, fr.p+c.np
			if int(u+code.needU) > len(m.u) || int(p+code.needP) > len(m.p) || len(m.frames) >= maxFrames {
				if !m.reserve(u+code.needU, p+code.needP) {
					goto raise
				}
			}
			if tok.flag.Load() != 0 && !tok.poll(m) {
				goto raise
			}
			var handling *panicking
			if c.wrapper {
				handling = fr.handling
			}
			m.frames = append(m.frames, frame{code: code, u: u, p: p, handling: handling})
			fr = &m.frames[len(m.frames)-1]
			c, ip = code, unsafe.Pointer(&code.ins[0])
			ub, pb = unsafe.Pointer(&m.u[u]), unsafe.Pointer(&m.p[p])
			if free != nil && len(free.u)+len(free.p) > 0 {
				copy(m.u[u+c.resU+c.argU:], free.u)
				copy(m.p[p+c.resP+c.argP:], free.p)
			}
		}
		continue

	raise:
		fr.ip = ip
		if !m.unwind(base) {
			return false
		}
		fr = &m.frames[len(m.frames)-1]
		c, ip = fr.code, fr.ip
		ub, pb = unsafe.Pointer(&m.u[fr.u]), unsafe.Pointer(&m.p[fr.p])
	}
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
