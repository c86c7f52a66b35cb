package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/report"
)

// readiness starts the built standalone: on a new folder, as at the first
// time, and again on what the first start left.
func (b *bench) readiness(ctx context.Context) error {
	if b.standalone == "" {
		b.figures.Notes = append(b.figures.Notes, "standalone_ready_s was not measured: no built standalone was named")
		return nil
	}
	for round := 1; round <= b.starts; round++ {
		if err := b.readyTwice(ctx, round); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) readyTwice(ctx context.Context, round int) (err error) {
	folder, err := os.MkdirTemp("", "traveldoc-bench-ready-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	// The database's user must pass when root runs the benchmark.
	if err := os.Chmod(folder, 0o711); err != nil {
		return fmt.Errorf("open the folder: %w", err)
	}
	for _, kind := range []string{report.Readiness, report.Restart} {
		took, err := ready(ctx, b.standalone, folder)
		if err != nil {
			return err
		}
		b.note(report.Run{Kind: kind, Side: report.Ours, Round: round, Seconds: took.Seconds()})
		b.tell("standalone %d: %s after %.1f s", round, kind, took.Seconds())
	}
	return nil
}

const (
	readyLine  = "traveldoc ready "
	readyLimit = 3 * time.Minute
)

// ready is how long a program takes to say that it is ready; it is stopped
// again as Ctrl-C does.
func ready(ctx context.Context, program, folder string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	log := &tail{}
	command := exec.CommandContext(ctx, program, "--state", folder, "--ports", "auto")
	command.Stderr = log
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGINT) }
	command.WaitDelay = time.Minute
	output, err := command.StdoutPipe()
	if err != nil {
		return 0, fmt.Errorf("start %s: %w", program, err)
	}
	began := time.Now()
	if err := command.Start(); err != nil {
		return 0, fmt.Errorf("start %s: %w", program, err)
	}
	took := time.Duration(0)
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if took == 0 && strings.HasPrefix(lines.Text(), readyLine) {
			took = time.Since(began)
			cancel()
		}
	}
	if err := command.Wait(); err != nil && took == 0 {
		return 0, log.explain(fmt.Errorf("%s ended before it was ready: %w", program, err))
	}
	if took == 0 {
		return 0, log.explain(fmt.Errorf("%s was never ready", program))
	}
	return took, nil
}
