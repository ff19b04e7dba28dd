package corpus

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// A silent reader says when it is read, and gives nothing until it is closed.
type silent struct{ read, closed chan struct{} }

func (s *silent) Read([]byte) (int, error) {
	close(s.read)
	<-s.closed
	return 0, io.EOF
}

// TestWaitEnds: what gives nothing is not waited for longer than the context lasts,
// at the beginning or later, whatever the form of the text.
func TestWaitEnds(t *testing.T) {
	for name, before := range map[string]string{
		"at once": "", "text": "some text", "gzip": gz("a text")[:15], "zstd": zst("a text")[:9], "gzip member": gz("a text"),
	} {
		for _, lines := range []bool{false, true} {
			s := silent{make(chan struct{}), make(chan struct{})}
			ctx, cancel := context.WithCancel(context.Background())
			go func() {
				<-s.read
				cancel()
			}()
			o := Options{Stdin: io.MultiReader(strings.NewReader(before), &s), StdinLines: lines}
			_, err := Each(ctx, []string{"-"}, o, func(Document) error { return nil })
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s, lines %v: %v", name, lines, err)
			}
			close(s.closed)
		}
	}
}

// TestInterruptible: a reader gives the same whether it may wait or not.
func TestInterruptible(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	text := strings.Repeat("0123456789", 20_000)
	for _, in := range []io.Reader{strings.NewReader(text), iotest.DataErrReader(strings.NewReader(text)), iotest.HalfReader(strings.NewReader(text))} {
		if err := iotest.TestReader(Interruptible(ctx, in), []byte(text)); err != nil {
			t.Error(err)
		}
	}
	dir := tree(t, map[string]string{"a.txt": text})
	f, size, err := Open(ctx, filepath.Join(dir, "a.txt"))
	if err != nil || size != int64(len(text)) {
		t.Fatal(size, err)
	}
	defer f.Close()
	if n, err := f.Read(make([]byte, 9)); n != 9 || err != nil {
		t.Error(n, err)
	}
	cancel()
	if n, err := f.Read(make([]byte, 9)); n != 0 || err != context.Canceled {
		t.Error(n, err)
	}
	if _, _, err := Open(context.Background(), filepath.Join(dir, "gone")); err == nil {
		t.Error("a file that is not there was opened")
	}
}

// TestAwaitLate: what comes after the end is given back.
func TestAwaitLate(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	come, late := make(chan int), make(chan int)
	if n, err := await(ctx, func() (int, error) { return <-come, nil }, func(n int) { late <- n }); n != 0 || err != context.Canceled {
		t.Error(n, err)
	}
	come <- 7
	select {
	case n := <-late:
		if n != 7 {
			t.Error(n)
		}
	case <-time.After(10 * time.Second):
		t.Error("it is lost")
	}
}
