// Package engine runs a whole Temporal server inside the standalone, with its
// persistence in PostgreSQL.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/metrics"
	// The server finds its persistence plugin in a registry that this import
	// fills.
	_ "go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	"go.temporal.io/server/temporal"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/traveldoc/traveldoc/cmd/standalone/ports"
)

const (
	// Namespace holds traveldoc's workflows.
	Namespace = "traveldoc"
	// StageAttribute is the one custom search attribute: the stage of a request.
	StageAttribute = "TdrStage"

	// A closed workflow's history stays readable this long, for the reconciler
	// and for whoever asks why.
	retention = 90 * 24 * time.Hour

	readyTimeout = 30 * time.Second
)

// Stores are the connection strings of the server's two databases.
type Stores struct{ Main, Visibility string }

// Config says where the engine listens and keeps its data.
type Config struct {
	// Port is the loopback port of the frontend.
	Port int
	// UIPort is the loopback port of the web interface; 0 serves none.
	UIPort int
	// Codec is where the web interface finds who opens payloads; empty for nobody.
	Codec string
	// Stores exist already; their tables are made or upgraded at Start.
	Stores Stores
	// Interceptors see every call to the frontend, after the server's own.
	Interceptors []grpc.UnaryServerInterceptor
	// Log receives the server's warnings and errors.
	Log *slog.Logger
}

// Engine is a running Temporal server.
type Engine struct {
	server temporal.Server
	log    logger
	ui     *webInterface
	port   int
}

// Start brings up the server and returns when workflows can be started on it.
func Start(ctx context.Context, cfg Config) (*Engine, error) {
	if err := ports.Check(cfg.Port, "the Temporal frontend", "--temporal-port"); err != nil {
		return nil, err
	}
	log := newLogger(cfg.Log)
	if err := migrateAll(ctx, cfg.Stores, log); err != nil {
		return nil, err
	}
	server, err := newServer(cfg, log)
	if err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, fmt.Errorf("start the engine: %w", err)
	}
	engine := &Engine{server: server, log: log, port: cfg.Port}
	if err := engine.prepare(ctx); err != nil {
		return nil, errors.Join(err, engine.Stop())
	}
	if engine.ui, err = startUI(cfg.UIPort, engine.Address(), cfg.Codec); err != nil {
		return nil, errors.Join(err, engine.Stop())
	}
	log.from(slog.LevelWarn)
	return engine, nil
}

// Address is the frontend's host and port.
func (e *Engine) Address() string { return address(e.port) }

// Stop ends the web interface and the server; running workflows stay in the
// database.
func (e *Engine) Stop() error {
	e.ui.stop()
	e.log.from(silence)
	if err := e.server.Stop(); err != nil {
		return fmt.Errorf("stop the engine: %w", err)
	}
	return nil
}

func newServer(cfg Config, log logger) (temporal.Server, error) {
	listen, err := chooseListeners(cfg.Port)
	if err != nil {
		return nil, err
	}
	settings, err := serverConfig(listen, cfg.Stores)
	if err != nil {
		return nil, err
	}
	server, err := temporal.NewServer(
		temporal.WithConfig(settings),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(listen.hosts()),
		temporal.WithDynamicConfigClient(dynamicSettings()),
		temporal.WithLogger(log),
		temporal.WithNamespaceLogger(log),
		temporal.WithCustomMetricsHandler(metrics.NoopMetricsHandler),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return authorization.NewNoopClaimMapper() }),
		temporal.WithChainedFrontendGrpcInterceptors(cfg.Interceptors...),
	)
	if err != nil {
		return nil, fmt.Errorf("set up the engine: %w", err)
	}
	return server, nil
}

// Dial connects to an engine's frontend for the calls that the SDK's client
// does not offer. Errors are those of the serviceerror package.
func Dial(address string) (*grpc.ClientConn, error) {
	connection, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(func(ctx context.Context, method string, request, answer any,
			connection *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
			return serviceerror.FromStatus(status.Convert(invoke(ctx, method, request, answer, connection, options...)))
		}))
	if err != nil {
		return nil, fmt.Errorf("connect to the engine: %w", err)
	}
	return connection, nil
}

// prepare makes the namespace and the search attribute, and waits until both
// can be used.
func (e *Engine) prepare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	connection, err := client.NewLazyClient(client.Options{HostPort: e.Address(), Namespace: Namespace, Logger: quiet{}})
	if err != nil {
		return fmt.Errorf("connect to the engine: %w", err)
	}
	defer connection.Close()
	if err := until(ctx, func() error { return register(ctx, connection.WorkflowService()) }); err != nil {
		return fmt.Errorf("register the namespace: %w", err)
	}
	added := false
	if err := until(ctx, func() error { return addAttribute(ctx, connection.OperatorService(), &added) }); err != nil {
		return fmt.Errorf("add search attribute %s: %w", StageAttribute, err)
	}
	if !added {
		return nil
	}
	if err := until(ctx, func() error { return findByStage(ctx, connection.WorkflowService()) }); err != nil {
		return fmt.Errorf("wait for search attribute %s: %w", StageAttribute, err)
	}
	// The frontend knows it now; the other services read it at their own next
	// refresh, which nothing announces.
	select {
	case <-ctx.Done():
	case <-time.After(namespaceRefresh):
	}
	return ctx.Err()
}

func register(ctx context.Context, service workflowservice.WorkflowServiceClient) error {
	_, err := service.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: Namespace})
	if err == nil {
		return nil
	}
	_, err = service.RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace:                        Namespace,
		Description:                      "Requests for travel documents",
		WorkflowExecutionRetentionPeriod: durationpb.New(retention),
	})
	var exists *serviceerror.NamespaceAlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return err
	}
	return errors.New("the new namespace is not visible yet")
}

// addAttribute notes whether the attribute was missing.
func addAttribute(ctx context.Context, service operatorservice.OperatorServiceClient, added *bool) error {
	listed, err := service.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: Namespace})
	if err != nil {
		return err
	}
	if _, found := listed.GetCustomAttributes()[StageAttribute]; found {
		return nil
	}
	*added = true
	_, err = service.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace:        Namespace,
		SearchAttributes: map[string]enumspb.IndexedValueType{StageAttribute: enumspb.INDEXED_VALUE_TYPE_KEYWORD},
	})
	return err
}

// findByStage fails as long as the frontend does not know the attribute.
func findByStage(ctx context.Context, service workflowservice.WorkflowServiceClient) error {
	_, err := service.CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: Namespace,
		Query:     StageAttribute + " = 'none'",
	})
	return err
}

// until repeats an attempt while the context lasts; the error that stopped the
// last attempt tells why.
func until(ctx context.Context, attempt func() error) error {
	for {
		err := attempt()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// quiet drops what the SDK says about a server that is still starting.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}
