package npy

import (
	"fmt"
	"math"
	"unsafe"

	"xent/internal/kernel"
)

// A number is what an element is in memory.
type number interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64
}

// convert reads len(dst) elements of another type than T.
func convert[T Value](a *Array, dst []T) error {
	switch a.typ {
	case Bool:
		return blocks(a, dst, truth[T])
	case Int8:
		return blocks(a, dst, cast[int8, T]())
	case Int16:
		return blocks(a, dst, cast[int16, T]())
	case Int32:
		return blocks(a, dst, cast[int32, T]())
	case Int64:
		return blocks(a, dst, cast[int64, T]())
	case Uint8:
		return blocks(a, dst, cast[uint8, T]())
	case Uint16:
		return blocks(a, dst, cast[uint16, T]())
	case Uint32:
		return blocks(a, dst, cast[uint32, T]())
	case Uint64:
		return blocks(a, dst, cast[uint64, T]())
	case Float16:
		return blocks(a, dst, widen16[T])
	case BFloat16:
		return blocks(a, dst, widenB16[T])
	case Float32:
		return blocks(a, dst, rounded[float32, T])
	default:
		return blocks(a, dst, rounded[float64, T])
	}
}

// blocks reads len(dst) elements of type S by way of a.scratch. A conversion
// returns the index of the first element it could not do, −1 for none.
func blocks[S, T number](a *Array, dst []T, conversion func(dst []T, src []S) int) error {
	const words = 4096 // 32 KiB: read and converted within the first cache
	if a.scratch == nil {
		a.scratch = make([]uint64, words)
	}
	var zero S
	scratch := unsafe.Slice((*S)(unsafe.Pointer(&a.scratch[0])), words*8/int(unsafe.Sizeof(zero)))
	for len(dst) > 0 {
		src := scratch[:min(len(scratch), len(dst))]
		if err := fill(a, src); err != nil {
			return err
		}
		if i := conversion(dst[:len(src)], src); i >= 0 {
			at := a.first + a.count - a.left - len(src) + i
			return fmt.Errorf("%s: element %d, counted from 0, is %v, which %T does not hold", a.name, at, src[i], dst[i])
		}
		dst = dst[len(src):]
	}
	return nil
}

// cast is the conversion of integers of type S.
func cast[S, T number]() func(dst []T, src []S) int {
	if half := 0.5; T(half) != 0 { // T is a float
		return rounded[S, T]
	}
	return exactly[S, T]
}

func rounded[S, T number](dst []T, src []S) int {
	for i, v := range src {
		dst[i] = T(v)
	}
	return -1
}

func exactly[S, T number](dst []T, src []S) int {
	for i, v := range src {
		x := T(v)
		if S(x) != v || (x < 0) != (v < 0) {
			return i
		}
		dst[i] = x
	}
	return -1
}

// truth reads bool as NumPy does: any byte but 0 is true.
func truth[T number](dst []T, src []uint8) int {
	for i, v := range src {
		dst[i] = T(min(v, 1))
	}
	return -1
}

func widen16[T number](dst []T, src []uint16) int {
	if to, ok := any(dst).([]float32); ok {
		kernel.WidenFloat16(to, src)
		return -1
	}
	for i, v := range src {
		dst[i] = T(kernel.HalfToFloat32(v))
	}
	return -1
}

func widenB16[T number](dst []T, src []uint16) int {
	if to, ok := any(dst).([]float32); ok {
		kernel.WidenBFloat16(to, src)
		return -1
	}
	for i, v := range src {
		dst[i] = T(math.Float32frombits(uint32(v) << 16))
	}
	return -1
}
