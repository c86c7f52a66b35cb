package machine

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/cmd/standalone/postgres"
)

// Statements counts what reaches traveldoc's own database, by the server's own
// count (pg_stat_statements): BEGIN and COMMIT are statements too, what a trigger or
// a foreign key does inside the server is not. It counts only when asked to, so
// that no throughput is measured with it.
type Statements struct{ connection *pgx.Conn }

// heed is how long the server's processes get to notice a changed setting.
const heed = 500 * time.Millisecond

func newStatements(ctx context.Context, url string) (*Statements, error) {
	connection, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	s := &Statements{connection}
	if err := s.execute(ctx, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements"); err != nil {
		return nil, err
	}
	return s, s.track(ctx, "none")
}

// Begin counts from zero.
func (s *Statements) Begin(ctx context.Context) error {
	if err := s.track(ctx, "top"); err != nil {
		return err
	}
	return s.execute(ctx, "SELECT pg_stat_statements_reset()")
}

// Counted statements, most frequent first.
type Counted struct {
	Text  string
	Calls int64
}

// End stops counting and gives how often each statement was executed.
func (s *Statements) End(ctx context.Context) ([]Counted, error) {
	rows, err := s.connection.Query(ctx, `SELECT query, sum(calls)::bigint FROM pg_stat_statements
		WHERE dbid = (SELECT oid FROM pg_database WHERE datname = $1) GROUP BY query ORDER BY 2 DESC`, postgres.Traveldoc)
	if err != nil {
		return nil, fmt.Errorf("count statements: %w", err)
	}
	counted, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Counted])
	if err != nil {
		return nil, fmt.Errorf("count statements: %w", err)
	}
	return counted, s.track(ctx, "none")
}

// Total of counted statements.
func Total(counted []Counted) int64 {
	var total int64
	for _, statement := range counted {
		total += statement.Calls
	}
	return total
}

func (s *Statements) track(ctx context.Context, what string) error {
	if err := s.execute(ctx, "ALTER SYSTEM SET pg_stat_statements.track = '"+what+"'"); err != nil {
		return err
	}
	if err := s.execute(ctx, "SELECT pg_reload_conf()"); err != nil {
		return err
	}
	return s.execute(ctx, fmt.Sprintf("SELECT pg_sleep(%f)", heed.Seconds()))
}

func (s *Statements) execute(ctx context.Context, statement string) error {
	if _, err := s.connection.Exec(ctx, statement); err != nil {
		return fmt.Errorf("set up the counting of statements: %w", err)
	}
	return nil
}

func (s *Statements) close(ctx context.Context) { _ = s.connection.Close(ctx) } // nothing is lost with it
