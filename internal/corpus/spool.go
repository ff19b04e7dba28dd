package corpus

import (
	"fmt"
	"io"
	"os"
)

// A spool keeps bytes in memory up to a limit, and beyond it in a file that
// ends with the process: it has no name, or on Windows one until it is closed.
type spool struct {
	room    Room
	memory  []byte // what the file does not hold
	file    *os.File
	written int64 // to the file
}

// spoolBuffer is how much is written to the file at a time.
const spoolBuffer = 1 << 20

func (s *spool) size() int64 { return s.written + int64(len(s.memory)) }

func (s *spool) Write(p []byte) (int, error) {
	limit := s.room.Memory
	if s.file != nil {
		limit = spoolBuffer
	}
	if len(s.memory)+len(p) > limit {
		if err := s.flush(); err != nil {
			return 0, err
		}
	}
	s.memory = append(s.memory, p...)
	return len(p), nil
}

// flush brings what is in memory to the file.
func (s *spool) flush() error {
	if s.file == nil {
		f, err := os.CreateTemp(s.room.Dir, ".xent-corpus-*")
		if err != nil {
			return s.failed(err)
		}
		s.file = f
		os.Remove(f.Name()) // fails on Windows; Close tries again
	}
	n, err := s.file.WriteAt(s.memory, s.written)
	if err != nil {
		return s.failed(err)
	}
	s.written += int64(n)
	if cap(s.memory) > 2*spoolBuffer {
		s.memory = nil
	}
	s.memory = s.memory[:0]
	return nil
}

// failed says whose trouble it is: nobody knows the file's name.
func (s *spool) failed(err error) error {
	if p, ok := err.(*os.PathError); ok {
		err = p.Err
	}
	return fmt.Errorf("%s: keeping the corpus there while it is learnt from: %w", s.room.Dir, err)
}

// truncate takes back what was written behind the first size bytes.
func (s *spool) truncate(size int64) error {
	if size >= s.written {
		s.memory = s.memory[:size-s.written]
		return nil
	}
	s.memory, s.written = s.memory[:0], size
	return nil // what the file holds behind it is written over
}

// seal ends the writing.
func (s *spool) seal() error {
	if s.file == nil || len(s.memory) == 0 {
		return nil
	}
	return s.flush()
}

// view returns size bytes from at on, in buf if they are not in memory. The
// spool is sealed.
func (s *spool) view(buf []byte, at, size int64) ([]byte, error) {
	if s.file == nil {
		return s.memory[at : at+size : at+size], nil
	}
	if int64(cap(buf)) < size {
		buf = make([]byte, size)
	}
	buf = buf[:size]
	if n, err := s.file.ReadAt(buf, at); int64(n) < size {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, s.failed(err)
	}
	return buf, nil
}

func (s *spool) close() error {
	if s.file == nil {
		return nil
	}
	name, err := s.file.Name(), s.file.Close()
	os.Remove(name)
	return err
}
