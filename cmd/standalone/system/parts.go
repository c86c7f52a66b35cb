package system

import (
	"context"

	"google.golang.org/grpc"

	"github.com/traveldoc/traveldoc/cmd/standalone/engine"
	"github.com/traveldoc/traveldoc/cmd/standalone/postgres"
)

// Parts are the parts of a standalone in the order in which they start.
func Parts() []Part {
	return append([]Part{databasePart{}, enginePart{}}, applicationParts()...)
}

// databasePart is PostgreSQL: an own cluster, or the databases on the server
// that DATABASE_URL names.
type databasePart struct{}

func (databasePart) Name() string { return "postgres" }

func (databasePart) Start(ctx context.Context, house *House) (Running, error) {
	if house.external {
		nothing := newRunning(func(context.Context) error { return nil })
		return nothing, house.Server.Prepare(ctx)
	}
	cluster, err := postgres.Start(ctx, postgres.Config{State: house.State, Port: house.Port(PostgresPort), Log: house.Log})
	if err != nil {
		return nil, err
	}
	if cluster.Adopted() {
		house.Log.InfoContext(ctx, "the database was still running and has been taken over", "process", cluster.PID())
	}
	if err := house.Server.Prepare(ctx); err != nil {
		return nil, err
	}
	keeping, cease := context.WithCancel(context.WithoutCancel(ctx))
	ceased := make(chan struct{})
	part := newRunning(func(ctx context.Context) error {
		cease()
		<-ceased
		return cluster.Stop(ctx)
	})
	go func() {
		defer close(ceased)
		if err := cluster.Keep(keeping); err != nil {
			part.failed <- err
		}
	}()
	return part, nil
}

// enginePart is the Temporal server with its web interface.
type enginePart struct{}

func (enginePart) Name() string { return "engine" }

func (enginePart) Start(ctx context.Context, house *House) (Running, error) {
	running, err := engine.Start(ctx, engine.Config{
		Port:   house.Port(TemporalPort),
		UIPort: house.Port(TemporalUIPort),
		Codec:  house.URL(CodecPort),
		Stores: engine.Stores{
			Main:       house.Server.URL(postgres.Temporal),
			Visibility: house.Server.URL(postgres.TemporalVisibility),
		},
		Interceptors: []grpc.UnaryServerInterceptor{house.Clock.Interceptor(engine.Namespace)},
		Log:          house.Log,
	})
	if err != nil {
		return nil, err
	}
	return newRunning(func(context.Context) error { return running.Stop() }), nil
}
