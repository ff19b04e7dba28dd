package measure

import (
	"errors"
	"slices"
	"testing"
)

// TestWindows holds Windows to a statement of the rules that does not build
// windows: for every small document, context and stride, with and without BOS.
func TestWindows(t *testing.T) {
	bos := int32(7)
	for c := 2; c <= 9; c++ {
		for s := 1; s < c; s++ {
			for n := 0; n <= 40; n++ {
				checkWindows(t, Protocol{Context: c, Stride: s}, n)
				checkWindows(t, Protocol{Context: c, Stride: s, BOS: &bos}, n)
			}
		}
	}
}

func checkWindows(t *testing.T, p Protocol, n int) {
	t.Helper()
	held, before := p.Context, p.Context-p.Stride // text tokens in a window; left context promised
	if p.BOS != nil {
		held, before = p.Context-1, p.Context-p.Stride-1
	}
	times := make([]int, n)
	windows := slices.Collect(p.Windows(n))
	for k, w := range windows {
		if w.Start != k*p.Stride || w.End != min(w.Start+held, n) {
			t.Fatalf("%+v, %d tokens: window %d holds [%d, %d)", p, n, k, w.Start, w.End)
		}
		if !(w.Start <= w.First && w.First < w.End) {
			t.Fatalf("%+v, %d tokens: window %d scores [%d, %d) of [%d, …)", p, n, k, w.First, w.End, w.Start)
		}
		if w.End == n && k != len(windows)-1 {
			t.Fatalf("%+v, %d tokens: window %d scores the last token, but there are %d", p, n, k, len(windows))
		}
		for i := w.First; i < w.End; i++ {
			times[i]++
			if left := i - w.Start; left < min(before, i) {
				t.Fatalf("%+v, %d tokens: token %d has %d tokens of left context, not %d", p, n, i, left, min(before, i))
			}
		}
	}
	for i, got := range times {
		want := 1
		if i == 0 && p.BOS == nil {
			want = 0
		}
		if got != want {
			t.Fatalf("%+v, %d tokens: token %d is scored %d times", p, n, i, got)
		}
	}
}

func TestAppendWindow(t *testing.T) {
	bos := int32(9)
	ids := []int32{0, 1, 2, 3, 4, 5, 6}
	w := Window{Start: 2, First: 4, End: 6}
	with, from := Protocol{Context: 5, Stride: 2, BOS: &bos}.appendWindow(nil, ids, w)
	if !slices.Equal(with, []int32{9, 2, 3, 4, 5}) || from != 3 || with[from] != 4 {
		t.Errorf("with BOS: %v from %d", with, from)
	}
	without, from := Protocol{Context: 4, Stride: 2}.appendWindow(nil, ids, w)
	if !slices.Equal(without, []int32{2, 3, 4, 5}) || from != 2 || without[from] != 4 {
		t.Errorf("without BOS: %v from %d", without, from)
	}
}

func TestDefault(t *testing.T) {
	for trained, want := range map[int]Protocol{
		2: {Context: 2, Stride: 1}, 128: {Context: 128, Stride: 64}, 255: {Context: 255, Stride: 127},
		2048: {Context: 2048, Stride: 1024}, 131072: {Context: 2048, Stride: 1024},
	} {
		if p := Default(trained, nil); p != want {
			t.Errorf("Default(%d) = %+v, want %+v", trained, p, want)
		}
	}
}

func TestCheck(t *testing.T) {
	s := FromPredictor(history{v: 10}, 16)
	for _, c := range []struct {
		p     Protocol
		field string
	}{
		{Protocol{}, "context"},
		{Protocol{Context: 1, Stride: 1}, "context"},
		{Protocol{Context: 17, Stride: 1}, "context"},
		{Protocol{Context: 16, Stride: 0}, "stride"},
		{Protocol{Context: 16, Stride: 16}, "stride"},
		{Protocol{Context: 16, Stride: 8, BOS: new(int32(10))}, "bos"},
		{Protocol{Context: 16, Stride: 8, BOS: new(int32(-1))}, "bos"},
		{Protocol{Context: 2, Stride: 1}, ""},
		{Protocol{Context: 16, Stride: 15, BOS: new(int32(0))}, ""},
	} {
		err := c.p.Check(s)
		var e *ProtocolError
		switch {
		case c.field == "" && err != nil:
			t.Errorf("%+v: %v", c.p, err)
		case c.field != "" && (!errors.As(err, &e) || e.Field != c.field || e.Error() == ""):
			t.Errorf("%+v: error %v, want one about %s", c.p, err, c.field)
		}
	}
}
