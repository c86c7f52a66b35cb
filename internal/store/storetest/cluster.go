package storetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// oldest is the oldest major version of PostgreSQL whose behaviour the schema relies on.
const oldest = 15

// startLimit is generous because several packages' tests start clusters at once.
const startLimit = 2 * time.Minute

// supervise runs the server until the pipe on its standard input closes, which
// happens when the test process ends in whatever way, and then removes the
// cluster. Nothing is left behind by a test that is killed.
const supervise = `"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off \
  -c max_connections=300 -c shared_buffers=64MB -c wal_level=minimal -c max_wal_senders=0 -c timezone=UTC \
  -c log_min_messages=fatal -c log_min_error_statement=panic -c autovacuum_naptime=10min >"$2/log" 2>&1 &
server=$!
read -r _
kill -INT $server
wait $server
cd /
rm -rf "$2"`

// server answers for the one cluster of this process, or for DATABASE_URL's.
var server = sync.OnceValues(start)

// start gives the URL of a database in which others can be made.
func start() (*url.URL, error) {
	if given := os.Getenv("DATABASE_URL"); given != "" {
		parsed, err := url.Parse(given)
		if err != nil {
			return nil, errors.New("DATABASE_URL can't be read")
		}
		return parsed, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	binaries, err := findBinaries(ctx)
	if err != nil {
		return nil, err
	}
	as, err := unprivileged()
	if err != nil {
		return nil, err
	}
	folder, err := makeCluster(ctx, binaries, as)
	if err != nil {
		return nil, err
	}
	// The pipe is never closed by us: it closes with the process.
	if err := launch(binaries, folder, as); err != nil {
		return nil, err
	}
	address := &url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres", RawQuery: "host=" + url.QueryEscape(folder)}
	return address, wait(ctx, address.String(), folder)
}

// unprivileged is the user that the server runs as: PostgreSQL refuses to run as root.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("find an unprivileged user for PostgreSQL: %w", err)
	}
	uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return nil, fmt.Errorf("find an unprivileged user for PostgreSQL: %w", err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// Each test's database is hundreds of files, which cost a tenth less in memory than
// on a disk. A cluster of tests holds some hundred megabytes.
const (
	memory       = "/dev/shm"
	memoryWanted = 2 << 30
)

// place is where clusters are made. A socket's path has to fit into 107 bytes
// (unix(7)), and the unprivileged user has to reach it.
func place() string {
	var space syscall.Statfs_t
	if err := syscall.Statfs(memory, &space); err == nil && space.Bavail*uint64(space.Bsize) >= memoryWanted {
		return memory
	}
	return "/tmp"
}

func makeCluster(ctx context.Context, binaries string, as *syscall.Credential) (string, error) {
	folder, err := os.MkdirTemp(place(), "traveldoc-test-")
	if err != nil {
		return "", fmt.Errorf("make folder for the cluster: %w", err)
	}
	if as != nil {
		if err := os.Chown(folder, int(as.Uid), int(as.Gid)); err != nil {
			return "", fmt.Errorf("give the cluster's folder away: %w", err)
		}
	}
	initdb := command(ctx, as, filepath.Join(binaries, "initdb"), "-D", filepath.Join(folder, "data"), "-U", "postgres",
		"--auth=trust", "--no-sync", "--no-instructions", "--encoding=UTF8", "--locale=C.UTF-8")
	if out, err := initdb.CombinedOutput(); err != nil {
		_ = os.RemoveAll(folder)
		return "", fmt.Errorf("initdb: %w: %s", err, out)
	}
	return folder, nil
}

func command(ctx context.Context, as *syscall.Credential, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH"), "TZ=UTC"}
	// A session of its own: Ctrl-C reaches the test alone, whose end ends the server.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Setsid: true}
	return cmd
}

func launch(binaries, folder string, as *syscall.Credential) error {
	cmd := command(context.Background(), as, "/bin/sh", "-c", supervise, "sh", binaries, folder)
	if _, err := cmd.StdinPipe(); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	// Waiting keeps the pipe's end from being collected, which would close it.
	go func() { _ = cmd.Wait() }()
	return nil
}

func wait(ctx context.Context, address, folder string) error {
	for {
		connection, err := pgx.Connect(ctx, address)
		if err == nil {
			return connection.Close(ctx)
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(folder, "log"))
			return fmt.Errorf("PostgreSQL did not start: %w: %s", err, log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// findBinaries is the folder of the newest server that is installed.
func findBinaries(ctx context.Context) (string, error) {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if path, err := exec.LookPath("postgres"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	best, newest := "", 0
	for _, folder := range folders {
		if version := versionIn(ctx, folder); version > newest {
			best, newest = folder, version
		}
	}
	if newest < oldest {
		return "", fmt.Errorf("these tests need PostgreSQL %d or newer: install it or set DATABASE_URL", oldest)
	}
	return best, nil
}

// versionIn is the major version, 0 when the folder holds no whole server.
func versionIn(ctx context.Context, folder string) int {
	if _, err := os.Stat(filepath.Join(folder, "initdb")); err != nil {
		return 0
	}
	out, err := exec.CommandContext(ctx, filepath.Join(folder, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	words := bufio.NewScanner(strings.NewReader(string(out)))
	words.Split(bufio.ScanWords)
	var found []int
	for words.Scan() {
		major, _, _ := strings.Cut(words.Text(), ".")
		if version, err := strconv.Atoi(major); err == nil {
			found = append(found, version)
		}
	}
	if len(found) == 0 {
		return 0
	}
	return slices.Max(found)
}
