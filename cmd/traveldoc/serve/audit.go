package serve

import (
	"context"
	"sync"

	"github.com/traveldoc/traveldoc/internal/audit"
)

// sequencing numbers and signs audit entries for as long as a worker runs.
type sequencing struct {
	sequencer *audit.Sequencer
	cancel    context.CancelFunc
	ended     sync.WaitGroup
}

func (b *backend) sequencing(world World) (*sequencing, error) {
	c := world.Config.Audit
	sequencer, err := audit.NewSequencer(b.pool, audit.KeyFile(c.KeyFile), audit.Folder(c.Folder), world.Clock.Now, world.Log)
	if err != nil {
		return nil, err
	}
	return &sequencing{sequencer: sequencer}, nil
}

// start needs no engine: the log grows while that is away.
func (s *sequencing) start(ctx context.Context) {
	ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	s.ended.Go(func() { s.sequencer.Run(ctx) })
}

func (s *sequencing) stop() {
	if s.cancel != nil {
		s.cancel()
	}
	s.ended.Wait()
}

func (b *backend) auditNumbered(ctx context.Context, world World) error {
	return audit.Late(ctx, b.pool, world.Clock.Now())
}

// auditAlive enters the examination itself and sees it numbered.
func (b *backend) auditAlive(ctx context.Context, world World) error {
	return audit.Await(ctx, b.pool, audit.Entry{
		At: world.Clock.Now(), Actor: "system", Action: "doctor.examine", Object: "deployment", Outcome: "done",
	})
}
