//go:build race

package xent

// raceEnabled: the race detector makes everything many times as slow.
const raceEnabled = true
