// Package ours is traveldoc as the benchmark runs it: the API and the worker
// as processes of their own, with a mail drop and an identity provider around
// them, and a client that lives the standard life through HTTP.
package ours

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/cast"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/machine"
	"github.com/traveldoc/traveldoc/cmd/standalone/engine"
	"github.com/traveldoc/traveldoc/cmd/standalone/idp"
	"github.com/traveldoc/traveldoc/cmd/standalone/maildrop"
	"github.com/traveldoc/traveldoc/cmd/standalone/ports"
	"github.com/traveldoc/traveldoc/cmd/standalone/postgres"
	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/config"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// audience is what tokens are made for.
const audience = "traveldoc"

// Town is what traveldoc finds around it: mail, identity, migrated tables.
// Processes of traveldoc are started in it, and started again.
type Town struct {
	Postbox *Postbox
	// Reading are the options of a client that opens what is sealed in the engine.
	Reading client.Options

	machine  *machine.Machine
	settings settings
	provider *idp.Provider
	drop     *maildrop.Drop
	folder   string // of the drop
	servers  []*http.Server
	// closeReading gives the connections of Reading back.
	closeReading func()
	persons      atomic.Int64 // made up so far
}

// NewTown migrates the database and opens mail drop and identity provider.
func NewTown(ctx context.Context, on *machine.Machine, slots int) (*Town, error) {
	t := &Town{Postbox: NewPostbox(), machine: on}
	if err := t.build(ctx, slots); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func (t *Town) build(ctx context.Context, slots int) error {
	database := t.machine.Database(postgres.Traveldoc)
	masterKey := "file://" + t.machine.State.Path("master.json")
	if _, err := vault.CreateMasterFile(masterKey); err != nil {
		return err
	}
	if err := serve.Migrate(ctx, database, []string{masterKey}, serve.SystemClock{}); err != nil {
		return err
	}
	apiPort, err := ports.Free()
	if err != nil {
		return err
	}
	api := fmt.Sprintf("http://%s:%d", ports.Loopback, apiPort)
	issuer, err := t.openProvider(slots)
	if err != nil {
		return err
	}
	key, err := t.machine.State.Secret("mail-key")
	if err != nil {
		return err
	}
	mail, err := t.openDrop(key, api+"/v1/webhooks/sendgrid/events")
	if err != nil {
		return err
	}
	auditKey := t.machine.State.Path("audit.key")
	if _, err := audit.CreateKey(auditKey); err != nil {
		return err
	}
	t.settings = settings{Slots: slots, APIPort: apiPort, Config: config.Config{
		DatabaseURL: database, MasterKeys: []string{masterKey}, PublicURL: api, StopTimeout: 20 * time.Second,
		Temporal: config.Temporal{Address: t.machine.EngineAddress(), Namespace: engine.Namespace},
		Mail: config.Mail{
			BaseURL: mail, APIKey: key, From: "desk@traveldoc.example", FromName: "ERO TD desk",
			WebhookPublicKeys: []string{t.drop.PublicKey()},
		},
		Audit:     config.Audit{KeyFile: auditKey, Folder: t.machine.State.Path("audit")},
		Documents: config.DefaultDocuments(t.machine.State.Path("documents")),
		Identity:  config.Identity{Issuer: issuer, Audience: audience, ClientID: audience, Idle: time.Hour, Lifetime: time.Hour},
	}}
	world := serve.World{Config: t.settings.Config, Clock: serve.SystemClock{}, Log: slog.New(slog.DiscardHandler)}
	t.Reading, t.closeReading, err = serve.EngineOptions(ctx, world)
	return err
}

func (t *Town) openProvider(slots int) (issuer string, err error) {
	listener, address, err := listen()
	if err != nil {
		return "", err
	}
	t.provider, err = idp.New(idp.Config{
		Issuer: address, Audience: audience, KeyFile: t.machine.State.Path("identity.key"),
		Users: cast.Users(slots), Clock: time.Now,
	})
	if err != nil {
		return "", errors.Join(err, listener.Close())
	}
	t.serve(listener, t.provider.Handler())
	return address, nil
}

// memoryFolder is where Linux keeps files in memory.
const memoryFolder = "/dev/shm"

// openDrop keeps the drop's files in memory where that can be had: the mail
// provider's disk is not ours, and its flushing would slow ours down.
func (t *Town) openDrop(key, webhook string) (address string, err error) {
	parent := t.machine.State.Path()
	if info, err := os.Stat(memoryFolder); err == nil && info.IsDir() {
		parent = memoryFolder
	}
	if t.folder, err = os.MkdirTemp(parent, "traveldoc-bench-mail-"); err != nil {
		return "", fmt.Errorf("make a folder for the mail drop: %w", err)
	}
	listener, address, err := listen()
	if err != nil {
		return "", err
	}
	t.drop, err = maildrop.New(maildrop.Config{
		Dir: t.folder, PublicURL: address, APIKey: key, WebhookURL: webhook,
		SigningKey: filepath.Join(t.folder, "webhook.key"), Clock: time.Now,
	})
	if err != nil {
		return "", errors.Join(err, listener.Close())
	}
	t.serve(listener, t.Postbox.watch(t.drop.Handler()))
	return address, nil
}

func listen() (net.Listener, string, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(ports.Loopback, "0"))
	if err != nil {
		return nil, "", fmt.Errorf("listen: %w", err)
	}
	return listener, "http://" + listener.Addr().String(), nil
}

func (t *Town) serve(listener net.Listener, handler http.Handler) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	t.servers = append(t.servers, server)
	go func() { _ = server.Serve(listener) }() // ends with Close
}

// Close ends drop and provider and removes the drop's files.
func (t *Town) Close() error {
	if t.closeReading != nil {
		t.closeReading()
	}
	var errs []error
	for _, server := range t.servers {
		errs = append(errs, server.Close())
	}
	if t.drop != nil {
		errs = append(errs, t.drop.Close())
	}
	if t.folder != "" {
		errs = append(errs, os.RemoveAll(t.folder))
	}
	return errors.Join(errs...)
}
