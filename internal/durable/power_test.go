package durable

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// A disk is what a power cut leaves of the folder root. It watches the operations
// there and keeps what they make sure of: a file's content with its sync, a
// folder's names, and so the renames in it, with its own. Of all else it keeps
// whatever is worst.
type disk struct {
	t     *testing.T
	path  string
	root  *node
	nodes []*node
	blind OpKind // operations that it takes for never done
	sync  func() // what the operation in progress makes sure of
}

// A node is a file or folder, whatever its name: as it is now and as it is on the
// disk.
type node struct {
	info             os.FileInfo
	content, synced  string
	names, nameSaved map[string]*node // nil for a file
}

// watch returns the disk of root, with all that is there.
func watch(t *testing.T, root string, blind OpKind) *disk {
	d := &disk{t: t, path: root, blind: blind, sync: func() {}}
	d.root = d.look(root)
	for _, n := range d.nodes {
		n.synced, n.nameSaved = n.content, n.names
	}
	return d
}

// before is to be called before each operation, and once after the last.
func (d *disk) before(op Op) {
	d.sync()
	d.sync = func() {}
	d.look(d.path)
	if op.Kind != OpSync && op.Kind != OpSyncFolder || op.Kind == d.blind {
		return
	}
	n := d.look(op.Path)
	now := *n
	d.sync = func() { n.synced, n.nameSaved = now.content, now.names }
}

// look returns the node at path, and sees to it and all that is in it.
func (d *disk) look(path string) *node {
	info, err := os.Lstat(path)
	d.must(err)
	n := d.known(path, info)
	if !info.IsDir() {
		b, err := os.ReadFile(path)
		d.must(err)
		n.content = string(b)
		return n
	}
	entries, err := os.ReadDir(path)
	d.must(err)
	n.names = map[string]*node{}
	for _, e := range entries {
		n.names[e.Name()] = d.look(filepath.Join(path, e.Name()))
	}
	return n
}

func (d *disk) known(path string, info os.FileInfo) *node {
	for _, n := range d.nodes {
		if os.SameFile(n.info, info) {
			return n
		}
	}
	f, err := os.Open(path) // so that no other file gets the identity of one that is removed
	d.must(err)
	d.t.Cleanup(func() { f.Close() })
	n := &node{info: info}
	d.nodes = append(d.nodes, n)
	return n
}

func (d *disk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// An outage is what became of the things that nobody had made sure of: whether
// the renames beside x and the names inside of it were kept, and half of the
// contents or none of them.
type outage struct{ outer, inner, half bool }

var outages = []outage{
	{false, false, false}, {false, false, true}, {false, true, false}, {false, true, true},
	{true, false, false}, {true, false, true}, {true, true, false}, {true, true, true},
}

// cut returns a folder with what is there after an outage.
func (d *disk) cut(o outage) string {
	path := d.t.TempDir()
	d.restore(d.root, path, o.outer, o)
	return path
}

func (d *disk) restore(n *node, path string, kept bool, o outage) {
	names := n.nameSaved
	if kept {
		names = n.names
	}
	for name, n := range names {
		path := filepath.Join(path, name)
		if n.names != nil {
			d.must(os.Mkdir(path, 0o777))
			d.restore(n, path, o.inner, o)
			continue
		}
		content := n.synced
		if o.half && n.synced != n.content {
			content = n.content[:len(n.content)/2]
		}
		d.must(os.WriteFile(path, []byte(content), 0o666))
	}
}

// violations cuts the power before each operation of a task from one on and after
// the last, in every way, and says where x was then neither old nor new as a whole, not new
// although the writer had said so, or not alone after a Sweep.
func (k *task) violations(t *testing.T, blind OpKind, from int) (found []string) {
	count := len(k.operations(t))
	for n := from; n <= count; n++ {
		root := k.begin(t)
		d := watch(t, root, blind)
		kill, alive := killAt(n), true
		err := hooked(func(op Op) error {
			if alive {
				d.before(op)
			}
			err := kill(op)
			alive = err == nil
			return err
		}, func() error { return k.run(root) })
		if err == nil {
			d.before(Op{})
		}
		for _, o := range outages {
			after := d.cut(o)
			if err := Sweep(filepath.Join(after, "x")); err != nil {
				t.Error(err)
			}
			got := tree(t, after)
			if missing := differ(got, k.new); missing != "" && (err == nil || !maps.Equal(got, k.old)) {
				found = append(found, fmt.Sprintf("%s, power cut at %d of %d, %+v: %s", k.name, n, count, o, missing))
			}
		}
	}
	return found
}

// TestPowerCut: whatever the disk does with what it was not made to keep, the
// content is the old or the new one, and the new one once the writer has said so.
func TestPowerCut(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("nothing there makes names durable")
	}
	for _, k := range tasks {
		for _, v := range k.violations(t, 0, 0) {
			t.Error(v)
		}
	}
}

// TestPowerCutFindsOmissions holds the simulation to account: if syncs had been
// left out it would find something.
func TestPowerCutFindsOmissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("nothing there makes names durable")
	}
	for _, k := range tasks {
		commit := committed(t, k.operations(t))
		for _, blind := range []OpKind{OpSync, OpSyncFolder} {
			found := k.violations(t, blind, commit)
			if len(found) == 0 {
				t.Errorf("%s: without %v nothing is found", k.name, blind)
				continue
			}
			t.Logf("without %v: %d, such as %s", blind, len(found), found[0])
		}
	}
}
