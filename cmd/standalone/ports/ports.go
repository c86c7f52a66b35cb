// Package ports answers who holds a TCP port of this machine, so that a start
// that fails for a taken port can name the holder and the way out.
package ports

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Loopback is the only address on which the standalone listens.
const Loopback = "127.0.0.1"

// Check reports an error when nothing can listen on the loopback port now.
// option names the flag with which another port is chosen, for the message.
func Check(port int, what, option string) error {
	if port < 1 || port > 65535 {
		return fmt.Errorf("port %d for %s does not exist; choose one from 1 to 65535 with %s", port, what, option)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(Loopback, strconv.Itoa(port)))
	if err == nil {
		return listener.Close()
	}
	return fmt.Errorf("port %d, meant for %s, is taken by %s; stop it or choose another port with %s",
		port, what, Holder(port), option)
}

// Free ports are looked for below those that the system gives to connections, so
// that none of these takes one between its being found and its being used. Those
// that a start settles before it uses them are not those that its parts find later.
const (
	lowest  = 20000
	inner   = 26000
	highest = 32000
	looks   = 100
)

// Free returns a loopback port that nothing holds at the moment of the call, and
// that is none of those that were given away already.
func Free(given ...int) (int, error) { return free(lowest, inner, given) }

// Inner is Free for what a part listens on for itself alone.
func Inner(given ...int) (int, error) { return free(inner, highest, given) }

func free(from, to int, given []int) (int, error) {
	err := errors.New("all that were looked at are given away")
	for range looks {
		port := from + rand.IntN(to-from)
		if slices.Contains(given, port) {
			continue
		}
		var listener net.Listener
		if listener, err = net.Listen("tcp", net.JoinHostPort(Loopback, strconv.Itoa(port))); err != nil {
			continue
		}
		if err = listener.Close(); err != nil {
			return 0, fmt.Errorf("release the found port: %w", err)
		}
		return port, nil
	}
	return 0, fmt.Errorf("find a free port: %w", err)
}

// Holder names the process that listens on the port, as far as this user may
// see it.
func Holder(port int) string {
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		inode := listeningInode(table, port)
		if inode == "" {
			continue
		}
		if pid, name := processOf("socket:[" + inode + "]"); pid != 0 {
			return fmt.Sprintf("%s (process %d)", name, pid)
		}
		return "a process of another user"
	}
	return "another process"
}

// listeningInode finds the socket in state LISTEN (0A) on the port in one of
// the kernel's tables, documented in proc(5).
func listeningInode(table string, port int) string {
	file, err := os.Open(table)
	if err != nil {
		return ""
	}
	defer file.Close()
	suffix := fmt.Sprintf(":%04X", port)
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) > 9 && fields[3] == "0A" && strings.HasSuffix(fields[1], suffix) {
			return fields[9]
		}
	}
	return ""
}

func processOf(socket string) (int, string) {
	descriptors, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, descriptor := range descriptors {
		target, err := os.Readlink(descriptor)
		if err != nil || target != socket {
			continue
		}
		process := filepath.Dir(filepath.Dir(descriptor))
		pid, _ := strconv.Atoi(filepath.Base(process))
		name, _ := os.ReadFile(filepath.Join(process, "comm"))
		return pid, strings.TrimSpace(string(name))
	}
	return 0, ""
}
