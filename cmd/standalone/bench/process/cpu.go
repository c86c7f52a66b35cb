package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit in which the kernel tells CPU time: a hundredth of a second
// on every Linux that Go runs on (USER_HZ).
const tick = 10 * time.Millisecond

// CPU is the time that a process itself has spent on the CPU so far.
func CPU(pid int) (time.Duration, error) { return spent(pid, 2) }

// FamilyCPU adds the children of a process that live, and those that it has
// collected: a database server works in its children.
func FamilyCPU(pid int) (time.Duration, error) {
	total := time.Duration(0)
	for _, member := range family(pid) {
		took, err := spent(member, 4)
		if err != nil && member == pid {
			return 0, err
		}
		total += took // a child that has just ended is collected, and counted there
	}
	return total, nil
}

func spent(pid, fields int) (time.Duration, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read the CPU time of process %d: %w", pid, err)
	}
	took, err := cpuOf(string(content), fields)
	if err != nil {
		return 0, fmt.Errorf("read the CPU time of process %d: %w", pid, err)
	}
	return took, nil
}

// family is a process and its children.
func family(pid int) []int {
	found := []int{pid}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		fields := fieldsOf(string(content))
		if len(fields) < 2 || fields[1] != strconv.Itoa(pid) {
			continue
		}
		if child, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
			found = append(found, child)
		}
	}
	return found
}

// fieldsOf are the fields behind the name, which may hold anything, as proc(5)
// numbers them from 3.
func fieldsOf(stat string) []string {
	return strings.Fields(stat[strings.LastIndex(stat, ")")+1:])
}

// cpuOf adds the first of four fields: user and system time, 14 and 15, and
// those of collected children, 16 and 17.
func cpuOf(stat string, count int) (time.Duration, error) {
	fields := fieldsOf(stat)
	if len(fields) < 15 {
		return 0, fmt.Errorf("%d fields", len(fields))
	}
	ticks := int64(0)
	for _, field := range fields[11 : 11+count] {
		number, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += number
	}
	return time.Duration(ticks) * tick, nil
}
