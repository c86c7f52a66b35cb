package system

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// site is what a webPart serves.
type site struct {
	http.Handler
	close func() error
}

// webPart serves a site on one of the loopback ports.
type webPart struct {
	name string
	port Port
	open func(ctx context.Context, house *House) (site, error)
}

func (w webPart) Name() string { return w.name }

func (w webPart) Start(ctx context.Context, house *House) (Running, error) {
	if err := house.Check(w.port); err != nil {
		return nil, err
	}
	site, err := w.open(ctx, house)
	if err != nil {
		return nil, fmt.Errorf("set up %s: %w", w.name, err)
	}
	listener, err := net.Listen("tcp", house.listen(w.port))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for %s: %w", w.name, err), site.close())
	}
	server := &http.Server{Handler: site, ReadHeaderTimeout: 10 * time.Second}
	part := newRunning(func(ctx context.Context) error {
		// A client that holds its connection open must not hold up the stop.
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			server.Close()
		}
		return site.close()
	})
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			part.failed <- err
		}
	}()
	return part, nil
}
