package audit

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"
)

// ErrKeyUnknown says that the last checkpoint neither comes from a key of the
// key file nor hands over to one. The sequencer signs nothing then.
var ErrKeyUnknown = errors.New("the key file lacks the key that signs after the last checkpoint: was it replaced elsewhere?")

// inForce is the place of the key that signs next: the one to which the last
// checkpoint hands over, or that signed it. An empty log takes the first.
func inForce(keys []signingKey, latest string) (int, error) {
	if latest == "" {
		return 0, nil
	}
	for i, key := range keys {
		checkpoint, err := OpenCheckpoint(latest, key.verifier)
		if err == nil && (checkpoint.Next == "" || checkpoint.Next == key.public) {
			return i, nil
		}
	}
	return 0, ErrKeyUnknown
}

// handover is where one key follows another.
type handover struct {
	size int64
	next string
}

// chain follows the log's keys from one that is trusted. It is given checkpoints
// in the order of their sizes. A key counts from the checkpoint that names it on,
// and its predecessor no more.
type chain struct {
	key       note.Verifier // in force
	handovers []handover
}

// open checks a checkpoint under the key in force, and where it hands over under
// the next one too; ErrCheckpoint.
func (c *chain) open(signed string) (Checkpoint, error) {
	checkpoint, err := OpenCheckpoint(signed, c.key)
	if err != nil || checkpoint.Next == "" {
		return checkpoint, err
	}
	next, err := note.NewVerifier(checkpoint.Next)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	if next.KeyHash() == c.key.KeyHash() {
		return checkpoint, nil // the trusted key is the one that was introduced here
	}
	if _, err := OpenCheckpoint(signed, next); err != nil {
		return Checkpoint{}, err
	}
	c.key = next
	c.handovers = append(c.handovers, handover{checkpoint.Size, checkpoint.Next})
	return checkpoint, nil
}

// series is the checkpoints that are kept in one place, as the verifier comes
// through them.
type series struct {
	name      string
	chain     chain
	begun     bool  // a checkpoint has opened
	last      int64 // size of the last that opened
	strange   int64 // size of the first that did not, 0 when it can't be told
	strangers int
}

// open gives a checkpoint if a key of the chain signed it. Those before the one
// that introduced the trusted key can't be checked and need not be: it covers
// what they cover.
func (p *series) open(text string, size int64) (Checkpoint, bool) {
	checkpoint, err := p.chain.open(text)
	if err != nil {
		if p.strangers == 0 {
			p.strange = size
		}
		p.strangers++
		return Checkpoint{}, false
	}
	if !p.begun && checkpoint.Next != "" && len(p.chain.handovers) == 0 {
		p.strangers = 0
	}
	p.begun, p.last = true, max(p.last, checkpoint.Size)
	return checkpoint, true
}

// lacks is the first handover of another series that should be here too.
func (p *series) lacks(other series) (missing handover, found bool) {
	for _, theirs := range other.chain.handovers {
		if theirs.size > p.last {
			return missing, false
		}
		if !slices.Contains(p.chain.handovers, theirs) {
			return theirs, true
		}
	}
	return missing, false
}
