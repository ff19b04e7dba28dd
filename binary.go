package xent

import (
	"encoding/binary"
	"errors"
	"math"

	"xent/internal/kernel"
)

// The binary forms begin with these bytes, the last of which is their version.
const (
	totalMagic = "xt\x01"
	statsMagic = "xs\x01"
)

var errForm = errors.New("xent: not the binary form of this type and version, or cut")

// AppendBinary appends the total to b: all of it, so that totals of other machines
// merge without rounding. Equal totals have equal forms. The error is nil.
func (t *Total) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, totalMagic...)
	for i := range t.sums {
		b = t.sums[i].Append(b)
	}
	for _, n := range []int{t.count, t.correct, t.nonFinite, t.first} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return b, nil
}

// MarshalBinary is AppendBinary to nothing.
func (t *Total) MarshalBinary() ([]byte, error) { return t.AppendBinary(nil) }

// UnmarshalBinary sets t to what AppendBinary wrote. On an error t is as it was.
func (t *Total) UnmarshalBinary(b []byte) error {
	var u Total
	b, ok := after(b, totalMagic)
	for i := range u.sums {
		if ok {
			b, ok = u.sums[i].Decode(b)
		}
	}
	for _, n := range []*int{&u.count, &u.correct, &u.nonFinite, &u.first} {
		x, size := binary.Uvarint(b)
		if !ok || size <= 0 || x > math.MaxInt/2 { // so that many can be merged
			return errForm
		}
		*n, b = int(x), b[size:]
	}
	if len(b) > 0 || u.correct > u.count || u.nonFinite > u.count || (u.nonFinite > 0) != (u.first > 0) {
		return errForm
	}
	*t = u
	return nil
}

// after takes a prefix off b.
func after(b []byte, prefix string) ([]byte, bool) {
	if len(b) < len(prefix) || string(b[:len(prefix)]) != prefix {
		return nil, false
	}
	return b[len(prefix):], true
}

// statsRow is the size of a row of Stats in bytes.
const statsRow = 8*20 + 4*5

// AppendBinary appends the stats to b, 180 bytes a row and 8 for each stretch of classes. The error is nil.
func (st *Stats) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, statsMagic...)
	for _, n := range []uint64{uint64(st.v), math.Float64bits(st.t), st.form, uint64(len(st.seen)), uint64(len(st.rows))} {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	for _, s := range st.seen {
		b = binary.LittleEndian.AppendUint32(b, uint32(s.lo))
		b = binary.LittleEndian.AppendUint32(b, uint32(s.hi))
	}
	for i := range st.rows {
		r := &st.rows[i]
		for _, x := range r.floats() {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(*x))
		}
		owned := int32(0)
		if r.owned {
			owned = 1
		}
		for _, n := range []int32{r.argmax, r.qarg, r.free, r.bad, owned} {
			b = binary.LittleEndian.AppendUint32(b, uint32(n))
		}
	}
	return b, nil
}

// MarshalBinary is AppendBinary to nothing.
func (st *Stats) MarshalBinary() ([]byte, error) { return st.AppendBinary(nil) }

// UnmarshalBinary sets st to what AppendBinary wrote. On an error st is as it
// was.
func (st *Stats) UnmarshalBinary(b []byte) error {
	b, ok := after(b, statsMagic)
	var head [5]uint64
	if !ok || len(b) < 8*len(head) {
		return errForm
	}
	for i := range head {
		head[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	b = b[8*len(head):]
	t := math.Float64frombits(head[1])
	if head[0] < 1 || head[0] > math.MaxInt32 || !usable(t) || head[3] > uint64(len(b)/8) {
		return errForm
	}
	u := Stats{v: int(head[0]), t: t, form: head[2]}
	if u.seen, b, ok = readSpans(b, int(head[3]), u.v); !ok || len(b)%statsRow != 0 || uint64(len(b)/statsRow) != head[4] {
		return errForm
	}
	u.rows = make([]rowState, head[4])
	for i := range u.rows {
		r := &u.rows[i]
		for _, x := range r.floats() {
			*x, b = math.Float64frombits(binary.LittleEndian.Uint64(b)), b[8:]
		}
		var owned int32
		for _, n := range []*int32{&r.argmax, &r.qarg, &r.free, &r.bad, &owned} {
			if *n, b = int32(binary.LittleEndian.Uint32(b)), b[4:]; *n < -1 || int(*n) >= u.v && n != &owned {
				return errForm
			}
		}
		r.owned = owned == 1
	}
	*st = u
	return nil
}

// readSpans takes n spans of [0, v) from b, which must be apart and in order.
func readSpans(b []byte, n, v int) (spans []span, rest []byte, ok bool) {
	end := -1
	for range n {
		s := span{int(binary.LittleEndian.Uint32(b)), int(binary.LittleEndian.Uint32(b[4:]))}
		if s.lo <= end || s.hi <= s.lo || s.hi > v {
			return nil, nil, false
		}
		spans, b, end = append(spans, s), b[8:], s.hi
	}
	return spans, b, true
}

// floats lists a row's numbers in the order of the binary form.
func (r *rowState) floats() [20]*float64 {
	sums := func(t *kernel.Sums) [4]*float64 { return [4]*float64{&t.N, &t.D, &t.W, &t.WD} }
	a, l := sums(&r.all), sums(&r.listed)
	return [20]*float64{
		&r.best, &r.m, &r.exp[0], &r.exp[1], a[0], a[1], a[2], a[3], l[0], l[1], l[2], l[3],
		&r.z, &r.zy, &r.q, &r.qd, &r.wq, &r.wqd, &r.qmax, &r.badQ,
	}
}
