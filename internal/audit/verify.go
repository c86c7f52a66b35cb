package audit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/traveldoc/traveldoc/internal/audit/sqlcgen"
)

// unnumberedAfter is how long after its act a row may wait for its number, and how
// far ahead of the reader's clock the writer's may be.
const unnumberedAfter = 10 * time.Second

func lateBy(now time.Time) sqlcgen.UnnumberedParams {
	return sqlcgen.UnnumberedParams{Before: now.Add(-unnumberedAfter).UTC(), Ahead: now.Add(unnumberedAfter).UTC()}
}

// Fault is something that the verifier found.
type Fault struct {
	Number int64 // of the entry; 0 when it is about no single entry
	What   string
}

// Report is what a verification found. Verified entries are those up to which
// everything holds.
type Report struct {
	Verified int64
	Faults   []Fault
}

// Verify reads the whole log and holds it against every signed checkpoint, in
// the database and in the folder; now is the time by which rows may be late. It
// stops at the first entry that is altered, missing or out of its place. The
// verifier is that of any key the log ever had; its successors are believed
// where it handed over to them.
func Verify(ctx context.Context, pool *pgxpool.Pool, verifier note.Verifier, folder Folder, now time.Time) (Report, error) {
	v := &verification{late: lateBy(now)}
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, pool, options, func(tx pgx.Tx) error { return v.run(ctx, sqlcgen.New(tx), verifier, folder) })
	if err != nil {
		return Report{}, fmt.Errorf("verify the audit log: %w", err)
	}
	return v.report, nil
}

// verification is the state of one pass over the rows.
type verification struct {
	late        sqlcgen.UnnumberedParams // rows of acts outside of these have a number
	report      Report
	checkpoints []Checkpoint // by size, those that are signed
	next        int          // of checkpoints
	rows, kept  tree         // over the rows, and over the hashes kept of them
	suspect     int64        // first entry whose row and kept hash differ
	stop        bool
}

func (v *verification) fault(number int64, what string) {
	v.report.Faults = append(v.report.Faults, Fault{number, what})
}

func (v *verification) run(ctx context.Context, q *sqlcgen.Queries, verifier note.Verifier, folder Folder) error {
	if err := v.collect(ctx, q, verifier, folder); err != nil {
		return err
	}
	exported, err := folder.leaves()
	if err != nil {
		return err
	}
	defer exported.Close()
	if err := v.walk(ctx, q, bufio.NewReader(exported)); err != nil {
		return err
	}
	waiting, err := q.Unnumbered(ctx, v.late)
	if err != nil {
		return err
	}
	if waiting.Rows > 0 {
		v.fault(0, fmt.Sprintf("%d rows wait for a number for over %s or are dated ahead, the first with id %d", waiting.Rows, unnumberedAfter, waiting.First))
	}
	return nil
}

// collect opens every checkpoint there is.
func (v *verification) collect(ctx context.Context, q *sqlcgen.Queries, verifier note.Verifier, folder Folder) error {
	exported := &series{name: "exported", chain: chain{key: verifier}}
	for text, err := range folder.Checkpoints() {
		if err != nil {
			return err
		}
		v.openExported(text, exported)
	}
	v.foreign(exported)
	stored := &series{name: "stored", chain: chain{key: verifier}}
	for after := int64(0); ; {
		rows, err := q.CheckpointsAfter(ctx, sqlcgen.CheckpointsAfterParams{Size: after, MaxRows: batch})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		for _, row := range rows {
			v.openStored(row, stored)
			after = row.Size
		}
	}
	v.foreign(stored)
	v.compareChains(*exported, *stored)
	if exported.last == 0 && stored.last > 0 {
		v.fault(0, "no checkpoint is exported: either this is not the folder of this log, or what was kept outside is gone")
	}
	slices.SortStableFunc(v.checkpoints, func(a, b Checkpoint) int { return int(a.Size - b.Size) })
	return nil
}

func (v *verification) openExported(text string, exported *series) {
	claimed, _ := parse(noteText(text)) // only to name it
	before := exported.last
	checkpoint, ok := exported.open(text, claimed.Size)
	if !ok {
		return
	}
	if checkpoint.Size <= before {
		v.fault(checkpoint.Size, "an exported checkpoint is out of order")
	}
	v.checkpoints = append(v.checkpoints, checkpoint)
}

func (v *verification) openStored(row sqlcgen.AuditCheckpoint, stored *series) {
	checkpoint, ok := stored.open(row.Note, row.Size)
	if !ok {
		return
	}
	if checkpoint.Size != row.Size || row.HandsOver != (checkpoint.Next != "") {
		v.fault(row.Size, "a stored checkpoint says something else than its row")
	}
	v.checkpoints = append(v.checkpoints, checkpoint)
}

