package web

import (
	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// dispatchRow is what left for the post, with what was recorded of it.
type dispatchRow struct {
	Left, Channel, Status string
	Known                 []term
	Actions               []linked
}

func (d *dossier) fillDispatches(page *requestPage) error {
	list, err := read[contract.DispatchList](d.visit, "/v1/requests/"+d.Request.Id+"/dispatches")
	if err != nil {
		return err
	}
	for _, each := range list.Dispatches {
		page.Dispatches = append(page.Dispatches, d.dispatchRow(each))
	}
	return nil
}

func (d *dossier) dispatchRow(each contract.Dispatch) dispatchRow {
	row := dispatchRow{Left: d.moment(each.AuthorisedAt), Channel: channelWord(each.Channel), Status: dispatchStatus(each), Known: d.known(each)}
	for _, step := range dispatchSteps() {
		if step.due(each) && d.mayRecord(step) {
			row.Actions = append(row.Actions, linked{"/dispatches/" + each.Id + "/" + step.path, step.title})
		}
	}
	if each.Open && each.Channel != string(tdr.ByNotice) && d.may(identity.TakeOutBundle) {
		row.Actions = append(row.Actions, linked{"/dispatches/" + each.Id + "/bundle", "Take out the package and its manifest (ZIP)"})
	}
	return row
}

// known is everything that was recorded of a dispatch.
func (d *dossier) known(each contract.Dispatch) []term {
	var terms []term
	add := func(name, text string) { terms = append(terms, term{name, text}) }
	if given := each.HandOver; given.Tracking != "" {
		add("Courier", wordFor(couriers(), given.Courier))
		add("Tracking number", given.Tracking)
		add("Handed over", d.moment(given.HandedOverAt)+", by "+d.names.person(given.HandedOverBy))
	}
	if given := each.Delivery; given.DocumentId != "" {
		add("Delivered", d.moment(given.DeliveredAt)+"; the proof is on file")
	}
	if given := each.Submission; given.Number != "" {
		add("System", wordFor(postSystems(), given.System))
		add("Submission number", given.Number)
		add("Entered there", d.moment(given.SubmittedAt)+", by "+d.names.person(given.SubmittedBy))
	}
	// Of a question nothing lies with the post that could be asked back.
	if given := each.Recall; !given.OpenedAt.IsZero() && each.Kind != string(tdr.RecordContactName) {
		add("Asked back", d.moment(given.OpenedAt))
		if given.As != "" {
			add("What became of it", wordFor(recallOutcomes(), given.As)+", recorded "+d.day(given.ClosedAt)+" by "+d.names.person(given.ConfirmedBy))
		}
	}
	return terms
}

func dispatchStatus(each contract.Dispatch) string {
	switch {
	case each.Status == contract.Stopped:
		return "Stopped"
	case !each.Recall.OpenedAt.IsZero() && each.Recall.ClosedAt.IsZero():
		return "Asked back"
	case each.Recall.As != "" && each.Kind != string(tdr.RecordContactName):
		return wordFor(recalledWords(), each.Recall.As)
	case each.Status == contract.Sending:
		return "Waiting"
	case each.Channel == string(tdr.ByCourier) && each.HandOver.Tracking == "":
		return "To hand over"
	case each.Channel == string(tdr.ByExternal) && each.Submission.Number == "":
		return "To enter there"
	case each.Channel == string(tdr.ByCourier) && each.Delivery.DocumentId == "":
		return "Under way"
	default:
		return "Done"
	}
}

func channelWord(channel string) string {
	return worded(map[string]string{
		string(tdr.ByCourier): "Courier", string(tdr.ByExternal): "The post's own system", string(tdr.ByNotice): "Notice by mail",
	}, channel)
}

func couriers() []choice {
	return []choice{{"dhl", "DHL"}, {"fedex", "FedEx"}, {"ups", "UPS"}, {"usps", "US Postal Service"}, {"own_staff", "Our own staff"}, {"other", "Another courier"}}
}

func postSystems() []choice {
	return []choice{{"etd", "Electronic travel documents (eTD)"}, {"post_portal", "The post's own web portal"}, {"other", "Another system"}}
}

// recalledWords are what a recall that is over leaves of a package, as a status.
func recalledWords() []choice {
	return []choice{{"returned", "Returned"}, {"destroyed", "Destroyed"}, {"never_arrived", "Never arrived"}}
}

func recallOutcomes() []choice {
	return []choice{{"returned", "Returned to us"}, {"destroyed", "Destroyed by the post"}, {"never_arrived", "It never arrived"}}
}
