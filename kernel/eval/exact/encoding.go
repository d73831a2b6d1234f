package exact

import (
	"encoding/json"
	"unsafe"

	"adkernel/kernel/eval/exact/encode"
)

// encoding are the functions of encoding/json that look into values. As in
// printing, offsets follow from the functions' signatures.
var encoding = map[string]intrinsic{
	"encoding/json.Marshal": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			return m.guarded(func() {
				b, err := encode.Marshal(rt.table, rt, *rany(p, 24))
				rt.returnBytes(u, p, b, err)
			})
		}
	},
	"encoding/json.MarshalIndent": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			return m.guarded(func() {
				b, err := encode.MarshalIndent(rt.table, rt, *rany(p, 24), rstr(u, p, loc{16, 40}), rstr(u, p, loc{24, 48}))
				rt.returnBytes(u, p, b, err)
			})
		}
	},
	"encoding/json.Unmarshal": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			return m.guarded(func() {
				rt.returnError(p, encode.Unmarshal(rt.table, rt, rbytes(u, p, loc{0, 16}), *rany(p, 24)))
			})
		}
	},
	"(*encoding/json.Encoder).Encode": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			return m.guarded(func() {
				rt.returnError(p, encode.Encode(rt.table, rt, (*json.Encoder)(*rp(p, 16)), *rany(p, 24)))
			})
		}
	},
	"(*encoding/json.Decoder).Decode": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			return m.guarded(func() {
				rt.returnError(p, encode.Decode(rt.table, rt, (*json.Decoder)(*rp(p, 16)), *rany(p, 24)))
			})
		}
	},
}

// returnError stores an error result at the beginning of the pointer bank.
func (rt *runtime) returnError(p unsafe.Pointer, err error) {
	*rany(p, 0) = nil
	if err != nil {
		*rany(p, 0) = rt.unwrap(err)
	}
}

// returnBytes stores the results []byte and error.
func (rt *runtime) returnBytes(u, p unsafe.Pointer, b []byte, err error) {
	rt.returnError(unsafe.Add(p, 8), err)
	setslice(u, p, loc{}, unsafe.Pointer(unsafe.SliceData(b)), len(b), cap(b))
}
