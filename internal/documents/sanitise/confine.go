package sanitise

import (
	"fmt"
	"syscall"
)

// confine has the kernel end the process when it takes more than it may:
// whoever started it may be busy.
func confine(limits Limits) error {
	for resource, most := range map[int]uint64{
		syscall.RLIMIT_DATA: uint64(limits.Memory), syscall.RLIMIT_CPU: uint64(limits.Seconds), syscall.RLIMIT_CORE: 0,
	} {
		if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("limit the process: %w", err)
		}
	}
	return nil
}
