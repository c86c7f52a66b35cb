package engine_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/traveldoc/traveldoc/cmd/standalone/engine"
	"github.com/traveldoc/traveldoc/cmd/standalone/postgres"
	"github.com/traveldoc/traveldoc/cmd/standalone/trial"
)

const queue = "test"

// waiting ends with the text of the signal it waits for.
func waiting(ctx workflow.Context) (string, error) {
	var text string
	workflow.GetSignalChannel(ctx, "go").Receive(ctx, &text)
	return text, nil
}

func dial(t *testing.T, address string) client.Client {
	t.Helper()
	connection, err := client.Dial(client.Options{HostPort: address, Namespace: engine.Namespace})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connection.Close)
	return connection
}

func TestWorkflowSurvivesARestartOfTheEngine(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cluster := trial.Cluster(t, trial.Folder(t))
	cfg := configured(t, cluster.Server())
	cfg.Log = trial.Warnings()

	began := time.Now()
	first, err := engine.Start(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("cold start %v", time.Since(began))
	before := dial(t, first.Address())
	stage := temporal.NewSearchAttributeKeyKeyword(engine.StageAttribute)
	run, err := before.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: "request/1", TaskQueue: queue,
		TypedSearchAttributes: temporal.NewSearchAttributes(stage.ValueSet("assembling")),
	}, "waiting")
	if err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	t.Logf("stop %v", time.Since(began))

	began = time.Now()
	second, err := engine.Start(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("warm start %v", time.Since(began))
	defer second.Stop()
	after := dial(t, second.Address())
	hand := worker.New(after, queue, worker.Options{})
	hand.RegisterWorkflowWithOptions(waiting, workflow.RegisterOptions{Name: "waiting"})
	if err := hand.Start(); err != nil {
		t.Fatal(err)
	}
	defer hand.Stop()
	if err := after.SignalWorkflow(ctx, run.GetID(), run.GetRunID(), "go", "after the restart"); err != nil {
		t.Fatal(err)
	}
	var text string
	if err := after.GetWorkflow(ctx, run.GetID(), run.GetRunID()).Get(ctx, &text); err != nil {
		t.Fatal(err)
	}
	if text != "after the restart" {
		t.Errorf("the workflow ended with %q", text)
	}
}

func configured(t *testing.T, server *postgres.Server) engine.Config {
	t.Helper()
	return engine.Config{
		Port:   trial.Port(t),
		Stores: engine.Stores{Main: server.URL(postgres.Temporal), Visibility: server.URL(postgres.TemporalVisibility)},
		Log:    trial.Log(),
	}
}

func TestTakenFrontendPortIsExplained(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	_, err = engine.Start(t.Context(), engine.Config{Port: port, Log: trial.Log()})
	if err == nil || !strings.Contains(err.Error(), "--temporal-port") {
		t.Errorf("the error is %v", err)
	}
}
