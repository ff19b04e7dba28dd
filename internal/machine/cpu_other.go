//go:build !linux && !darwin && !windows

package machine

func cpu() string { return "" }
