package main

// Values are the same on both sides, without being sent: SplitMix64 of their index, as
// in scripts/peer.py and scripts/peer.h.

// hash is SplitMix64 of the i-th number of a stream.
func hash(stream, i uint64) uint64 {
	x := (stream<<40 + i + 1) * 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// numbers fills x with the stream's numbers, of standard deviation sd and mean 0: each
// the sum of four uniform integers, nearly normal and at most 3.46 sd from 0.
func numbers(x []float32, stream uint64, sd float64) {
	scale := float32(sd / 37837)
	for i := range x {
		h := hash(stream, uint64(i))
		sum := int(h&0xffff) + int(h>>16&0xffff) + int(h>>32&0xffff) + int(h>>48)
		x[i] = float32(sum-131070) * scale
	}
}

// indices returns the stream's first n numbers below v.
func indices(stream uint64, n, v int) []int32 {
	x := make([]int32, n)
	for i := range x {
		x[i] = int32((hash(stream, uint64(i)) >> 32) * uint64(v) >> 32)
	}
	return x
}
