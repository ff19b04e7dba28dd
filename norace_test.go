//go:build !race

package xent

const raceEnabled = false
