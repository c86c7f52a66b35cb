package process

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"

	"github.com/traveldoc/traveldoc/cmd/standalone/ports"
)

// Role is what a process does: it starts with its configuration, adds its
// controls, and gives what stops it.
type Role func(ctx context.Context, config json.RawMessage, controls *http.ServeMux) (stop func() error, err error)

// Heap is the answer of the control /heap.
type Heap struct {
	Bytes int64 `json:"bytes"` // in use after a collection
}

// Play runs a role until standard input ends.
func Play(ctx context.Context, role Role) error {
	input := bufio.NewReader(os.Stdin)
	line, err := input.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	controls := http.NewServeMux()
	stop, err := role(ctx, line, controls)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(ports.Loopback, "0"))
	if err != nil {
		return errors.Join(fmt.Errorf("listen for controls: %w", err), stop())
	}
	common(controls)
	server := &http.Server{Handler: controls}
	go func() { _ = server.Serve(listener) }() // ends with Close
	fmt.Println(readyWord, listener.Addr())
	_, _ = io.Copy(io.Discard, input) // ends with whoever started this
	return errors.Join(stop(), server.Close())
}

// common are the controls that every role has: its heap, and the profiles of
// the runtime for finding out what is slow.
func common(controls *http.ServeMux) {
	controls.HandleFunc("POST /heap", func(w http.ResponseWriter, _ *http.Request) {
		// The second collection frees what finalizers of the first let go.
		runtime.GC()
		runtime.GC()
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		Answer(w, Heap{Bytes: int64(memory.HeapAlloc)})
	})
	controls.HandleFunc("/debug/pprof/", pprof.Index)
	controls.HandleFunc("/debug/pprof/profile", pprof.Profile)
}

// Answer writes a control's answer.
func Answer(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // the asker may be gone
}
