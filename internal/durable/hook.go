package durable

// TestHook, unless it is nil, is called before every operation of this package
// on the disk. An error that it returns is taken as if the system had said it:
// the operation does not take place, but for a write, of which the first half of
// the bytes is written, and a close, after which the file is closed.
//
// It is for tests alone, which so play a full disk, or a process that is killed:
// cleaning up asks it too, and whoever refuses everything from some operation on
// finds what the killed process would have left. Nothing guards it: it must not
// change while files are written.
var TestHook func(Op) error

// An Op is an operation on the disk.
type Op struct {
	Kind OpKind
	Path string // what it is done to; often a temporary name
	To   string // the new name, of an OpRename
}

// An OpKind says what an Op does.
type OpKind uint8

// The kinds of operations.
const (
	OpCreate     OpKind = iota + 1 // make or, for Lock, open a file
	OpWrite                        // write to a file, what a buffer held or more
	OpSync                         // bring a file's content to the disk
	OpClose                        // close a file that was written
	OpRename                       // give a file or folder another name
	OpMkdir                        // make a folder
	OpRemove                       // remove a file, or a folder with all that is in it
	OpSyncFolder                   // bring a folder's names to the disk
)

// String returns the operation's usual name, such as "rename".
func (k OpKind) String() string {
	names := [...]string{OpCreate: "create", OpWrite: "write", OpSync: "sync", OpClose: "close", OpRename: "rename", OpMkdir: "mkdir", OpRemove: "remove", OpSyncFolder: "sync folder"}
	if k == 0 || int(k) >= len(names) {
		return "unknown"
	}
	return names[k]
}

// before asks TestHook.
func before(kind OpKind, path, to string) error {
	if TestHook == nil {
		return nil
	}
	return TestHook(Op{kind, path, to})
}
