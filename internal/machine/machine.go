// Package machine names the processor that a program runs on: a measured time
// means nothing without it.
package machine

import (
	"runtime"
	"strings"
)

// CPU returns the processor's model as its maker spells it, such as
// "AMD EPYC 9555 64-Core Processor", and "" where the system does not tell.
// Hypervisors may cut the number off; what tells the model then follows in
// brackets, as far as the system knows it: "AMD EPYC (family 26, model 2)".
func CPU() string { return cpu() }

// Cores returns how many logical CPUs this program can keep busy: those that the
// system lets it run on, or fewer where GOMAXPROCS, which follows a container's
// quota, says so.
func Cores() int { return min(runtime.NumCPU(), runtime.GOMAXPROCS(0)) }

// tidy makes one line of a name that comes padded with spaces or zero bytes.
func tidy(name string) string {
	name, _, _ = strings.Cut(name, "\x00")
	return strings.Join(strings.Fields(name), " ")
}
