package machine

import (
	"os"

	"golang.org/x/sys/windows/registry"
)

// cpu reads the name from the registry, else what the environment holds, which
// is family, model and stepping.
func cpu() string {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `HARDWARE\DESCRIPTION\System\CentralProcessor\0`, registry.QUERY_VALUE)
	if err == nil {
		defer key.Close()
		if name, _, err := key.GetStringValue("ProcessorNameString"); err == nil && tidy(name) != "" {
			return tidy(name)
		}
	}
	return tidy(os.Getenv("PROCESSOR_IDENTIFIER"))
}
