package exact

import "unsafe"

// run executes until only base frames are left; false means that a panic left
// the frame at base, and m.raised is set.
//
// It is one long switch because that is what Go compiles well: a jump table, and
// registers of the processor for the instruction pointer and both banks. What
// many instructions do, as to check an index, is written out in each: in a
// function of this size Go inlines only the smallest others. Whatever calls a
// function continues at reload, which reads the state anew: a variable that were
// alive across a call would be written to memory before every instruction.
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
				goto divide
			}
			*ri(ub, in.a) = *ri(ub, in.b) / y
		case opRemS:
			y := *ri(ub, in.c)
			if y == 0 {
				goto divide
			}
			*ri(ub, in.a) = *ri(ub, in.b) % y
		case opDivU:
			y := *ru(ub, in.c)
			if y == 0 {
				goto divide
			}
			*ru(ub, in.a) = *ru(ub, in.b) / y
		case opRemU:
			y := *ru(ub, in.c)
			if y == 0 {
				goto divide
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
				goto shift
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
			if tok.flag.Load() != 0 {
				goto poll
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
		case opJEqF:
			if *rf(ub, in.b) == *rf(ub, in.c) {
				ip = unsafe.Add(ip, in.a)
			}
		case opJNeF:
			if *rf(ub, in.b) != *rf(ub, in.c) {
				ip = unsafe.Add(ip, in.a)
			}
		case opJLtF:
			if *rf(ub, in.b) < *rf(ub, in.c) {
				ip = unsafe.Add(ip, in.a)
			}
		case opJLeF:
			if *rf(ub, in.b) <= *rf(ub, in.c) {
				ip = unsafe.Add(ip, in.a)
			}
		case opJNotLtF:
			if !(*rf(ub, in.b) < *rf(ub, in.c)) {
				ip = unsafe.Add(ip, in.a)
			}
		case opJNotLeF:
			if !(*rf(ub, in.b) <= *rf(ub, in.c)) {
				ip = unsafe.Add(ip, in.a)
			}
		case opLoopNz:
			if *ru(ub, in.b) != 0 {
				if tok.flag.Load() != 0 {
					goto poll
				}
				ip = unsafe.Add(ip, in.a)
			}
		case opLoopLtS:
			if *ri(ub, in.b) < *ri(ub, in.c) {
				if tok.flag.Load() != 0 {
					goto poll
				}
				ip = unsafe.Add(ip, in.a)
			}
		case opLoopLtI:
			if *ri(ub, in.b) < int64(in.c) {
				if tok.flag.Load() != 0 {
					goto poll
				}
				ip = unsafe.Add(ip, in.a)
			}
		case opStepLtS:
			i := *ri(ub, in.b) + int64(int16(in.k))
			*ri(ub, in.b) = i
			if i < *ri(ub, in.c) {
				if tok.flag.Load() != 0 {
					goto poll
				}
				ip = unsafe.Add(ip, in.a)
			}
		case opStepLeS:
			i := *ri(ub, in.b) + int64(int16(in.k))
			*ri(ub, in.b) = i
			if i <= *ri(ub, in.c) {
				if tok.flag.Load() != 0 {
					goto poll
				}
				ip = unsafe.Add(ip, in.a)
			}
		case opStepLtI:
			i := *ri(ub, in.b) + int64(int16(in.k))
			*ri(ub, in.b) = i
			if i < int64(in.c) {
				if tok.flag.Load() != 0 {
					goto poll
				}
				ip = unsafe.Add(ip, in.a)
			}
		case opStepLeI:
			i := *ri(ub, in.b) + int64(int16(in.k))
			*ri(ub, in.b) = i
			if i <= int64(in.c) {
				if tok.flag.Load() != 0 {
					goto poll
				}
				ip = unsafe.Add(ip, in.a)
			}
		case opStepGtI:
			i := *ri(ub, in.b) + int64(int16(in.k))
			*ri(ub, in.b) = i
			if i > int64(in.c) {
				if tok.flag.Load() != 0 {
					goto poll
				}
				ip = unsafe.Add(ip, in.a)
			}
		case opStepGeI:
			i := *ri(ub, in.b) + int64(int16(in.k))
			*ri(ub, in.b) = i
			if i >= int64(in.c) {
				if tok.flag.Load() != 0 {
					goto poll
				}
				ip = unsafe.Add(ip, in.a)
			}
		case opStepLtMem:
			i := *ri(ub, in.b) + int64(int16(in.k))
			*ri(ub, in.b) = i
			q := *rp(pb, in.c)
			if q == nil {
				goto nilPointer
			}
			if i < *(*int64)(q) {
				if tok.flag.Load() != 0 {
					goto poll
				}
				ip = unsafe.Add(ip, in.a)
			}
		case opAddMem:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			q = unsafe.Add(q, in.c)
			v := *(*uint64)(q) + *ru(ub, int32(in.k)*8)
			*(*uint64)(q), *ru(ub, in.a) = v, v
		case opAddMemF:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			q = unsafe.Add(q, in.c)
			v := *(*float64)(q) + *rf(ub, int32(in.k)*8)
			*(*float64)(q), *rf(ub, in.a) = v, v
		case opIncMem:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			q = unsafe.Add(q, in.c)
			v := *(*int64)(q) + int64(int16(in.k))
			*(*int64)(q), *ri(ub, in.a) = v, v
		case opSumIdx:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				goto index
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*ru(ub, in.a) += *(*uint64)(q)
		case opSumIdxF:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				goto index
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*rf(ub, in.a) += *(*float64)(q)
		case opLd8U:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			*ru(ub, in.a) = uint64(*(*uint8)(unsafe.Add(q, in.c)))
		case opLd8S:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			*ri(ub, in.a) = int64(*(*int8)(unsafe.Add(q, in.c)))
		case opLd16U:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			*ru(ub, in.a) = uint64(*(*uint16)(unsafe.Add(q, in.c)))
		case opLd16S:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			*ri(ub, in.a) = int64(*(*int16)(unsafe.Add(q, in.c)))
		case opLd32U:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			*ru(ub, in.a) = uint64(*(*uint32)(unsafe.Add(q, in.c)))
		case opLd32S:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			*ri(ub, in.a) = int64(*(*int32)(unsafe.Add(q, in.c)))
		case opLd64:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			*ru(ub, in.a) = *(*uint64)(unsafe.Add(q, in.c))
		case opLdPtr:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			*rp(pb, in.a) = *(*unsafe.Pointer)(unsafe.Add(q, in.c))
		case opLdStr:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			s := *(*string)(unsafe.Add(q, in.c))
			*rp(pb, in.a) = unsafe.Pointer(unsafe.StringData(s))
			*ri(ub, t.a) = int64(len(s))
		case opLdAny:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			*rany(pb, in.a) = *(*any)(unsafe.Add(q, in.c))
		case opSt8:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			*(*uint8)(unsafe.Add(q, in.c)) = uint8(*ru(ub, in.a))
		case opSt16:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			*(*uint16)(unsafe.Add(q, in.c)) = uint16(*ru(ub, in.a))
		case opSt32:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			*(*uint32)(unsafe.Add(q, in.c)) = uint32(*ru(ub, in.a))
		case opSt64:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			*(*uint64)(unsafe.Add(q, in.c)) = *ru(ub, in.a)
		case opStPtr:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			*(*unsafe.Pointer)(unsafe.Add(q, in.c)) = *rp(pb, in.a)
		case opStStr:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			*(*string)(unsafe.Add(q, in.c)) = unsafe.String((*byte)(*rp(pb, in.a)), *ri(ub, t.a))
		case opStAny:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			*(*any)(unsafe.Add(q, in.c)) = *rany(pb, in.a)
		case opLea:
			q := *rp(pb, in.b)
			if q == nil {
				goto nilPointer
			}
			*rp(pb, in.a) = unsafe.Add(q, in.c)
		case opChkNil:
			if *rp(pb, in.a) == nil {
				goto nilPointer
			}
		case opNew:
			fr.ip = ip
			newObject(c, pb, in)
			goto reload
		case opNewCopy:
			fr.ip = unsafe.Add(ip, instrSize)
			if *rp(pb, in.b) == nil {
				goto nilPointer
			}
			newCopy(c, pb, in)
			goto reload
		case opCopy:
			fr.ip = unsafe.Add(ip, instrSize)
			if *rp(pb, in.a) == nil {
				goto nilPointer
			}
			copyTo(c, pb, in)
			goto reload
		case opIdxAddr:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				goto index
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*rp(pb, in.a) = q
		case opIdx8U:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				goto index
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*ru(ub, in.a) = uint64(*(*uint8)(q))
		case opIdx8S:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				goto index
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*ri(ub, in.a) = int64(*(*int8)(q))
		case opIdx16U:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				goto index
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*ru(ub, in.a) = uint64(*(*uint16)(q))
		case opIdx16S:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				goto index
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*ri(ub, in.a) = int64(*(*int16)(q))
		case opIdx32U:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				goto index
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*ru(ub, in.a) = uint64(*(*uint32)(q))
		case opIdx32S:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				goto index
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*ri(ub, in.a) = int64(*(*int32)(q))
		case opIdx64:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				goto index
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*ru(ub, in.a) = *(*uint64)(q)
		case opIdxPtr:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				goto index
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*rp(pb, in.a) = *(*unsafe.Pointer)(q)
		case opIdxStr:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				goto index
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
				goto index
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*(*uint8)(q) = uint8(*ru(ub, in.a))
		case opSet16:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				goto index
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*(*uint16)(q) = uint16(*ru(ub, in.a))
		case opSet32:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				goto index
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*(*uint32)(q) = uint32(*ru(ub, in.a))
		case opSet64:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				goto index
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*(*uint64)(q) = *ru(ub, in.a)
		case opSetPtr:
			t := (*instr)(ip)
			ip = unsafe.Add(ip, instrSize)
			i := *ru(ub, in.c)
			if i >= *ru(ub, t.a) {
				goto index
			}
			q := unsafe.Add(*rp(pb, in.b), i*uint64(uint32(t.b))+uint64(uint32(t.c)))
			*(*unsafe.Pointer)(q) = *rp(pb, in.a)
		case opCall:
			callee = c.funcs[in.a]
			goto enter
		case opCallN:
			fr.ip = ip
			if c.funcs[in.a].native(m, unsafe.Add(ub, c.nu*8), unsafe.Add(pb, c.np*8)) {
				goto raised
			}
			goto reload
		case opCallC:
			free = (*closure)(*rp(pb, in.a))
			if free == nil {
				goto nilPointer
			}
			callee = free.fn
			if callee.native == nil {
				goto enterClosure
			}
			fr.ip = ip
			if callee.native(m, unsafe.Add(ub, c.nu*8), unsafe.Add(pb, c.np*8)) {
				goto raised
			}
			goto reload
		case opCallM:
			// exts[b] puts the receiver into place, and leaves what to call
			fr.ip = ip
			if c.exts[in.b](m, ub, pb) || m.method != nil && !m.enter(m.method, nil) {
				goto raised
			}
			goto reload // a native method has been called already
		case opRet:
			for o := c.resP * 8; o < c.np*8; o += 8 {
				*rp(pb, o) = nil
			}
			if fr.defers != nil {
				fr.defers = nil
			}
			if fr.handling != nil {
				fr.handling = nil
			}
			last := len(m.frames) - 1
			m.frames = m.frames[:last]
			if last == base {
				return true
			}
			fr = &m.frames[last-1]
			c, ip = fr.code, fr.ip
			ub, pb = unsafe.Pointer(&m.u[fr.u]), unsafe.Pointer(&m.p[fr.p])
		case opDefer:
			fr.ip = unsafe.Add(ip, instrSize)
			m.deferCall(c.funcs[in.a], nil, in.b, in.c, (*instr)(ip).a)
			goto reload
		case opDeferC:
			fr.ip = unsafe.Add(ip, instrSize)
			m.deferCall(nil, (*closure)(*rp(pb, in.a)), in.b, in.c, (*instr)(ip).a)
			goto reload
		case opGo:
			fr.ip = unsafe.Add(ip, instrSize)
			m.goCall(c.funcs[in.a], nil, in.b, in.c)
			goto reload
		case opGoC:
			fr.ip = unsafe.Add(ip, instrSize)
			if m.goCall(nil, (*closure)(*rp(pb, in.a)), in.b, in.c) {
				goto raised
			}
			goto reload
		case opRunDefs:
			fr.ip = ip
			if fr.defers == nil {
				continue
			}
			if !m.runDefers() {
				goto raised
			}
			goto reload
		case opPanic:
			fr.ip = ip
			m.raiseValue(*rany(pb, in.a))
			goto raised
		case opRecover:
			fr.ip = ip
			recoverTo(m, fr, pb, in)
			goto reload
		case opExt:
			fr.ip = ip
			if c.exts[in.a](m, ub, pb) {
				goto raised
			}
			goto reload
		default:
			fr.ip = ip
			m.fault("unknown instruction", in)
			goto raised
		}
		continue

	enter:
		{
			// The common case of m.enter, without a call.
			fr.ip = ip
			code := callee.code.Load()
			u, p, n := fr.u+c.nu, fr.p+c.np, len(m.frames)
			if tok.flag.Load() != 0 || n >= cap(m.frames) || int(u+code.needU) > len(m.u) || int(p+code.needP) > len(m.p) || c.wrapper {
				free = nil
				goto enterSlow
			}
			m.frames = m.frames[:n+1]
			fr = &m.frames[n]
			fr.code, fr.u, fr.p = code, u, p
			c, ip = code, unsafe.Pointer(&code.ins[0])
			ub, pb = unsafe.Pointer(&m.u[u]), unsafe.Pointer(&m.p[p])
		}
		continue

	enterClosure:
		{
			fr.ip = ip
			code := callee.code.Load()
			u, p, n := fr.u+c.nu, fr.p+c.np, len(m.frames)
			if tok.flag.Load() != 0 || n >= cap(m.frames) || int(u+code.needU) > len(m.u) || int(p+code.needP) > len(m.p) || c.wrapper {
				goto enterSlow
			}
			m.frames = m.frames[:n+1]
			fr = &m.frames[n]
			fr.code, fr.u, fr.p = code, u, p
			c, ip = code, unsafe.Pointer(&code.ins[0])
			ub, pb = unsafe.Pointer(&m.u[u]), unsafe.Pointer(&m.p[p])
			for i, w := range free.u {
				*ru(ub, (c.resU+c.argU+int32(i))*8) = w
			}
			for i, q := range free.p {
				*rp(pb, (c.resP+c.argP+int32(i))*8) = q
			}
		}
		continue

		// What follows calls functions: nothing but m and base is alive
		// afterwards, so that Go keeps all else in registers above.
	enterSlow:
		if !m.enter(callee, free) {
			goto raised
		}
		goto reload

	poll:
		if !m.pollJump(fr, ip) {
			goto raised
		}
		goto reload

	nilPointer:
		fr.ip = ip
		m.raiseNil()
		goto raised

	divide:
		fr.ip = ip
		m.raiseDivide()
		goto raised

	shift:
		fr.ip = ip
		m.raiseShift()
		goto raised

	index:
		fr.ip = ip
		m.raiseIndexAt(ub, ip)

	raised:
		if !m.unwind(base) {
			return false
		}

	reload:
		fr = &m.frames[len(m.frames)-1]
		c, ip, tok = fr.code, fr.ip, m.tok
		ub, pb = unsafe.Pointer(&m.u[fr.u]), unsafe.Pointer(&m.p[fr.p])
	}
}
