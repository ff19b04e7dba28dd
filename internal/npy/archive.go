package npy

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/flate"
)

// An Archive is an .npz file: named arrays in a zip archive, stored or deflated.
// It is safe for concurrent use, and so are the arrays of different Opens.
type Archive struct {
	path    string
	names   []string
	members map[string]*zip.File
	closer  io.Closer
}

// OpenArchive opens the .npz file at path. Close releases it, and with it the
// arrays it opened.
func OpenArchive(path string) (*Archive, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	z, err := openArchive(f, path)
	if err != nil {
		f.Close()
		return nil, err
	}
	z.closer = f
	return z, nil
}

func openArchive(f *os.File, path string) (*Archive, error) {
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, named(path, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a file on disk, as an .npz archive must be", path)
	}
	return newArchive(f, info.Size(), path)
}

// newArchive opens the archive that size bytes of r hold.
func newArchive(r io.ReaderAt, size int64, path string) (*Archive, error) {
	dir, err := zip.NewReader(r, size)
	switch {
	case errors.Is(err, zip.ErrInsecurePath): // names are no paths here
	case errors.Is(err, zip.ErrFormat):
		return nil, fmt.Errorf("%s: not an .npz archive, or a truncated one: no zip directory at its end", path)
	case err != nil:
		return nil, named(path, err)
	}
	z := &Archive{path: path, members: make(map[string]*zip.File)}
	for _, f := range dir.File {
		name, array := strings.CutSuffix(f.Name, ".npy")
		if !array {
			continue
		}
		if z.members[name] != nil {
			return nil, fmt.Errorf("%s: two arrays are named %s", path, quote(name))
		}
		z.members[name] = f
		z.names = append(z.names, name)
	}
	if len(z.names) == 0 {
		return nil, fmt.Errorf("%s: a zip archive without arrays (members NAME.npy)", path)
	}
	return z, nil
}

// Names returns the names of the arrays in the archive's order, at least one.
// What else it may hold is passed over.
func (z *Archive) Names() []string { return z.names }

// Open opens the array of that name, and the only one for "".
func (z *Archive) Open(name string) (*Array, error) {
	if name == "" && len(z.names) == 1 {
		name = z.names[0]
	}
	f := z.members[name]
	if f == nil {
		f = z.members[strings.TrimSuffix(name, ".npy")]
	}
	switch {
	case f != nil:
		return openMember(f, z.path+":"+strings.TrimSuffix(f.Name, ".npy"))
	case name == "":
		return nil, fmt.Errorf("%s: choose one of its %d arrays: %s", z.path, len(z.names), z.list())
	}
	return nil, fmt.Errorf("%s: no array %s; it has %s", z.path, quote(name), z.list())
}

// list shows the first names.
func (z *Archive) list() string {
	const most = 10
	var s []string
	for _, name := range z.names[:min(most, len(z.names))] {
		s = append(s, quote(name))
	}
	if len(z.names) > most {
		s = append(s, "…")
	}
	return strings.Join(s, ", ")
}

// Close closes the file.
func (z *Archive) Close() error { return z.closer.Close() }

// A member is the data of an archive's member, and its checksum so far.
type member struct {
	in  io.Reader
	sum uint32
}

func (m *member) Read(p []byte) (int, error) {
	n, err := m.in.Read(p)
	m.sum = crc32.Update(m.sum, crc32.IEEETable, p[:n])
	return n, err
}

// openMember opens an array. It does not use f.Open, which passes over a
// checksum that is 0.
func openMember(f *zip.File, name string) (*Array, error) {
	raw, err := f.OpenRaw()
	switch {
	case err != nil:
		return nil, damaged(name, err)
	case f.Flags&1 != 0:
		return nil, fmt.Errorf("%s: encrypted, which is not read", name)
	}
	m := &member{in: raw}
	switch f.Method {
	case zip.Store:
	case zip.Deflate:
		m.in = inflater{flate.NewReader(bufio.NewReaderSize(raw, 1<<16))}
	default:
		return nil, fmt.Errorf("%s: compressed with method %d; np.savez and np.savez_compressed store or deflate", name, f.Method)
	}
	a, start, err := newStream(m, name)
	if errors.Is(err, errZip) {
		return nil, fmt.Errorf("%s: a zip archive within the archive, not an array", name)
	}
	if err != nil {
		return nil, err
	}
	if err := a.checkSize(f.UncompressedSize64, start); err != nil {
		return nil, err
	}
	a.end = func() error {
		if err := a.probe(); err != nil {
			return err
		}
		if m.sum != f.CRC32 {
			return damaged(name, fmt.Errorf("checksum %08x, not %08x", m.sum, f.CRC32))
		}
		return nil
	}
	return a, a.finish()
}

// An inflater says of errors in compressed data that the file is damaged.
type inflater struct{ in io.Reader }

func (r inflater) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	if corrupt := flate.CorruptInputError(0); errors.As(err, &corrupt) {
		err = fmt.Errorf("damaged at byte %d of its compressed data; copy it again", int64(corrupt))
	}
	return n, err
}

func damaged(name string, err error) error {
	return fmt.Errorf("%s: damaged: %w; copy it again", name, err)
}