// foreign names the first checkpoint that no key of the chain signed.
func (v *verification) foreign(p *series) {
	if p.strangers > 0 {
		v.fault(p.strange, fmt.Sprintf("the checkpoint %s here is not signed by the key in force, nor are %d after it", p.name, p.strangers-1))
	}
}

// compareChains: whoever holds a former key could hand it over once more.
func (v *verification) compareChains(exported, stored series) {
	missing, found := stored.lacks(exported)
	if !found {
		missing, found = exported.lacks(stored)
	}
	if found {
		v.fault(missing.size, "the key was handed over in one way by what is stored and in another by what is exported")
	}
}

// walk goes through the rows in the order of their numbers.
func (v *verification) walk(ctx context.Context, q *sqlcgen.Queries, exported io.Reader) error {
	stored := &storedTree{q: q}
	for !v.stop {
		rows, err := q.EntriesAfter(ctx, sqlcgen.EntriesAfterParams{After: v.rows.size, MaxRows: batch})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			v.end()
			return nil
		}
		for _, row := range rows {
			if *row.Number != v.rows.size+1 {
				v.fault(v.rows.size+1, "entry is missing")
				v.stop = true
				break
			}
			if err := v.step(ctx, row, stored, exported); err != nil {
				return err
			}
			if v.stop {
				break
			}
		}
	}
	return nil
}

// step takes one row in.
func (v *verification) step(ctx context.Context, row sqlcgen.AuditEntry, stored *storedTree, exported io.Reader) error {
	hash := leaf(row)
	final := v.rows.add(hash)
	kept, whole, err := stored.same(ctx, final)
	if err != nil {
		return err
	}
	var outside tlog.Hash
	switch _, err := io.ReadFull(exported, outside[:]); {
	case err == nil:
		kept = outside
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("read the exported hashes: %w", err)
	}
	if !whole && kept == hash && v.suspect == 0 { // after an altered row the nodes above it differ too
		v.fault(v.rows.size, "the stored tree differs at this entry")
		v.stop = true
	}
	v.kept.add(kept)
	if kept != hash && v.suspect == 0 {
		v.suspect = v.rows.size
	}
	v.compare()
	return nil
}

// compare holds the trees against the checkpoints of their size.
func (v *verification) compare() {
	for ; v.next < len(v.checkpoints) && v.checkpoints[v.next].Size <= v.rows.size && !v.stop; v.next++ {
		checkpoint := v.checkpoints[v.next]
		rows, kept := v.rows.root() == checkpoint.Root, v.kept.root() == checkpoint.Root
		switch {
		case rows && kept:
			v.report.Verified = checkpoint.Size
			continue
		case rows:
			v.fault(v.suspect, "the hash kept of this entry was altered")
		case v.suspect != 0:
			v.fault(v.suspect, "entry was altered or is out of its place")
		default:
			v.fault(v.report.Verified+1, "a signed checkpoint contradicts the entries from here on")
		}
		v.stop = true
	}
}

// end judges what the rows end with.
func (v *verification) end() {
	if v.next < len(v.checkpoints) {
		v.fault(v.rows.size+1, "entry is missing")
		return
	}
	if v.rows.size > v.report.Verified {
		v.fault(v.report.Verified+1, "entry is numbered but under no checkpoint")
	}
}

// storedTree walks through the hashes in the database.
type storedTree struct {
	q        *sqlcgen.Queries
	position int64 // that is compared next
	page     []sqlcgen.AuditHash
}

// same compares the next hashes, and gives the first as it is stored: the
// leaf's; zero where there is none.
func (s *storedTree) same(ctx context.Context, final []tlog.Hash) (first tlog.Hash, whole bool, err error) {
	whole = true
	for i, want := range final {
		if len(s.page) == 0 {
			s.page, err = s.q.HashesFrom(ctx, sqlcgen.HashesFromParams{Position: s.position, MaxRows: 2 * batch})
			if err != nil {
				return first, false, err
			}
		}
		var found tlog.Hash
		if len(s.page) > 0 && s.page[0].Position == s.position {
			copy(found[:], s.page[0].Hash)
			whole = whole && len(s.page[0].Hash) == tlog.HashSize
			s.page = s.page[1:]
		}
		s.position++
		whole = whole && found == want
		if i == 0 {
			first = found
		}
	}
	return first, whole, nil
}
