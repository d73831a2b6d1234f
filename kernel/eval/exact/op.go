package exact

// op is an operation. a is the destination unless said otherwise.
type op uint16

const (
	opNone op = iota

	// constants and moves
	opLdI  // u[a] = c, sign-extended
	opLdK  // u[a] = words[b]
	opLdP  // p[a] = ptrs[b]
	opNil  // p[a] = nil
	opLdS  // p[a], u[b] = strs[c]
	opMovU // u[a] = u[b]
	opMovP // p[a] = p[b]
	opMov2 // u[a] = u[b], u[a+8] = u[b+8]
	opMovI // p[a], p[a+8] = p[b], p[b+8]
	opMovS // p[a] = p[b]; u of the next's a = its b

	// 64-bit integers; narrower ones are extended again by an opExt
	opAdd
	opSub
	opMul
	opDivS
	opRemS
	opDivU
	opRemU
	opAnd
	opOr
	opXor
	opAndNot
	opShl
	opShrS
	opShrU
	opAddI // u[a] = u[b] + c
	opMulI
	opAndI
	opShlI
	opShrSI
	opShrUI
	opNeg
	opCom
	opNot
	opShift // raises when the shift count u[a] is negative
	opExt8S
	opExt16S
	opExt32S
	opExt8U
	opExt16U
	opExt32U

	opEq
	opNe
	opLtS
	opLeS
	opLtU
	opLeU
	opEqP // u[a] = p[b] == p[c]
	opNeP

	opAddF
	opSubF
	opMulF
	opDivF
	opNegF
	opEqF
	opNeF
	opLtF
	opLeF
	opAddF32
	opSubF32
	opMulF32
	opDivF32
	opNegF32
	opEqF32
	opNeF32
	opLtF32
	opLeF32
	opCvtIF // float64(int64)
	opCvtFI // int64(float64)

	// control; jumps are relative to the next instruction, in bytes
	opJmp     // a
	opLoop    // a, backward: looks for an interrupt
	opJnz     // if u[b] != 0 jump a
	opJz      //
	opJEq     // if u[b] == u[c] jump a
	opJNe     //
	opJLtS    //
	opJLeS    //
	opJLtU    //
	opJLeU    //
	opJEqI    // c is the number
	opJNeI    //
	opJLtI    //
	opJLeI    //
	opJGtI    //
	opJGeI    //
	opJNilP   // if p[b] == nil jump a
	opJNotNil //
	opJEqF    // of float64; a condition that does not hold has its own, for NaN
	opJNeF
	opJLtF
	opJLeF
	opJNotLtF
	opJNotLeF

	// the ends of loops: look for an interrupt, then jump as above
	opLoopNz
	opLoopLtS
	opLoopLtI
	opStepLtS // u[b] += int16(k), then the same
	opStepLeS
	opStepLtI
	opStepLeI
	opStepGtI
	opStepGeI
	opStepLtMem // the same, with the number that p[c] points to

	// v = *(p[b]+c) + u[8k], and so on; u[a] and the memory become v
	opAddMem
	opAddMemF
	opIncMem // by int16(k)

	// u[a] += the element; as opIdx64
	opSumIdx
	opSumIdxF

	// memory: a is the register, p[b]+c the address
	opLd8U
	opLd8S
	opLd16U
	opLd16S
	opLd32U
	opLd32S
	opLd64
	opLdPtr
	opLdStr // p[a] and u of the next's a
	opLdAny // p[a], p[a+8]
	opSt8
	opSt16
	opSt32
	opSt64
	opStPtr
	opStStr
	opStAny
	opLea     // p[a] = p[b] + c
	opChkNil  // raises when p[a] is nil
	opNew     // p[a] = new(types[b])
	opNewCopy // p[a] = new(types[c]) holding what p[b] points to at offset k (next's a)
	opCopy    // *p[a] = *p[b], types[c]

	// elements: p[b] base, u[c] index; next: a length register, b element size, c offset
	opIdxAddr
	opIdx8U
	opIdx8S
	opIdx16U
	opIdx16S
	opIdx32U
	opIdx32S
	opIdx64
	opIdxPtr
	opIdxStr // next: k is the destination of the length, in slots
	opSet8
	opSet16
	opSet32
	opSet64
	opSetPtr

	// calls
	opCall    // funcs[a]
	opCallN   // funcs[a], native
	opCallC   // the closure p[a]
	opCallM   // a method of the interface p[a]: exts[b] finds it
	opRet     //
	opDefer   // funcs[a]; k, c: argument slots; next: p of a defer stack or -1
	opDeferC  // closure p[a]
	opGo      // funcs[a]
	opGoC     // closure p[a]
	opRunDefs //
	opPanic   // the interface p[a]
	opRecover // p[a], p[a+8]
	opExt     // exts[a]
	opTail    // operands of the instruction before
)
