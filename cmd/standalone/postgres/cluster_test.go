package postgres_test

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/cmd/standalone/postgres"
	"github.com/traveldoc/traveldoc/cmd/standalone/state"
	"github.com/traveldoc/traveldoc/cmd/standalone/trial"
)

// These name the folder and port for which this test program, started anew,
// only runs a cluster until it is killed.
const (
	folderVariable = "TRIAL_FOLDER"
	portVariable   = "TRIAL_PORT"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(folderVariable); path != "" {
		runUntilKilled(path)
	}
	os.Exit(m.Run())
}

func runUntilKilled(path string) {
	port, _ := strconv.Atoi(os.Getenv(portVariable))
	folder, err := state.Open(path)
	if err == nil {
		_, err = postgres.Start(context.Background(), postgres.Config{State: folder, Port: port, Log: trial.Log()})
	}
	if err != nil {
		println(err.Error())
		os.Exit(1)
	}
	os.Stdout.WriteString("running\n")
	select {}
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func start(t *testing.T, folder *state.Folder, port int) *postgres.Cluster {
	t.Helper()
	cluster, err := postgres.Start(within(t), postgres.Config{State: folder, Port: port, Log: trial.Log()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cluster.Stop(context.Background()) })
	return cluster
}

func ask(t *testing.T, cluster *postgres.Cluster, query string) string {
	t.Helper()
	ctx := within(t)
	connection, err := pgx.Connect(ctx, cluster.Server().URL(postgres.Traveldoc))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(ctx)
	var answer string
	if err := connection.QueryRow(ctx, query).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func write(t *testing.T, cluster *postgres.Cluster, statement string) {
	t.Helper()
	ctx := within(t)
	connection, err := pgx.Connect(ctx, cluster.Server().URL(postgres.Traveldoc))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(ctx)
	if _, err := connection.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

func TestClusterKeepsItsDataAndItsPromises(t *testing.T) {
	folder, port := trial.Folder(t), trial.Port(t)
	first := start(t, folder, port)
	if err := first.Server().Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	write(t, first, `CREATE TABLE kept AS SELECT 'still here' AS answer`)
	if err := first.Stop(within(t)); err != nil {
		t.Fatal(err)
	}
	if first.PID() != 0 {
		t.Error("the server runs after Stop")
	}
	second := start(t, folder, port)
	if second.Adopted() {
		t.Error("a stopped server was adopted")
	}
	if err := second.Server().Prepare(within(t)); err != nil {
		t.Errorf("databases that exist cannot be prepared again: %v", err)
	}
	for query, want := range map[string]string{
		"SELECT answer FROM kept":      "still here",
		"SHOW synchronous_commit":      "on",
		"SHOW fsync":                   "on",
		"SHOW listen_addresses":        "127.0.0.1",
		"SHOW TimeZone":                "UTC",
		"SHOW log_min_error_statement": "panic",
		"SELECT count(*)::text FROM pg_hba_file_rules WHERE auth_method = 'trust'": "0",
	} {
		if got := ask(t, second, query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	info, err := os.Stat(folder.Path("postgres-password"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the password's file has mode %v", info.Mode())
	}
}

func TestServerLeftByAKilledProcessIsAdopted(t *testing.T) {
	folder, port := trial.Folder(t), trial.Port(t)
	killed := exec.Command(os.Args[0])
	killed.Env = append(os.Environ(), folderVariable+"="+folder.Path(), portVariable+"="+strconv.Itoa(port))
	killed.Stderr = os.Stderr
	output, err := killed.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	if line, _ := bufio.NewReader(output).ReadString('\n'); line != "running\n" {
		t.Fatalf("the first process says %q", line)
	}
	left := serverOf(t, folder)
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed.Wait()

	cluster := start(t, folder, port)
	if !cluster.Adopted() || cluster.PID() != left {
		t.Errorf("adopted %v, process %d instead of %d", cluster.Adopted(), cluster.PID(), left)
	}
	if err := cluster.Server().Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	if err := cluster.Stop(within(t)); err != nil {
		t.Fatal(err)
	}
	if cluster.PID() != 0 {
		t.Error("an adopted server runs after Stop")
	}
}

// serverOf reads the server's process id from its lock file.
func serverOf(t *testing.T, folder *state.Folder) int {
	t.Helper()
	content, err := os.ReadFile(folder.Path("postgres", "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestKilledServerIsStartedAgain(t *testing.T) {
	folder, port := trial.Folder(t), trial.Port(t)
	cluster := start(t, folder, port)
	if err := cluster.Server().Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(within(t))
	kept := make(chan error, 1)
	go func() { kept <- cluster.Keep(ctx) }()
	before := cluster.PID()
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !answersAnew(ctx, cluster, before) {
		select {
		case err := <-kept:
			t.Fatalf("the killed server was not started again: %v", err)
		case <-tick.C:
		}
	}
	cancel()
	if err := <-kept; err != nil {
		t.Error(err)
	}
}

// answersAnew reports whether a server other than the killed one answers.
func answersAnew(ctx context.Context, cluster *postgres.Cluster, killed int) bool {
	if pid := cluster.PID(); pid == 0 || pid == killed {
		return false
	}
	connection, err := pgx.Connect(ctx, cluster.Server().URL(postgres.Traveldoc))
	if err != nil {
		return false
	}
	connection.Close(ctx)
	return true
}

func TestLockFileOfAnotherProcessIsNotBelieved(t *testing.T) {
	folder, port := trial.Folder(t), trial.Port(t)
	cluster := start(t, folder, port)
	if err := syscall.Kill(cluster.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	path := folder.Path("postgres", "data", "postmaster.pid")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// The number has gone to a process that lives but is no database.
	_, rest, _ := strings.Cut(string(content), "\n")
	if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getppid())+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	if cluster.PID() != 0 {
		t.Errorf("process %d is taken for the database", cluster.PID())
	}
}

func TestTakenPortIsNamedWithItsHolder(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	_, err = postgres.Start(within(t), postgres.Config{State: trial.Folder(t), Port: port, Log: trial.Log()})
	if err == nil {
		t.Fatal("started on a taken port")
	}
	for _, part := range []string{strconv.Itoa(port), "process " + strconv.Itoa(os.Getpid()), "--postgres-port"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not mention %q", err, part)
		}
	}
}

// Run by root, the server is another user's, who cannot pass a folder of mode
// 0700; run by anyone else, the folder is the server's own.
func TestFolderThatTheServerCannotReach(t *testing.T) {
	closed := trial.Folder(t)
	if err := os.Chmod(closed.Path(), 0o700); err != nil {
		t.Fatal(err)
	}
	folder, err := state.Open(filepath.Join(closed.Path(), "inside"))
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := postgres.Start(within(t), postgres.Config{State: folder, Port: trial.Port(t), Log: trial.Log()})
	if os.Geteuid() != 0 {
		if err != nil {
			t.Fatal(err)
		}
		cluster.Stop(within(t))
		return
	}
	if err == nil || !strings.Contains(err.Error(), "TRAVELDOC_STATE") {
		t.Errorf("the error is %v", err)
	}
}

func TestExternalServer(t *testing.T) {
	server, err := postgres.External("postgres://ana:s%20ecret@db.example:6543/cases?sslmode=require")
	if err != nil {
		t.Fatal(err)
	}
	for database, want := range map[string]string{
		postgres.Traveldoc: "postgres://ana:s%20ecret@db.example:6543/cases?sslmode=require",
		postgres.Temporal:  "postgres://ana:s%20ecret@db.example:6543/temporal?sslmode=require",
	} {
		if got := server.URL(database); got != want {
			t.Errorf("%s is at %s", database, got)
		}
	}
	for _, wrong := range []string{"", "db.example", "mysql://db.example/x", "postgres:///cases"} {
		if _, err := postgres.External(wrong); err == nil || !strings.Contains(err.Error(), "DATABASE_URL") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
