package corpus

import (
	"context"
	"io"
	"os"
)

// Open opens a file to be read until ctx ends, and returns its size, 0 where it
// has none. A named pipe that nobody writes to, or a device that gives nothing, is
// not waited for longer than that.
func Open(ctx context.Context, path string) (io.ReadCloser, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	size := int64(0)
	if info.Mode().IsRegular() {
		size = info.Size()
	}
	f, err := await(ctx, func() (*os.File, error) { return os.Open(path) }, func(f *os.File) { f.Close() })
	if err != nil {
		return nil, 0, err
	}
	return struct {
		io.Reader
		io.Closer
	}{Interruptible(ctx, f), f}, size, nil
}

// Interruptible returns a reader of in whose Read returns ctx's error once ctx has
// ended, though in may be waiting for a person or another program. What in gives
// after that is lost.
func Interruptible(ctx context.Context, in io.Reader) io.Reader {
	waits := true
	if f, ok := in.(*os.File); ok {
		info, err := f.Stat()
		waits = err != nil || !info.Mode().IsRegular()
	}
	return &interruptible{ctx: ctx, in: in, waits: waits}
}

type interruptible struct {
	ctx   context.Context
	in    io.Reader
	waits bool
	buf   []byte // for in, which may write to it when p is the caller's again
	rest  []byte // of buf
	err   error  // behind rest
}

func (r *interruptible) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if !r.waits {
		return r.in.Read(p)
	}
	if len(r.rest) == 0 && r.err == nil {
		if r.buf == nil {
			r.buf = make([]byte, 1<<16)
		}
		r.rest, r.err = await(r.ctx, func() ([]byte, error) {
			n, err := r.in.Read(r.buf[:min(len(p), len(r.buf))])
			return r.buf[:n], err
		}, nil)
	}
	n := copy(p, r.rest)
	if r.rest = r.rest[n:]; len(r.rest) > 0 {
		return n, nil
	}
	err := r.err
	r.err = nil
	return n, err
}

// await returns what f returns, or ctx's error if that ends first; f's value then
// goes to late, unless there was an error.
func await[T any](ctx context.Context, f func() (T, error), late func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		if late != nil {
			go func() {
				if r := <-done; r.err == nil {
					late(r.value)
				}
			}()
		}
		var none T
		return none, ctx.Err()
	}
}
