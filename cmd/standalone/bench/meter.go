package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/process"
)

// meter tells who spent the CPU on a run.
type meter struct {
	parts  map[string]func() (time.Duration, error)
	before map[string]time.Duration
	err    error
}

// meter begins to count for a side's own processes, and for what both sides
// use. Whoever drives the lives is counted too, with mail drop and identity provider.
func (b *bench) meter(own map[string]*process.Process) *meter {
	m := &meter{before: map[string]time.Duration{}, parts: map[string]func() (time.Duration, error){
		"database": func() (time.Duration, error) { return process.FamilyCPU(b.machine.DatabaseID()) },
		"engine":   func() (time.Duration, error) { return process.CPU(b.machine.Engine.ID()) },
		"driver":   func() (time.Duration, error) { return process.CPU(os.Getpid()) },
	}}
	for name, part := range own {
		m.parts[name] = func() (time.Duration, error) { return process.CPU(part.ID()) }
	}
	for name, read := range m.parts {
		if m.before[name], m.err = read(); m.err != nil {
			break
		}
	}
	return m
}

// perLife is what each part spent since the meter began, in milliseconds.
func (m *meter) perLife(lives int) (map[string]float64, error) {
	if m.err != nil {
		return nil, m.err
	}
	spent := map[string]float64{}
	for name, read := range m.parts {
		after, err := read()
		if err != nil {
			return nil, err
		}
		spent[name] = float64(after-m.before[name]) / float64(time.Millisecond) / float64(lives)
	}
	return spent, nil
}

// spendings is for people: every part and the sum.
func spendings(spent map[string]float64) string {
	var parts []string
	sum := 0.0
	for _, name := range slices.Sorted(maps.Keys(spent)) {
		parts = append(parts, fmt.Sprintf("%s %.0f", name, spent[name]))
		sum += spent[name]
	}
	return fmt.Sprintf("%s: %.0f ms a life", strings.Join(parts, ", "), sum)
}
