package corpus

import (
	"fmt"
	"io"
	"path/filepath"

	"xent/internal/durable"
)

// A spool keeps bytes in memory up to a limit, and beyond it in a file that
// ends with the process.
type spool struct {
	room    Room
	blocks  [][]byte // what the file does not hold; all but the last are full
	file    *durable.Scratch
	written int64 // to the file
}

// spoolBlock is how much memory is taken, or written to the file, at a time.
const spoolBlock = 1 << 20

func (s *spool) size() int64 { return s.written + s.held() }

// held is how much is in memory.
func (s *spool) held() int64 {
	n := len(s.blocks)
	if n == 0 {
		return 0
	}
	return int64(n-1)*spoolBlock + int64(len(s.blocks[n-1]))
}

func (s *spool) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := len(s.blocks)
		if n == 0 || len(s.blocks[n-1]) == spoolBlock {
			if s.file != nil && n > 0 || s.file == nil && s.held() >= int64(s.room.Memory) {
				if err := s.flush(); err != nil {
					return len(p) - len(rest), err
				}
			}
			s.blocks = append(s.blocks, make([]byte, 0, spoolBlock))
			n = len(s.blocks)
		}
		last := &s.blocks[n-1]
		fits := min(len(rest), spoolBlock-len(*last))
		*last = append(*last, rest[:fits]...)
		rest = rest[fits:]
	}
	return len(p), nil
}

// flush brings what is in memory to the file.
func (s *spool) flush() error {
	if s.file == nil {
		f, err := durable.NewScratch(s.room.Beside)
		if err != nil {
			return s.failed(err)
		}
		s.file = f
	}
	for _, b := range s.blocks {
		if _, err := s.file.WriteAt(b, s.written); err != nil {
			return s.failed(err)
		}
		s.written += int64(len(b))
	}
	s.blocks = nil
	return nil
}

// failed says whose trouble it is: the file has no name.
func (s *spool) failed(err error) error {
	return fmt.Errorf("%s: keeping the corpus there while it is learnt from: %w", filepath.Dir(s.room.Beside), err)
}

// truncate takes back what was written behind the first size bytes.
func (s *spool) truncate(size int64) error {
	if size <= s.written {
		s.blocks, s.written = nil, size // what the file holds behind it is written over
		return nil
	}
	size -= s.written
	s.blocks = s.blocks[:(size+spoolBlock-1)/spoolBlock]
	last := &s.blocks[len(s.blocks)-1]
	*last = (*last)[:size-int64(len(s.blocks)-1)*spoolBlock]
	return nil
}

// seal ends the writing: all is in memory, or all in the file.
func (s *spool) seal() error {
	if s.file == nil && s.held() <= int64(s.room.Memory) {
		return nil
	}
	return s.flush()
}

// view returns size bytes from at on, in buf if they are not in one piece in
// memory. The spool is sealed.
func (s *spool) view(buf []byte, at, size int64) ([]byte, error) {
	if s.file == nil && size > 0 && at/spoolBlock == (at+size-1)/spoolBlock {
		b := s.blocks[at/spoolBlock]
		return b[at%spoolBlock : at%spoolBlock+size : at%spoolBlock+size], nil
	}
	if int64(cap(buf)) < size {
		buf = make([]byte, size)
	}
	buf = buf[:size]
	if s.file == nil {
		for n := 0; n < len(buf); {
			from := at + int64(n)
			n += copy(buf[n:], s.blocks[from/spoolBlock][from%spoolBlock:])
		}
		return buf, nil
	}
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
	return s.file.Close()
}
