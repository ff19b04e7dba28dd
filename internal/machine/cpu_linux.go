package machine

import "os"

func cpu() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	return fromCPUInfo(string(text))
}
