// Package chaos kills the parts of a running traveldoc, each a process of its
// own, in the middle of lives, and judges what became of the lives by what a
// client knows: its own log, the answers of the API and the files of the mail
// drop. It never looks into the tables of what it judges.
package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/signal"
	"syscall"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/cast"
	"github.com/traveldoc/traveldoc/cmd/standalone/system"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/playbook/benchpack"
)

// The variables that make a program play a part. The program is the test's
// own, so that nothing that is shipped can be talked into terms of seconds.
const (
	partVariable  = "CHAOS_PLAY_PART"
	stateVariable = "CHAOS_PLAY_STATE"
	castVariable  = "CHAOS_PLAY_CAST"
)

// exampleCast is the example directory with the packs that ship.
const exampleCast = "example"

// Slots is how many lives can be lived at a time: each has people of its own,
// so that a mail tells whose it is.
const Slots = 24

// Playing tells whether this process was started to play a part.
func Playing(getenv func(string) string) bool { return getenv(partVariable) != "" }

// Play runs one part of a standalone, with the bench pack and its people unless
// it is told otherwise, until it is told to stop or whoever started it is gone, which closes its input.
func Play(getenv func(string) string, leash io.Reader, out, complaints io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, leash) // ends with the starter, however it ended
		stop()
	}()
	house, err := open(getenv(stateVariable), getenv(castVariable), slog.New(slog.NewTextHandler(complaints, nil)))
	if err != nil {
		return err
	}
	for _, part := range system.Parts() {
		if part.Name() == getenv(partVariable) {
			return system.Run(ctx, house, []system.Part{part}, out, readyLine(part.Name()))
		}
	}
	return fmt.Errorf("there is no part %q", getenv(partVariable))
}

func readyLine(part string) string { return part + " ready" }

// open opens a house in which deadlines count seconds, or one like those that ship.
func open(folder, players string, log *slog.Logger) (*system.House, error) {
	if folder == "" {
		return nil, errors.New("no state folder is named")
	}
	if players == exampleCast {
		return system.Open(system.Config{State: folder, AutoPorts: true, Log: log})
	}
	packs, err := playbook.Load(benchpack.Options()...)
	if err != nil {
		return nil, fmt.Errorf("load the bench pack: %w", err)
	}
	people, err := cast.Directory(Slots)
	if err != nil {
		return nil, fmt.Errorf("gather the people: %w", err)
	}
	directory := people.Data()
	return system.Open(system.Config{
		State: folder, AutoPorts: true, Log: log, Packs: &packs, Directory: &directory, Users: cast.Users(Slots),
	})
}
