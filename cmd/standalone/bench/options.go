package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

// options are how long the benchmark measures what.
type options struct {
	out        string // where the JSON goes
	standalone string // the built standalone; empty: its start is not measured
	profiles   string // folder for profiles of ours under load; empty: none
	quick      bool

	rounds      int           // of throughput, both sides each
	stagger     time.Duration // over which the first lives begin
	warmUp      time.Duration
	window      time.Duration // of a throughput run
	searchFirst int           // lives at once
	searchLimit int
	searchTime  time.Duration // window of a point of the search

	latencyRounds int
	latencyWindow time.Duration

	censusLives int
	coldLives   int
	open        int // requests held open
	cached      int // of those, held while the heap is measured; a worker's cache holds 4,000
	starts      int // of the standalone
}

// A life takes seven seconds where nothing is slow, so lives begin over six,
// and what is measured is at least three lives long.
func thorough() options {
	return options{
		rounds: 5, stagger: 6 * time.Second, warmUp: 6 * time.Second, window: 24 * time.Second,
		searchFirst: 32, searchLimit: 512, searchTime: 15 * time.Second,
		latencyRounds: 3, latencyWindow: 30 * time.Second,
		censusLives: 48, coldLives: 24, open: 10_000, cached: 3_000, starts: 3,
	}
}

// quick is as short as it can be and still run everything.
func quick() options {
	return options{
		quick: true, rounds: 1, stagger: time.Second, window: 14 * time.Second,
		searchFirst: 8, searchLimit: 8, searchTime: 14 * time.Second,
		latencyRounds: 1, latencyWindow: 10 * time.Second,
		censusLives: 8, coldLives: 2, open: 100, cached: 50, starts: 1,
	}
}

func parse(arguments []string, errors io.Writer) (options, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(errors)
	short := flags.Bool("quick", false, "run everything once and shortly, to see that it works")
	out := flags.String("out", "build/bench.json", "`file` for the figures")
	standalone := flags.String("standalone", "", "the built standalone `program`, whose start is measured")
	profiles := flags.String("profiles", "", "`folder` for CPU profiles of API and worker under load")
	rounds := flags.Int("rounds", 0, "throughput rounds; 0 means as many as is usual")
	if err := flags.Parse(arguments); err != nil {
		return options{}, err
	}
	o := thorough()
	if *short {
		o = quick()
	}
	if *rounds > 0 {
		o.rounds = *rounds
	}
	if *profiles != "" {
		if err := os.MkdirAll(*profiles, 0o755); err != nil {
			return options{}, fmt.Errorf("make the folder for profiles: %w", err)
		}
	}
	o.out, o.standalone, o.profiles = *out, *standalone, *profiles
	return o, nil
}
