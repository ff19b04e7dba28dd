package durable

import (
	"io/fs"
	"os"
)

// A Scratch is a file for the process's own use that ends with it. It has no
// name; on Windows, where there are no such files, it has one until it is closed.
type Scratch struct {
	f *os.File
	t temporary
}

// NewScratch makes a Scratch on the file system that path is to be on. What a
// killed process leaves of it, Sweep(path) removes.
func NewScratch(path string) (*Scratch, error) {
	s := &Scratch{t: temporary{path: path}}
	if err := s.make(); err != nil {
		s.t.end()
		return nil, s.t.cause(err)
	}
	return s, nil
}

func (s *Scratch) make() error {
	if err := s.t.createFile(); err != nil {
		return err
	}
	switch err := remove(s.t.name); {
	case err == nil:
		s.t.made = false
	case !isOpen(err):
		return err
	}
	s.f, s.t.file = s.t.file.f, nil
	return nil
}

// ReadAt is that of os.File.
func (s *Scratch) ReadAt(p []byte, at int64) (int, error) {
	n, err := s.f.ReadAt(p, at)
	return n, s.nameless(err)
}

// WriteAt is that of os.File.
func (s *Scratch) WriteAt(p []byte, at int64) (int, error) {
	if err := before(OpWrite, s.t.name, ""); err != nil {
		n, _ := s.f.WriteAt(p[:len(p)/2], at)
		return n, err
	}
	n, err := s.f.WriteAt(p, at)
	return n, s.nameless(err)
}

// nameless is an error without the name that nobody knows.
func (s *Scratch) nameless(err error) error {
	if p, ok := err.(*fs.PathError); ok {
		return p.Err
	}
	return err
}

// Close gives the space back.
func (s *Scratch) Close() error {
	err := s.f.Close()
	s.t.end()
	return err
}
