package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// postmaster is a running server of this cluster.
type postmaster struct {
	pid  int
	port int
}

// PID is the process id of the running server, 0 when it does not run.
func (c *Cluster) PID() int {
	running, err := c.postmaster()
	if err != nil || running == nil {
		return 0
	}
	return running.pid
}

// postmaster reads the lock file that a server keeps in its data folder: line 1
// is its process id, line 4 its port. A killed server leaves the file behind,
// and its number may belong to another process by now, so the process must also
// work in this very folder, as every postmaster does.
func (c *Cluster) postmaster() (*postmaster, error) {
	content, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the database's lock file: %w", err)
	}
	lines := strings.Split(string(content), "\n")
	if len(lines) < 4 {
		return nil, nil
	}
	pid, pidErr := strconv.Atoi(strings.TrimSpace(lines[0]))
	port, portErr := strconv.Atoi(strings.TrimSpace(lines[3]))
	if pidErr != nil || portErr != nil || !c.works(pid) {
		return nil, nil
	}
	return &postmaster{pid: pid, port: port}, nil
}

func (c *Cluster) works(pid int) bool {
	folder, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "cwd"))
	if err != nil {
		return false
	}
	wanted, err := filepath.EvalSymlinks(c.data())
	return err == nil && folder == wanted && !zombie(pid)
}

// clearRemains waits until every process of a killed server has ended and
// removes its lock files. The server would do so by itself, but takes a killed
// process that nobody has collected yet, as happens in containers, for a living
// one, and then never starts.
func (c *Cluster) clearRemains(ctx context.Context) error {
	for {
		remains := c.processes()
		if len(remains) == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("process %d of an earlier database still works in %s; end it", remains[0], c.data())
		case <-time.After(20 * time.Millisecond):
		}
	}
	sockets, _ := filepath.Glob(filepath.Join(c.folder(), ".s.PGSQL.*"))
	for _, left := range append(sockets, filepath.Join(c.data(), "postmaster.pid")) {
		if err := os.Remove(left); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove what a killed database left: %w", err)
		}
	}
	return nil
}

// processes are all that work in the data folder: a server and its children.
func (c *Cluster) processes() []int {
	folders, _ := filepath.Glob("/proc/[0-9]*")
	var found []int
	for _, folder := range folders {
		if pid, err := strconv.Atoi(filepath.Base(folder)); err == nil && c.works(pid) {
			found = append(found, pid)
		}
	}
	return found
}

// zombie reports a process that has ended and only waits for its parent to
// notice; the state is the field after the parenthesized name (proc(5)).
func zombie(pid int) bool {
	content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(content), ") ")
	return strings.HasPrefix(rest, "Z")
}

// checkSpace refuses a folder whose disk is too full for a cluster.
func checkSpace(folder string, needed uint64) error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err != nil {
		return fmt.Errorf("look how full the disk of %s is: %w", folder, err)
	}
	free := disk.Bavail * uint64(disk.Bsize)
	if free >= needed {
		return nil
	}
	return fmt.Errorf("the disk of %s has %d MiB free and %d MiB are needed; free some or choose another folder with TRAVELDOC_STATE",
		folder, free>>20, needed>>20)
}
