package train

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// An InterruptedError says that the context ended. All is saved; Resume
// continues with the step after Step.
type InterruptedError struct {
	Out         string
	Step, Steps int
	Stdin       bool // the corpus came from standard input: Resume wants it again
	Cause       error
}

func (e *InterruptedError) Error() string {
	return fmt.Sprintf("stopped at step %d of %d; everything is saved in %s", e.Step, e.Steps, e.Out)
}

func (e *InterruptedError) Unwrap() error { return e.Cause }

// A SaveError says that a save failed, of which nothing is left. What was saved
// before is whole, and Resume goes on from there.
type SaveError struct {
	Out   string
	Cause error
}

func (e *SaveError) Error() string {
	return fmt.Sprintf("%v; what was saved before is whole, and the run in %s can be resumed from there", e.Cause, e.Out)
}

func (e *SaveError) Unwrap() error { return e.Cause }

// A MovedError says that the corpus of a run is no longer where it was. Resume
// takes it from other paths too.
type MovedError struct {
	Out   string
	Cause error // names the path
}

func (e *MovedError) Error() string {
	return fmt.Sprintf("%v; if what the run in %s learns from is elsewhere now, say where", e.Cause, e.Out)
}

func (e *MovedError) Unwrap() error { return e.Cause }

// unsaved is the SaveError of a run in out, unless that is no longer there.
func unsaved(out string, cause error) error {
	if _, err := os.Stat(out); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s was removed, or renamed, while it was trained in; nothing is left there to go on with: %w", out, cause)
	}
	return &SaveError{out, cause}
}

// A DivergedError says that the loss has exploded, or that it or its gradient is no
// longer a number.
type DivergedError struct {
	Out            string
	Step, BestStep int // BestStep < 0: there is no model yet
	PeakRate       float64
}

func (e *DivergedError) Error() string {
	kept := "nothing was kept"
	if e.BestStep >= 0 {
		kept = fmt.Sprintf("the best model, of step %d, is kept in %s", e.BestStep, e.Out)
	}
	return fmt.Sprintf("training diverged at step %d: loss or gradient explode; %s; try again with a peak rate below %g", e.Step, kept, e.PeakRate)
}

// A BusyError says that another process, or another call, trains in the folder.
type BusyError struct {
	Out string
	PID int // of the process; 0 where it is not known
}

func (e *BusyError) Error() string {
	who := "another process"
	if e.PID != 0 {
		who = fmt.Sprintf("process %d", e.PID)
	}
	return fmt.Sprintf("%s is being trained by %s: wait for it, or stop it", e.Out, who)
}
