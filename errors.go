package xent

import "fmt"

// An OptionError says that an option, the vocabulary size or a pass's scale
// cannot be used.
type OptionError struct {
	Option string // the field's name, "V" or "scale"
	Index  int    // element of a list, −1 for a single value
	Value  float64
	Reason string
}

func (e *OptionError) Error() string {
	at := ""
	if e.Index >= 0 {
		at = fmt.Sprintf("[%d]", e.Index)
	}
	return fmt.Sprintf("xent: option %s%s = %v: %s", e.Option, at, e.Value, e.Reason)
}

// A ShapeError says that an argument has another shape or storage type than
// the others ask for.
type ShapeError struct {
	What      string
	Got, Want string
}

func (e *ShapeError) Error() string {
	return fmt.Sprintf("xent: %s: %s, want %s", e.What, e.Got, e.Want)
}

// A TargetError names the first row whose target is neither a class nor
// [Ignore].
type TargetError struct {
	Row    int
	Target int32
	V      int
}

func (e *TargetError) Error() string {
	return fmt.Sprintf("xent: row %d: target %d is outside [0, %d) and is not Ignore (%d)", e.Row, e.Target, e.V, Ignore)
}

// A RowWeightError names the first row whose weight is negative or not
// finite.
type RowWeightError struct {
	Row    int
	Weight float32
}

func (e *RowWeightError) Error() string {
	return fmt.Sprintf("xent: row %d: weight %v is not a finite number ≥ 0", e.Row, e.Weight)
}

// A ProbabilityError names the lowest row whose soft target is no distribution:
// Class has the Value, or, where Class is −1, the row has that sum.
type ProbabilityError struct {
	Row, Class int
	Value      float64
	Reason     string
}

func (e *ProbabilityError) Error() string {
	if e.Class < 0 {
		return fmt.Sprintf("xent: row %d: the target's probabilities sum to %v: %s", e.Row, e.Value, e.Reason)
	}
	return fmt.Sprintf("xent: row %d: class %d: target probability %v: %s", e.Row, e.Class, e.Value, e.Reason)
}

// An OverlapError says that an output shares memory with an input or another
// output, other than a gradient that takes the place of its logits.
type OverlapError struct{ Output, Argument string }

func (e *OverlapError) Error() string {
	return fmt.Sprintf("xent: %s overlaps %s in memory", e.Output, e.Argument)
}

func dims(m Matrix) string        { return fmt.Sprintf("%d×%d", m.t.Rows, m.t.Cols) }
func shape(rows, cols int) string { return fmt.Sprintf("%d×%d", rows, cols) }
