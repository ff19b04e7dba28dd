//go:build !race

package model

// The race detector makes sync.Pool drop items, so under it nothing here holds.

import (
	"context"
	"testing"
)

func TestScoreAllocates(t *testing.T) {
	m := inMemory(t, testArena(true, 8))
	m.SetWorkers(1)
	windows, from, n := randomWindows(m.Spec(), 10)
	rows := newRows(n)
	allocs := testing.AllocsPerRun(20, func() {
		if err := m.Score(context.Background(), windows, from, rows); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 2 { // rows and a total that reach the runner
		t.Errorf("%v allocations a call", allocs)
	}
}
