package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// unaddressed is why a level could not be told.
const unaddressed = "no_addressee"

// record has everything written down that is not known to be on record, when
// something among it happened by itself: what a command brought, its caller records.
// One activity runs at a time; it is repeated until it succeeds and nothing waits for it
// but the request's end.
func (r *request) record(ctx workflow.Context, now time.Time) {
	if r.writing != nil || r.again.After(now) || !r.owes() {
		return
	}
	r.written = r.state.Seq
	r.writing = activities.RecordProgress(ctx, activities.Recording{
		RequestID: r.state.ID, Events: r.state.EventsAfter(r.recorded),
		Row: tdr.Project(r.state), Notices: tdr.Notices(r.state, r.recorded),
	})
}

// owes tells whether something is to be recorded that nobody else records. At
// the end everything is: a caller may have died before it could.
func (r *request) owes() bool {
	if r.state.Stage == tdr.Closed {
		return r.recorded < r.state.Seq
	}
	for _, event := range r.state.EventsAfter(r.recorded) {
		if event.CommandID == "" {
			return true
		}
	}
	return false
}

// finishWriting takes the answer of a recording over. A level that nobody could
// be told of is passed over at once.
func (r *request) finishWriting(ctx workflow.Context, now time.Time) {
	if !ready(r.writing) {
		return
	}
	var recorded activities.Recorded
	err := r.writing.Get(ctx, &recorded)
	r.writing = nil
	if err != nil {
		r.again = now.Add(pause)
		return
	}
	r.recorded = r.written
	for _, notice := range recorded.Unaddressed {
		fact := &tdr.LevelUnreachable{Escalation: notice.Escalation, Level: notice.Level, Cause: unaddressed}
		r.apply(tdr.Receive(r.state, fact, now))
	}
}
