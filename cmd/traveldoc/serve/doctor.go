package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"go.temporal.io/api/enums/v1"

	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/vault"
	"github.com/traveldoc/traveldoc/workflows"
)

// Finding is what the doctor says of one thing.
type Finding struct {
	Check string
	Err   error // nil: in order
}

// ErrUnwell says that the doctor found something.
var ErrUnwell = errors.New("something is out of order, see above")

// Doctor examines a deployment and writes what it found, a line each.
func Doctor(ctx context.Context, world World, out io.Writer) error {
	unwell := false
	for _, finding := range Examine(ctx, world) {
		if finding.Err != nil {
			unwell = true
			fmt.Fprintf(out, "FAULT  %s: %v\n", finding.Check, finding.Err)
			continue
		}
		fmt.Fprintf(out, "ok     %s\n", finding.Check)
	}
	if unwell {
		return ErrUnwell
	}
	return nil
}

// doctorPatience bounds one check; something that answers later is not in order.
const doctorPatience = 10 * time.Second

const masterKeysAreSafe = "master keys are there, for their owner alone"

// Examine checks a running deployment end to end: what it stands on, whether
// its parts answer and work, and whether anything lies undone.
func Examine(ctx context.Context, world World) []Finding {
	world.Directory, world.Config.DirectoryFile = nil, "" // looking must not change what is in force
	if _, err := vault.OpenMasters(ctx, world.Config.MasterKeys); err != nil {
		return []Finding{{masterKeysAreSafe, err}}
	}
	b, err := open(ctx, world)
	if err != nil {
		return []Finding{{"settings and database", err}}
	}
	defer b.close()
	type check struct {
		name string
		run  func(context.Context) error
	}
	checks := []check{
		{"database answers and is migrated", b.store.Ready},
		{"directory names somebody for every level", func(ctx context.Context) error { return b.directoryHealth(ctx, world) }},
		{"engine answers", engineHealth{b.engine}.Ready},
		{"workers of " + workflows.RequestQueue + " poll", func(ctx context.Context) error { return b.polled(ctx, workflows.RequestQueue) }},
		{"workers of " + workflows.MailQueue + " poll", func(ctx context.Context) error { return b.polled(ctx, workflows.MailQueue) }},
		{"upkeep runs", b.upkeepRuns},
		{"identity provider answers", func(ctx context.Context) error {
			return answers(ctx, world.Config.Identity.Issuer+"/.well-known/openid-configuration")
		}},
		{"API answers and is ready", func(ctx context.Context) error { return answers(ctx, world.Config.PublicURL+"/readyz") }},
		{"documents can be kept", func(context.Context) error { return b.folderHealth(world) }},
		{"no file lies without its row", func(ctx context.Context) error { return b.filesOwned(ctx, world) }},
		{"acts enter the audit log", func(ctx context.Context) error { return audit.Entered(ctx, b.pool) }},
		{"the audit log is only added to", func(ctx context.Context) error { return audit.AddedOnly(ctx, b.pool) }},
		{"audit entries are numbered", func(ctx context.Context) error { return b.auditAlive(ctx, world) }},
		{"no audit entry waits for its number", func(ctx context.Context) error { return b.auditNumbered(ctx, world) }},
		{"no command lies undone", b.commandsDone},
		{"no signal lies undelivered", func(ctx context.Context) error { return b.outboxDrained(ctx, world.Clock.Now()) }},
		{"no mailbox waits", b.mailboxesServed},
		{"histories have no gap", b.historiesWhole},
		{"no alarm stands", b.noAlarms},
	}
	if world.Config.Codec.URL != "" {
		checks = append(checks, check{"codec server answers", func(ctx context.Context) error { return answers(ctx, world.Config.Codec.URL+"/healthz") }})
	}
	findings := []Finding{{masterKeysAreSafe, nil}}
	for _, check := range checks {
		limited, cancel := context.WithTimeout(ctx, doctorPatience)
		findings = append(findings, Finding{check.name, check.run(limited)})
		cancel()
	}
	return findings
}

