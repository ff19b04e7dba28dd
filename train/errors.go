package train

import "fmt"

// An InterruptedError says that the context ended. All is saved; Resume
// continues with the step after Step.
type InterruptedError struct {
	Out         string
	Step, Steps int
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
