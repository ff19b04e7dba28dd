package durable

import (
	"io/fs"
	"os"
)

// The operations on the disk, with TestHook before each. Errors are the system's,
// in the form that package os gives them.

// A file is being written.
type file struct{ f *os.File }

// openFile opens a file to write it; flag says what else.
func openFile(path string, flag int) (*file, error) {
	if err := before(OpCreate, path, ""); err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	f, err := os.OpenFile(path, flag|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	return &file{f}, nil
}

func (f *file) Write(p []byte) (int, error) {
	if err := before(OpWrite, f.f.Name(), ""); err != nil {
		n, _ := f.f.Write(p[:len(p)/2])
		return n, &fs.PathError{Op: "write", Path: f.f.Name(), Err: err}
	}
	return f.f.Write(p)
}

func (f *file) sync() error {
	if err := before(OpSync, f.f.Name(), ""); err != nil {
		return &fs.PathError{Op: "sync", Path: f.f.Name(), Err: err}
	}
	return f.f.Sync()
}

func (f *file) close() (err error) {
	defer func() { // also when TestHook panics
		if closed := f.f.Close(); err == nil {
			err = closed
		}
	}()
	if err := before(OpClose, f.f.Name(), ""); err != nil {
		return &fs.PathError{Op: "close", Path: f.f.Name(), Err: err}
	}
	return nil
}

// syncFile brings a file that is not open to the disk.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0) // Windows syncs only what may be written
	if err != nil {
		return err
	}
	err = (&file{f}).sync()
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

func mkdir(path string) error {
	if err := before(OpMkdir, path, ""); err != nil {
		return &fs.PathError{Op: "mkdir", Path: path, Err: err}
	}
	return os.Mkdir(path, 0o777)
}

func rename(from, to string) error {
	if err := before(OpRename, from, to); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return retry(func() error { return os.Rename(from, to) })
}

// remove removes a file, or a folder and all that is in it. That there is
// nothing is no error.
func remove(path string) error {
	if err := before(OpRemove, path, ""); err != nil {
		return &fs.PathError{Op: "remove", Path: path, Err: err}
	}
	return os.RemoveAll(path)
}
