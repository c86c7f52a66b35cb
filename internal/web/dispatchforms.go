package web

import (
	"errors"
	"net/http"
	"regexp"
	"time"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// dispatchStep is something that people record of what left.
type dispatchStep struct {
	path      string // of the page below the dispatch, and of the operation
	title     string
	button    string
	operation identity.Operation
	uploads   bool // it stands on a document that is kept
	due       func(contract.Dispatch) bool
	fields    []field
	body      func(e entries, at time.Time, document string) any
	faults    map[string]string // ids of the page's fields by the names of the operation's
}

// Where a moment of the form stands, and what the operation calls it.
const (
	dayField  = "on"
	timeField = "time"
)

var shipmentNumber = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9./-]{0,63}$`)

func numberField(name, label string) field {
	return field{
		Kind: textOf, Name: name, Label: label, Hint: "As printed, without spaces, such as 1Z-999-EXAMPLE.", Pattern: shipmentNumber,
		Missing: "Enter the number as printed: letters, digits, full stops, hyphens and slashes.",
	}
}

func dispatchSteps() []dispatchStep {
	sent := func(d contract.Dispatch, channel tdr.Channel) bool {
		return d.Channel == string(channel) && d.Status == contract.Sent && d.Open
	}
	return []dispatchStep{
		{
			path: "hand-over", title: "Record the hand-over to the courier", button: "Record the hand-over", operation: identity.HandOver,
			due: func(d contract.Dispatch) bool { return sent(d, tdr.ByCourier) && d.HandOver.Tracking == "" },
			fields: []field{
				{Kind: choiceOf, Name: "courier", Label: "Courier", Choices: couriers(), Missing: "Choose the courier."},
				numberField("tracking", "Tracking number"),
			},
			body: func(e entries, at time.Time, _ string) any {
				return contract.NewHandOver{Courier: e["courier"], Tracking: e["tracking"], HandedOverAt: at}
			},
			faults: map[string]string{"handed_over_at": dayField + "-month", "courier": "courier", "tracking": "tracking"},
		},
		{
			path: "delivery", title: "Attach the proof of delivery", button: "Record the delivery", operation: identity.RecordDelivery, uploads: true,
			due: func(d contract.Dispatch) bool { return d.HandOver.Tracking != "" && d.Delivery.DocumentId == "" },
			body: func(_ entries, at time.Time, document string) any {
				return contract.NewDelivery{DocumentId: document, DeliveredAt: at}
			},
			faults: map[string]string{"delivered_at": dayField + "-month", "document_id": proofField},
		},
		{
			path: "submission", title: "Record the submission number", button: "Record the number", operation: identity.RecordSubmission,
			due: func(d contract.Dispatch) bool { return sent(d, tdr.ByExternal) && d.Submission.Number == "" },
			fields: []field{
				{Kind: choiceOf, Name: "system", Label: "System", Choices: postSystems(), Missing: "Choose the system."},
				numberField("number", "Submission number"),
			},
			body: func(e entries, at time.Time, _ string) any {
				return contract.NewSubmission{System: e["system"], Number: e["number"], SubmittedAt: at}
			},
			faults: map[string]string{"submitted_at": dayField + "-month", "system": "system", "number": "number"},
		},
		{
			path: "recall-confirmation", title: "Record what became of it", button: "Record it", operation: identity.ConfirmRecall,
			due: func(d contract.Dispatch) bool { return !d.Recall.OpenedAt.IsZero() && d.Recall.ClosedAt.IsZero() },
			fields: []field{
				{Kind: choiceOf, Name: "as", Label: "What became of what was asked back", Choices: recallOutcomes(), Missing: "Choose what became of it."},
			},
			body: func(e entries, _ time.Time, _ string) any {
				return contract.RecallConfirmation{As: contract.RecallConfirmationAs(e["as"])}
			},
			faults: map[string]string{"as": "as"},
		},
	}
}

// dated tells whether the step happened at a moment that people enter.
func (s dispatchStep) dated() bool { return s.operation != identity.ConfirmRecall }

const proofField = "proof"

// mayRecord: whoever records a delivery adds its proof to the person's documents.
func (d *dossier) mayRecord(step dispatchStep) bool {
	return d.may(step.operation) && (!step.uploads || d.may(identity.UploadDocument))
}

// step is what this page records, and the dispatch that it is of.
func (v *visit) step() (*dossier, contract.Dispatch, dispatchStep, error) {
	id := v.r.PathValue("id")
	if !idForm.MatchString(id) {
		return nil, contract.Dispatch{}, dispatchStep{}, errAbsent
	}
	found, err := read[contract.Dispatch](v, "/v1/dispatches/"+id)
	if err != nil {
		return nil, found, dispatchStep{}, err
	}
	d, err := v.dossier(found.RequestId)
	if err != nil {
		return nil, found, dispatchStep{}, err
	}
	for _, step := range dispatchSteps() {
		if step.path != v.r.PathValue("step") {
			continue
		}
		if !d.mayRecord(step) {
			return nil, found, step, &refusal{status: http.StatusForbidden}
		}
		return d, found, step, nil
	}
	return nil, found, dispatchStep{}, errAbsent
}

func (d *dossier) stepForm(each contract.Dispatch, step dispatchStep) form {
	fields := step.fields
	if step.uploads {
		fields = append(fields, field{
			Kind: fileOf, Name: proofField, Label: "Proof of delivery", Hint: "PDF, JPEG or PNG. It is added to the documents of the person.", Missing: "Choose the proof.",
		})
	}
	if step.dated() {
		in := d.readTime.In(d.zone).Format("MST")
		fields = append(fields,
			field{Kind: dateOf, Name: dayField, Label: "Day", Missing: "Enter a day, such as 3 10 2026."},
			field{Kind: timeOf, Name: timeField, Label: "Time in " + in, Hint: "On the 24-hour clock, such as 14:30.", Missing: "Enter a time such as 14:30."})
	}
	return form{
		Title: step.title, Code: d.Request.Code, Heading: step.title, Back: linked{d.path() + "#dispatches", "Request " + d.Request.Code},
		Facts: append([]term{
			{"To", d.names.post(each.Post)}, {"By", channelWord(each.Channel)}, {"Released", d.moment(each.AuthorisedAt)},
		}, d.known(each)...),
		Address: "/dispatches/" + each.Id + "/" + step.path, Fields: fields, Button: step.button,
	}
}

func (s *Site) showDispatchStep(v *visit) error {
	d, each, step, err := v.step()
	if err == nil && !step.due(each) {
		err = d.leadingBack(&refusal{status: http.StatusConflict, problem: contract.Problem{Type: "/problems/not_out"}})
	}
	if err != nil {
		return err
	}
	e := blank()
	if step.dated() {
		e.setMoment(dayField, timeField, d.readTime, d.zone)
	}
	return v.ask(http.StatusOK, d.stepForm(each, step), e, nil)
}

// leadingBack has the page of a refusal lead to the request, where it says what was recorded.
func (d *dossier) leadingBack(err error) error {
	var refused *refusal
	if errors.As(err, &refused) {
		refused.back = linked{d.path() + "#dispatches", "Open request " + d.Request.Code}
	}
	return err
}

// recordDispatchStep records what a form says of a dispatch.
func (s *Site) recordDispatchStep(v *visit) error {
	d, each, step, err := v.step()
	if err != nil {
		return err
	}
	return v.decide(d.stepForm(each, step), func(e entries) ([]fault, error) {
		at, ok := e.moment(dayField, timeField, d.zone)
		if step.dated() && !ok {
			return []fault{{timeField, "There is no such time on that day."}}, nil
		}
		document := ""
		if step.uploads {
			var faults []fault
			if document, faults, err = v.keep(d, proofField, e["key"]); err != nil || len(faults) > 0 {
				return faults, err
			}
		}
		pending, err := v.act("/v1/dispatches/"+each.Id+"/"+step.path, e["key"], "", step.body(e, at.UTC(), document))
		if problemIn(err) == "number_taken" {
			return []fault{{step.fields[len(step.fields)-1].Name, "This number belongs to another dispatch. Look at it again."}}, nil
		}
		if faults := faultsOf(err, step.faults, dayField+"-month"); len(faults) > 0 || err != nil {
			return faults, d.leadingBack(err)
		}
		return nil, v.done(d.path(), "recorded", pending)
	})
}

// showBundle gives the package of a dispatch and its manifest, to be handed over or entered in the post's system.
func (s *Site) showBundle(v *visit) error {
	return v.bytes("/v1/dispatches/"+v.r.PathValue("id")+"/bundle", "attachment")
}