// directoryHealth asks for the addressees of every level in each field office, for each post.
func (b *backend) directoryHealth(ctx context.Context, world World) error {
	snapshot, err := b.people.Snapshot(ctx)
	if err != nil {
		return err
	}
	data := snapshot.Data()
	if len(data.Offices) == 0 || len(data.Posts) == 0 {
		return errors.New("the directory is empty: load one with traveldoc directory FILE")
	}
	for _, office := range data.Offices {
		for _, post := range data.Posts {
			if err := everyLevel(snapshot, office.Code, post, world.Clock.Now()); err != nil {
				return err
			}
		}
	}
	return nil
}

// everyLevel leaves L0 and L1 out: these are the officer of the request and that officer's supervisor.
func everyLevel(snapshot directory.Snapshot, office string, post directory.Post, now time.Time) error {
	for level := 2; level <= directory.TopLevel; level++ {
		found := snapshot.Addressees(level, directory.Case{FieldOffice: office, Country: post.Country, Post: post.ID}, now)
		if found.Nobody() {
			return fmt.Errorf("nobody is named for level %d of office %s and post %s", level, office, post.ID)
		}
	}
	return nil
}

func (b *backend) polled(ctx context.Context, queue string) error {
	described, err := b.engine.DescribeTaskQueue(ctx, queue, enums.TASK_QUEUE_TYPE_WORKFLOW)
	if err != nil {
		return err
	}
	if len(described.GetPollers()) == 0 {
		return errors.New("no worker has asked for work in the last minutes: start traveldoc worker")
	}
	return nil
}

// upkeepLate is how long ago upkeep may have run last.
const upkeepLate = 6 * workflows.ReconcileEvery

func (b *backend) upkeepRuns(ctx context.Context) error {
	last, err := workflows.LastReconcile(ctx, b.engine)
	if err != nil {
		return err
	}
	if age := time.Since(last); age > upkeepLate {
		return fmt.Errorf("the last round began %s ago", age.Round(time.Second))
	}
	return nil
}

func answers(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return errors.New("the address can't be read")
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", address, answer.Status)
	}
	return nil
}

// undoneAge is how long something may lie before it counts as undone: upkeep
// has come by several times meanwhile.
const undoneAge = time.Minute

func (b *backend) commandsDone(ctx context.Context) error {
	undone, err := b.store.UnfinishedCommands(ctx, undoneAge, 1)
	if err != nil || len(undone) == 0 {
		return err
	}
	return fmt.Errorf("command %s (%s) waits", undone[0].CommandID, undone[0].Operation)
}

func (b *backend) outboxDrained(ctx context.Context, now time.Time) error {
	waiting, err := b.store.Outbox(ctx, 1)
	if err != nil || len(waiting) == 0 || now.Sub(waiting[0].Since) < undoneAge {
		return err
	}
	return fmt.Errorf("signal %s to %s waits since %s", waiting[0].Name, waiting[0].WorkflowID, waiting[0].Since.Format(time.RFC3339))
}

func (b *backend) mailboxesServed(ctx context.Context) error {
	waiting, err := b.store.OutstandingPokes(ctx, undoneAge, 1)
	if err != nil || len(waiting) == 0 {
		return err
	}
	return fmt.Errorf("mailbox %s has something waiting and is not served", waiting[0])
}

func (b *backend) historiesWhole(ctx context.Context) error {
	gaps, err := b.store.Gaps(ctx, 1)
	if err != nil || len(gaps) == 0 {
		return err
	}
	return fmt.Errorf("event %d of request %s is not on record", gaps[0].Seq, gaps[0].RequestID)
}

// alarmsShown is how many alarms the doctor lists; there may be more.
const alarmsShown = 20

func (b *backend) noAlarms(ctx context.Context) error {
	standing, err := b.store.StandingAlarms(ctx, alarmsShown)
	if err != nil {
		return err
	}
	var alarms []error
	for _, alarm := range standing {
		about := ""
		if alarm.RequestID != "" {
			about += " request " + alarm.RequestID
		}
		if alarm.PersonID != "" {
			about += " person " + alarm.PersonID
		}
		alarms = append(alarms, fmt.Errorf("%s%s since %s", alarm.Kind, about, alarm.RaisedAt.UTC().Format(time.RFC3339)))
	}
	return errors.Join(alarms...)
}
