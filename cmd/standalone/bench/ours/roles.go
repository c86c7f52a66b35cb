package ours

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"

	"go.temporal.io/sdk/worker"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/cast"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/process"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/stat"
	"github.com/traveldoc/traveldoc/cmd/standalone/ports"
	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/config"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/playbook/benchpack"
	"github.com/traveldoc/traveldoc/internal/telemetry"
)

// The roles of traveldoc's own processes.
const (
	APIRole    = "api"
	WorkerRole = "worker"
)

// settings are what a process of traveldoc is told.
type settings struct {
	Config  config.Config
	Slots   int
	APIPort int
}

// world is production's, but for the bench pack and the bench's people.
func (s settings) world() (serve.World, error) {
	packs, err := playbook.Load(benchpack.Options()...)
	if err != nil {
		return serve.World{}, fmt.Errorf("load packs: %w", err)
	}
	people, err := cast.Directory(s.Slots)
	if err != nil {
		return serve.World{}, fmt.Errorf("make the directory: %w", err)
	}
	data := people.Data()
	return serve.World{
		Config: s.Config, Clock: serve.SystemClock{}, Packs: &packs, Directory: &data,
		Log: telemetry.NewLogger(os.Stderr, slog.LevelError),
	}, nil
}

func readSettings(raw json.RawMessage) (settings, serve.World, error) {
	var s settings
	if err := json.Unmarshal(raw, &s); err != nil {
		return settings{}, serve.World{}, fmt.Errorf("read the configuration: %w", err)
	}
	world, err := s.world()
	return s, world, err
}

// PlayAPI is the role of the API. Its control /own gives, and forgets, the
// API's own share of each opening in milliseconds.
func PlayAPI(ctx context.Context, raw json.RawMessage, controls *http.ServeMux) (func() error, error) {
	s, world, err := readSettings(raw)
	if err != nil {
		return nil, err
	}
	own := &share{}
	controls.HandleFunc("POST /own", func(w http.ResponseWriter, _ *http.Request) {
		process.Answer(w, stat.Milliseconds(own.take()))
	})
	world.Engine = watchEngine
	server, err := serve.NewAPI(ctx, world)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(ports.Loopback, strconv.Itoa(s.APIPort)))
	if err != nil {
		server.Close()
		return nil, fmt.Errorf("listen: %w", err)
	}
	serving, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- serve.HTTP(serving, listener, own.watch(server), s.Config.StopTimeout) }()
	return func() error {
		stop()
		err := <-ended
		server.Close()
		return err
	}, nil
}

// PlayWorker is the role of the worker. Its control /evict empties the cache
// of workflows.
func PlayWorker(ctx context.Context, raw json.RawMessage, controls *http.ServeMux) (func() error, error) {
	_, world, err := readSettings(raw)
	if err != nil {
		return nil, err
	}
	controls.HandleFunc("POST /evict", func(http.ResponseWriter, *http.Request) { worker.PurgeStickyWorkflowCache() })
	w, err := serve.NewWorker(ctx, world)
	if err != nil {
		return nil, err
	}
	if err := w.Start(ctx); err != nil {
		return nil, errors.Join(err, stopped(w))
	}
	return func() error { return stopped(w) }, nil
}

func stopped(w *serve.Worker) error {
	w.Stop()
	return nil
}
