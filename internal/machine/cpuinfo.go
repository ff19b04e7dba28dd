package machine

import (
	"fmt"
	"strings"
)

// fromCPUInfo finds the model in the text of Linux's /proc/cpuinfo, which names
// things differently on each architecture. ARM's has no name, only numbers.
func fromCPUInfo(text string) string {
	first := map[string]string{} // of the first processor that has the field
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(line, ":")
		key = strings.ToLower(strings.TrimSpace(key))
		if _, known := first[key]; ok && !known {
			first[key] = tidy(value)
		}
	}
	name, family, model := first["model name"], first["cpu family"], first["model"]
	switch implementer, part := first["cpu implementer"], first["cpu part"]; {
	case name == "" && implementer != "" && part != "":
		return fmt.Sprintf("ARM (implementer %s, part %s)", implementer, part)
	case name != "" && !strings.ContainsAny(name, "0123456789") && family != "" && model != "":
		return fmt.Sprintf("%s (family %s, model %s)", name, family, model)
	}
	return name
}
