package audit

import (
	"context"
	"errors"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/traveldoc/traveldoc/internal/audit/sqlcgen"
)

// tree is what must be remembered of a Merkle tree to let it grow: the hashes
// of its complete subtrees, the largest first.
type tree struct {
	size    int64
	stumps  []tlog.Hash
	growing [64]tlog.Hash
}

// add appends a leaf and gives the hashes that become final by it, in the order
// in which tlog stores them. They are valid until the next call.
func (t *tree) add(leaf tlog.Hash) []tlog.Hash {
	final := append(t.growing[:0], leaf)
	for range bits.TrailingZeros64(^uint64(t.size)) { //nolint:gosec // a size is not negative
		last := len(t.stumps) - 1
		leaf = tlog.NodeHash(t.stumps[last], leaf)
		t.stumps = t.stumps[:last]
		final = append(final, leaf)
	}
	t.stumps = append(t.stumps, leaf)
	t.size++
	return final
}

// root is the tree's hash. An empty tree has none.
func (t *tree) root() tlog.Hash {
	var root tlog.Hash
	for i := len(t.stumps) - 1; i >= 0; i-- {
		if i == len(t.stumps)-1 {
			root = t.stumps[i]
			continue
		}
		root = tlog.NodeHash(t.stumps[i], root)
	}
	return root
}

// stumpPositions are where tlog stores the complete subtrees of a size.
func stumpPositions(size int64) []int64 {
	var positions []int64
	var offset int64
	for level := 62; level >= 0; level-- {
		if size&(1<<level) == 0 {
			continue
		}
		positions = append(positions, tlog.StoredHashIndex(level, offset>>level))
		offset += 1 << level
	}
	return positions
}

// errHashMissing says that the tree in the database has a hole.
var errHashMissing = errors.New("the stored tree lacks a hash")

// hashes reads the stored tree; it is a tlog.HashReader.
type hashes struct {
	ctx context.Context //nolint:containedctx // tlog's interface has none
	q   *sqlcgen.Queries
}

// ReadHashes gives the hashes at the positions, in their order.
func (h hashes) ReadHashes(positions []int64) ([]tlog.Hash, error) {
	rows, err := h.q.Hashes(h.ctx, positions)
	if err != nil {
		return nil, fmt.Errorf("read the stored tree: %w", err)
	}
	at := map[int64][]byte{}
	for _, row := range rows {
		at[row.Position] = row.Hash
	}
	found := make([]tlog.Hash, len(positions))
	for i, position := range positions {
		if len(at[position]) != tlog.HashSize {
			return nil, fmt.Errorf("%w at %d", errHashMissing, position)
		}
		found[i] = tlog.Hash(at[position])
	}
	return found, nil
}

// stored is the tree of a size as the database keeps it.
func stored(ctx context.Context, q *sqlcgen.Queries, size int64) (tree, error) {
	stumps, err := hashes{ctx, q}.ReadHashes(stumpPositions(size))
	return tree{size: size, stumps: stumps}, err
}
