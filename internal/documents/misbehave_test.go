package documents_test

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// deadline of a process that misbehaves: only the one that hangs meets it.
func deadline(how string) time.Duration {
	if how == "hang" {
		return 300 * time.Millisecond
	}
	return 30 * time.Second
}

// misbehaving is a programme that misbehaves: this test's own binary.
func misbehaving(t *testing.T, how string) []string {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{own, "misbehave", how}
}

// misbehave makes this process one that a hostile file has taken over.
func misbehave() {
	if len(os.Args) < 3 || os.Args[1] != "misbehave" {
		return
	}
	switch os.Args[2] {
	case "crash":
		panic("invented")
	case "signal":
		_ = syscall.Kill(os.Getpid(), syscall.SIGSEGV)
		select {}
	case "hang":
		select {}
	case "spin":
		limit(syscall.RLIMIT_CPU, 1)
		for {
		}
	case "hoard":
		limit(syscall.RLIMIT_DATA, memory())
		var held [][]byte
		for {
			held = append(held, make([]byte, 16<<20))
			for page := held[len(held)-1]; len(page) > 0; page = page[os.Getpagesize():] {
				page[0] = 1
			}
		}
	case "babble":
		fmt.Fprint(os.Stderr, strings.Repeat("invented ", 1_000_000))
	case "flood":
		_, _ = io.Copy(os.Stdout, zeros{})
	case "lie":
		fmt.Fprint(os.Stderr, `{"pages":0,"media_type":"text/html"}`)
	}
	os.Exit(0)
}

func limit(resource int, most uint64) {
	if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
		panic(err)
	}
}

// memory is the limit that this process was given.
func memory() uint64 {
	for _, argument := range os.Args {
		if text, found := strings.CutPrefix(argument, "-memory="); found {
			most, _ := strconv.ParseUint(text, 10, 64)
			return most
		}
	}
	return 0
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
