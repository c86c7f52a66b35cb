package engine

import (
	"github.com/temporalio/ui-server/v2/server"
	"github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"

	"github.com/traveldoc/traveldoc/cmd/standalone/ports"
)

// webInterface serves Temporal's pages; nil serves none.
type webInterface struct {
	server *server.Server
	ended  chan struct{}
}

func startUI(port int, frontend, codec string) (*webInterface, error) {
	if port == 0 {
		return nil, nil
	}
	// The server ends the whole process when it cannot listen, hence the check.
	if err := ports.Check(port, "the Temporal UI", "--temporal-ui-port"); err != nil {
		return nil, err
	}
	settings := &config.Config{
		TemporalGRPCAddress: frontend,
		Host:                ports.Loopback,
		Port:                port,
		EnableUI:            true,
		DefaultNamespace:    Namespace,
		DisableNewsFetch:    true,
		HideLogs:            true,
		CORS:                config.CORS{CookieInsecure: true},
		// Who is signed in on traveldoc's pages, on the same host, brings that cookie.
		Codec: config.Codec{
			Endpoint: codec, IncludeCredentials: codec != "",
			DefaultErrorMessage: "Sign in to traveldoc as an auditor or admin to see what is sealed here.",
		},
	}
	web := &webInterface{server: server.NewServer(server_options.WithConfigProvider(settings)), ended: make(chan struct{})}
	go func() {
		defer close(web.ended)
		_ = web.server.Start()
	}()
	return web, nil
}

func (w *webInterface) stop() {
	if w == nil {
		return
	}
	w.server.Stop()
	<-w.ended
}
