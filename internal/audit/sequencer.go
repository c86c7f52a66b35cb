package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/traveldoc/traveldoc/internal/audit/sqlcgen"
)

const (
	every = time.Second // between two checkpoints
	batch = 5000        // rows numbered in one transaction
)

// ErrTree says that the tree in the database is not the one that was signed
// last. The sequencer signs nothing more until a person has looked.
var ErrTree = errors.New("the audit tree is not the one of the last checkpoint")

// Sequencer numbers entries, lets the tree grow over them, signs checkpoints
// and exports them. Any number may run; one at a time works.
type Sequencer struct {
	pool   *pgxpool.Pool
	key    KeyFile
	folder Folder
	now    func() time.Time
	log    *slog.Logger
	worked atomic.Pointer[time.Time] // when a round ended well last
}

// NewSequencer takes the file of the key, and the folder that checkpoints are
// exported to. The pool's login must be a member of the role
// traveldoc_sequencer.
func NewSequencer(pool *pgxpool.Pool, key KeyFile, folder Folder, now func() time.Time, log *slog.Logger) (*Sequencer, error) {
	if _, err := key.read(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(string(folder), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of checkpoints: %w", err)
	}
	return &Sequencer{pool: pool, key: key, folder: folder, now: now, log: log}, nil
}

// Run works until the context ends. A failed round is logged and tried again.
func (s *Sequencer) Run(ctx context.Context) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		began := s.now()
		if err := s.Round(ctx); err == nil {
			s.worked.Store(&began)
		} else if ctx.Err() == nil {
			s.log.ErrorContext(ctx, "audit log is not sequenced", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Ready says whether rounds end well, also while there is nothing to number, and
// whether no row waits: that another's rounds do is seen by this alone.
func (s *Sequencer) Ready(ctx context.Context) error {
	if last := s.worked.Load(); last == nil || s.now().Sub(*last) > unnumberedAfter {
		return fmt.Errorf("no round of the sequencer ended well for %s", unnumberedAfter)
	}
	return Late(ctx, s.pool, s.now())
}

// Round numbers what waits and exports what was signed. It does nothing while
// another sequencer is at work.
func (s *Sequencer) Round(ctx context.Context) error {
	return s.inTurn(ctx, (*sqlcgen.Queries).TakeTurn, s.catchUp)
}

// inTurn works while no other sequencer does, if the turn is given.
func (s *Sequencer) inTurn(
	ctx context.Context, take func(*sqlcgen.Queries, context.Context) (bool, error), work func(context.Context, *pgx.Conn) error,
) error {
	connection, err := s.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("sequence the audit log: %w", err)
	}
	defer connection.Release()
	q := sqlcgen.New(connection)
	turn, err := take(q, ctx)
	if err != nil || !turn {
		return err
	}
	defer func() {
		if err := q.EndTurn(context.WithoutCancel(ctx)); err != nil {
			_ = connection.Conn().Close(context.WithoutCancel(ctx)) // the lock goes with the connection
		}
	}()
	return work(ctx, connection.Conn())
}

// catchUp numbers all that waits.
func (s *Sequencer) catchUp(ctx context.Context, connection *pgx.Conn) error {
	for {
		numbered, err := s.number(ctx, connection)
		if err != nil {
			return fmt.Errorf("number audit entries: %w", err)
		}
		if err := s.export(ctx, sqlcgen.New(connection)); err != nil || numbered < batch {
			return err
		}
	}
}

// number gives one batch its numbers and signs the tree over it.
func (s *Sequencer) number(ctx context.Context, connection *pgx.Conn) (numbered int, err error) {
	err = pgx.BeginFunc(ctx, connection, func(tx pgx.Tx) error {
		numbered, err = s.numberIn(ctx, tx, nil)
		return err
	})
	return numbered, err
}

// numberIn hands over to the next key if there is one.
func (s *Sequencer) numberIn(ctx context.Context, tx pgx.Tx, next *signingKey) (numbered int, err error) {
	if _, err := tx.Exec(ctx, "SET LOCAL ROLE traveldoc_sequencer"); err != nil {
		return 0, err
	}
	q := sqlcgen.New(tx)
	rows, err := q.Waiting(ctx, batch)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	latest, last, err := latestCheckpoint(ctx, q)
	if err != nil {
		return 0, err
	}
	keys, err := s.key.read()
	if err != nil {
		return 0, err
	}
	at, err := inForce(keys, latest)
	if err != nil {
		return 0, err
	}
	if err := s.exportedIsStored(ctx, q, last); err != nil {
		return 0, err
	}
	grown, err := signed(ctx, q, last)
	if err != nil {
		return 0, err
	}
	return len(rows), s.grow(ctx, q, growth{grown, rows, keys[at], next})
}

// exportedIsStored: what was exported last is in the database still. One that was
// restored from a copy has lost what came after it, and signing on would make a
// second log of the same numbers.
func (s *Sequencer) exportedIsStored(ctx context.Context, q *sqlcgen.Queries, last Checkpoint) error {
	exported, _, err := s.folder.lastCheckpoint()
	switch {
	case err != nil || exported.Size == 0:
		return err
	case exported.Size > last.Size:
		return errBehind
	}
	known, err := stored(ctx, q, exported.Size)
	if err != nil {
		return errors.Join(ErrTree, err)
	}
	if known.root() != exported.Root {
		return ErrTree
	}
	return nil
}

// growth is what a tree gains, and who signs it.
type growth struct {
	tree tree
	rows []sqlcgen.AuditEntry
	key  signingKey
	next *signingKey // to which that key hands over; may be none
}

// signed is the stored tree, if it is the one that was signed last.
func signed(ctx context.Context, q *sqlcgen.Queries, last Checkpoint) (tree, error) {
	if last.Size == 0 {
		return tree{}, nil
	}
	known, err := stored(ctx, q, last.Size)
	if err != nil {
		return tree{}, errors.Join(ErrTree, err)
	}
	if known.root() != last.Root {
		return tree{}, ErrTree
	}
	return known, nil
}

// latestCheckpoint is empty when nothing was signed yet.
func latestCheckpoint(ctx context.Context, q *sqlcgen.Queries) (string, Checkpoint, error) {
	row, err := q.LatestCheckpoint(ctx)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", Checkpoint{}, nil
	}
	if err != nil {
		return "", Checkpoint{}, fmt.Errorf("read the last checkpoint: %w", err)
	}
	checkpoint, err := parse(noteText(row.Note))
	return row.Note, checkpoint, err
}

func (s *Sequencer) grow(ctx context.Context, q *sqlcgen.Queries, g growth) error {
	grown, rows := g.tree, g.rows
	numbers := sqlcgen.NumberParams{}
	added := sqlcgen.AddHashesParams{}
	for _, row := range rows {
		position := tlog.StoredHashIndex(0, grown.size)
		for i, hash := range grown.add(leaf(row)) {
			added.Positions = append(added.Positions, position+int64(i))
			added.Hashes = append(added.Hashes, append([]byte(nil), hash[:]...))
		}
		numbers.EntryIds = append(numbers.EntryIds, row.EntryID)
		numbers.Numbers = append(numbers.Numbers, grown.size)
	}
	changed, err := q.Number(ctx, numbers)
	if err != nil {
		return err
	}
	if changed != int64(len(rows)) {
		return fmt.Errorf("%d of %d entries were numbered", changed, len(rows))
	}
	if err := q.AddHashes(ctx, added); err != nil {
		return err
	}
	checkpoint, signers := Checkpoint{Size: grown.size, Root: grown.root(), At: s.now()}, []note.Signer{g.key.signer}
	if g.next != nil {
		checkpoint.Next, signers = g.next.public, append(signers, g.next.signer)
	}
	text, err := sign(checkpoint, signers...)
	if err != nil {
		return err
	}
	return q.AddCheckpoint(ctx, sqlcgen.AddCheckpointParams{Size: grown.size, Note: text, HandsOver: g.next != nil})
}

// export brings the folder up to what is signed, from wherever it stopped.
func (s *Sequencer) export(ctx context.Context, q *sqlcgen.Queries) error {
	exported, end, err := s.folder.lastCheckpoint()
	if err != nil {
		return err
	}
	size := exported.Size
	latest, last, err := latestCheckpoint(ctx, q)
	if err != nil || latest == "" && size == 0 {
		return err
	}
	if last.Size < size {
		return errBehind
	}
	for last.Size > size {
		notes, err := q.CheckpointsAfter(ctx, sqlcgen.CheckpointsAfterParams{Size: size, MaxRows: batch})
		if err != nil {
			return fmt.Errorf("export checkpoints: %w", err)
		}
		var text []byte
		from := size
		for _, row := range notes {
			text = append(text, row.Note...)
			size = row.Size
		}
		// A checkpoint is exported after the hashes that it covers.
		if err := s.exportLeaves(ctx, q, from, size); err != nil {
			return err
		}
		if err := s.folder.append(checkpointsFile, end, text); err != nil {
			return err
		}
		end += int64(len(text))
	}
	return nil
}

func (s *Sequencer) exportLeaves(ctx context.Context, q *sqlcgen.Queries, from, to int64) error {
	for ; from < to; from = min(from+batch, to) {
		var positions []int64
		for n := from; n < min(from+batch, to); n++ {
			positions = append(positions, tlog.StoredHashIndex(0, n))
		}
		found, err := hashes{ctx, q}.ReadHashes(positions)
		if err != nil {
			return err
		}
		data := make([]byte, 0, len(found)*tlog.HashSize)
		for _, hash := range found {
			data = append(data, hash[:]...)
		}
		if err := s.folder.addLeaves(from, data); err != nil {
			return err
		}
	}
	return nil
}
