package machine

import "golang.org/x/sys/unix"

func cpu() string {
	name, err := unix.Sysctl("machdep.cpu.brand_string")
	if err != nil {
		return ""
	}
	return tidy(name)
}
