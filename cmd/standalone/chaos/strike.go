package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/cmd/standalone/postgres"
)

// Beside the parts' own processes, two kinds of processes of the database are
// struck: the server itself, and one of the processes that serve under it, at
// whose death the server drops every connection and recovers.
const (
	Server  = "postmaster"
	Backend = "backend"
)

// Strike is one moment at which processes are killed.
type Strike struct {
	Targets []string      // killed at the same moment
	After   time.Duration // since everything was ready again
	Down    time.Duration // until they are started again
}

// Name is what a strike is counted under.
func (s Strike) Name() string { return strings.Join(s.Targets, "+") }

// targets lists every kind of strike: each part by itself, and several at once,
// among them the pairs between which an answer or an event could fall.
func targets() [][]string {
	return [][]string{
		{API}, {Worker}, {Engine}, {Server}, {Backend}, {Maildrop}, {Postgres}, {Identity},
		{Engine, Worker}, {API, Worker}, {API, Server}, {Maildrop, Worker}, {Engine, Server},
		{API, Worker, Engine, Maildrop, Identity, Postgres, Server},
	}
}

// Plan draws strikes: every kind in turn, in random order, at random moments.
func Plan(random *rand.Rand, count int) []Strike {
	var plan []Strike
	var round [][]string
	for range count {
		if len(round) == 0 {
			round = targets()
			random.Shuffle(len(round), func(i, j int) { round[i], round[j] = round[j], round[i] })
		}
		plan = append(plan, Strike{
			Targets: round[0],
			After:   200*time.Millisecond + time.Duration(random.Int64N(int64(2*time.Second))),
			Down:    time.Duration(random.Int64N(int64(800 * time.Millisecond))),
		})
		round = round[1:]
	}
	return plan
}

// Strike kills, waits, starts again, and returns when everything works again.
func (t *Town) Strike(ctx context.Context, random *rand.Rand, strike Strike) (what string, err error) {
	what = strike.Name()
	for _, target := range strike.Targets {
		detail, err := t.hit(random, target)
		if err != nil {
			return what, err
		}
		if detail != "" {
			what += " (" + detail + ")"
		}
	}
	select {
	case <-ctx.Done():
		return what, ctx.Err()
	case <-time.After(strike.Down):
	}
	return what, t.restore(ctx, strike.Targets)
}

func (t *Town) hit(random *rand.Rand, target string) (detail string, err error) {
	switch target {
	case Server:
		pid, err := t.server()
		if err != nil {
			return "", err
		}
		return "", signalProcess(pid)
	case Backend:
		return t.hitBackend(random)
	default:
		return "", t.Kill(target)
	}
}

// restore starts what was killed, the database first, because the others need
// it. A keeper that finds its server running adopts it.
func (t *Town) restore(ctx context.Context, struck []string) error {
	if slices.Contains(struck, Postgres) {
		survived := !slices.Contains(struck, Server)
		if err := t.Start(ctx, Postgres); err != nil {
			return err
		}
		if survived && !t.Said(Postgres, "taken over") {
			return fmt.Errorf("the server that outlived its keeper was not adopted:\n%s", t.parts[Postgres].log)
		}
	}
	if err := t.databaseWorks(ctx); err != nil {
		return err
	}
	var parts []string
	for _, part := range struck {
		if !slices.Contains([]string{Postgres, Server, Backend}, part) {
			parts = append(parts, part)
		}
	}
	return t.together(ctx, parts...)
}

// databaseWorks waits until a new connection can be made and used.
func (t *Town) databaseWorks(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := t.query(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the database does not come back: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (t *Town) query(ctx context.Context) error {
	connection, err := pgx.Connect(ctx, t.House.Server.URL(postgres.Traveldoc))
	if err != nil {
		return err
	}
	defer connection.Close(ctx)
	return connection.Ping(ctx)
}

// server is the process id of the database server, from its lock file.
func (t *Town) server() (int, error) {
	content, err := os.ReadFile(t.House.State.Path("postgres", "data", "postmaster.pid"))
	if err != nil {
		return 0, fmt.Errorf("find the database server: %w", err)
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return 0, fmt.Errorf("find the database server: %w", err)
	}
	return pid, nil
}

// hitBackend kills one of the server's children: a connection's, the writer of
// the log, the checkpointer, whichever the dice choose.
func (t *Town) hitBackend(random *rand.Rand) (string, error) {
	server, err := t.server()
	if err != nil {
		return "", err
	}
	children, err := childrenOf(server)
	if err != nil {
		return "", err
	}
	if len(children) == 0 {
		return "", fmt.Errorf("the database server %d has no children", server)
	}
	child := children[random.IntN(len(children))]
	return child.title, signalProcess(child.pid)
}

type child struct {
	pid   int
	title string
}

// childrenOf reads the kernel's process table (proc(5), stat: the parent is the
// second field after the parenthesized name).
func childrenOf(parent int) ([]child, error) {
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	var children []child
	for _, folder := range folders {
		stat, err := os.ReadFile(filepath.Join(folder, "stat"))
		if err != nil {
			continue // it has ended meanwhile
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		if len(fields) < 2 || fields[0] == "Z" || fields[1] != strconv.Itoa(parent) {
			continue
		}
		title, _ := os.ReadFile(filepath.Join(folder, "cmdline"))
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			return nil, err
		}
		words := strings.Fields(strings.ReplaceAll(string(title), "\x00", " "))
		children = append(children, child{pid, strings.Join(words[min(1, len(words)):min(4, len(words))], " ")})
	}
	return children, nil
}
