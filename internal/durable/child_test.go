package durable

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// roleVar makes of the test program a child with a role, played at the path that
// is its argument.
const roleVar = "XENT_DURABLE_TEST_ROLE"

// roles are what children do. They say "ready" and go on when their input ends.
var roles = map[string]func(path string) error{
	"lock": func(path string) error {
		if _, err := Lock(path); err != nil {
			return err
		}
		return ready()
	},
	"write file":   func(path string) error { return WriteFile(path, func(io.Writer) error { return ready() }) },
	"write folder": func(path string) error { return WriteFolder(path, func(string) error { return ready() }) },
	// A task and the operation at which it kills itself stand before the folder.
	"die": func(path string) error {
		task, rest, _ := strings.Cut(path, ":")
		at, root, _ := strings.Cut(rest, ":")
		i, _ := strconv.Atoi(task)
		n, _ := strconv.Atoi(at)
		kill := killAt(n)
		TestHook = func(op Op) error {
			if kill(op) != nil {
				if self, err := os.FindProcess(os.Getpid()); err == nil {
					self.Kill()
				}
				select {}
			}
			return nil
		}
		return tasks[i].run(root)
	},
}

func ready() error {
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

func TestMain(m *testing.M) {
	role := os.Getenv(roleVar)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := roles[role](os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A child plays a role.
type child struct {
	*exec.Cmd
	in io.Closer
}

// start starts a child and waits until it is ready.
func start(t *testing.T, role, path string) *child {
	t.Helper()
	c := &child{Cmd: command(t, role, path)}
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.in = in
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("%s: %q, %v", role, line, err)
	}
	return c
}

func command(t *testing.T, role, path string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	c := exec.Command(self, path)
	c.Env = append(os.Environ(), roleVar+"="+role)
	return c
}

// kill ends a child at once, as SIGKILL does, if it has not ended.
func (c *child) kill() {
	c.Process.Kill()
	c.Wait()
}

// finish lets a child end by itself.
func (c *child) finish(t *testing.T) {
	t.Helper()
	c.in.Close()
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
}

// TestKilledProcess is TestKilled with processes that really die.
func TestKilledProcess(t *testing.T) {
	for i, k := range tasks {
		ops := k.operations(t)
		commit := committed(t, ops)
		for n := range ops {
			root := k.begin(t)
			c := command(t, "die", fmt.Sprintf("%d:%d:%s", i, n, root))
			if out, err := c.CombinedOutput(); err == nil || c.ProcessState.Exited() && filepath.Separator == '/' {
				t.Fatalf("%s was to die at %d: %v, %s", k.name, n, err, out)
			}
			k.checkKilled(t, root, n, commit)
		}
	}
}
