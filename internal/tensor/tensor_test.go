package tensor

import (
	"math"
	"slices"
	"testing"
)

func TestViews(t *testing.T) {
	m := Float32([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	got := make([]float32, 2)
	m.T().Gather(got, 1, 0)
	if want := []float32{2, 5}; !slices.Equal(got, want) {
		t.Errorf("row 1 of the transpose = %v, want %v", got, want)
	}
	s := m.T().Slice(1, 3)
	s.Gather(got, 1, 0)
	if want := []float32{3, 6}; !slices.Equal(got, want) || s.Rows != 2 {
		t.Errorf("row 2 of the transpose = %v, want %v", got, want)
	}
	h := Strided([]float32{0, 1, 2, 3, 4, 5}[1:], 2, 2, 3)
	if got, want := h.Row(1), []float32{4, 5}; !slices.Equal(got, want) {
		t.Errorf("strided row = %v, want %v", got, want)
	}
	if e := m.Slice(1, 1); e.Rows != 0 || len(e.Data()) != 0 {
		t.Errorf("empty slice holds %v", e.Data())
	}
}

// TestHalf compares every half value with its definition (IEEE 754-2008, 3.4).
func TestHalf(t *testing.T) {
	for h := range 1 << 16 {
		s, e, f := h>>15, h>>10&31, float64(h&1023)
		want := math.Ldexp(1+f/1024, e-15)
		switch e {
		case 0:
			want = math.Ldexp(f/1024, -14)
		case 31:
			want = math.Inf(1)
			if f != 0 {
				want = math.NaN()
			}
		}
		if s == 1 {
			want = -want
		}
		got := float64(HalfToFloat32(uint16(h)))
		if got != want && !(math.IsNaN(got) && math.IsNaN(want)) || math.Signbit(got) != (s == 1) && !math.IsNaN(want) {
			t.Fatalf("half %#04x = %v, want %v", h, got, want)
		}
	}
}

func TestTensorMatrix(t *testing.T) {
	x := []float32{1, -2, 3.5, 0, 5, 6}
	for _, misaligned := range []int{0, 1} {
		b := append(make([]byte, misaligned), Bytes(x)...)[misaligned:]
		m, err := Tensor{Name: "w", DType: F32, Shape: []int{2, 3}, Data: b}.Matrix()
		if err != nil {
			t.Fatal(err)
		}
		if m.Rows != 2 || m.Cols != 3 || !slices.Equal(m.Data(), x) {
			t.Errorf("offset %d: %d×%d %v", misaligned, m.Rows, m.Cols, m.Data())
		}
	}
	if _, err := (Tensor{Name: "w", DType: F32, Shape: []int{2, 3}, Data: make([]byte, 23)}).Matrix(); err == nil {
		t.Error("a tensor with missing bytes was accepted")
	}
	bf := []uint16{0x3f80, 0xc000}
	got := make([]float32, 2)
	Half(BF16, bf, 1, 2).Gather(got, 0, 0)
	if want := []float32{1, -2}; !slices.Equal(got, want) {
		t.Errorf("bf16 = %v, want %v", got, want)
	}
}

// TestHalfRounding: every half comes back, and what lies between two goes to the
// nearer, a tie to the even one.
func TestHalfRounding(t *testing.T) {
	for _, c := range []struct {
		name string
		to   func(float32) uint16
		from func(uint16) float32
		inf  uint16
	}{
		{"float16", Float32ToHalf, HalfToFloat32, 0x7c00},
		{"bfloat16", Float32ToBFloat16, func(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }, 0x7f80},
	} {
		for h := uint16(0); h < c.inf; h++ {
			for _, sign := range []uint16{0, 0x8000} {
				if got := c.to(c.from(h | sign)); got != h|sign {
					t.Fatalf("%s: %#x came back as %#x", c.name, h|sign, got)
				}
			}
			if h+1 == c.inf {
				break
			}
			lo, hi := c.from(h), c.from(h+1)
			mid := float32((float64(lo) + float64(hi)) / 2)
			even := h + h&1
			for _, p := range []struct {
				x    float32
				want uint16
			}{{mid, even}, {math.Nextafter32(mid, 0), h}, {math.Nextafter32(mid, math.MaxFloat32), h + 1}} {
				if got := c.to(p.x); got != p.want {
					t.Fatalf("%s: %v became %#x, want %#x", c.name, p.x, got, p.want)
				}
			}
		}
		for x, want := range map[float32]uint16{float32(math.Inf(1)): c.inf, float32(math.Inf(-1)): c.inf | 0x8000, math.MaxFloat32: c.inf} {
			if got := c.to(x); got != want {
				t.Errorf("%s: %v became %#x", c.name, x, got)
			}
		}
		if got := c.from(c.to(float32(math.NaN()))); got == got {
			t.Errorf("%s: NaN became %v", c.name, got)
		}
	}
}
