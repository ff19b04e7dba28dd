// Package bench measures what a machine can do, and takes times that can be
// compared with it.
//
// Limits are the rates of loops that do nothing else: reading, copying with plain
// and with non-temporal stores, multiplying and adding. They are in assembly where
// there is some for the CPU: Go's copy is another loop above some size than below, and
// plain Go neither loads nor computes in vectors. Elsewhere plain Go it is, which
// understates the limits; Loops.Name says so.
//
// Alternate times several things in turn, so that what the machine does meanwhile
// befalls all of them.
package bench
