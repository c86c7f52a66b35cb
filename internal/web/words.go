package web

import (
	"strings"

	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

const (
	notRecorded = "Not recorded"
	overdueWord = "Overdue" // alone, or with the day since when
)

// status is a word with its sign; the sign alone never says anything.
type status struct{ Icon, Word string }

// statusOf gives a status word its icon of the sprite.
func statusOf(word string) status {
	icons := map[string]string{
		"On time": "check_circle_outline", "Due soon": "schedule", overdueWord: "error", "On hold": "lock",
		"Waiting": "hourglass_empty", "Returned": "undo", "Bounced": "mail_outline", "Issued": "verified", "Refused": "highlight_off",
		"Done": "check_circle_outline", "Suspended": "hourglass_empty", "Acknowledged": "check_circle_outline",
		"Needs answer": "schedule", "Asked back": "undo", "Destroyed": "highlight_off", "Never arrived": "highlight_off", "Stopped": "highlight_off", "To hand over": "schedule", "To enter there": "schedule", "Under way": "hourglass_empty", "Closed": "check_circle_outline", "Owed": "error",
	}
	icon := icons[word]
	if strings.HasPrefix(word, overdueWord) {
		icon = icons[overdueWord]
	}
	return status{icon, word}
}

// plain turns a code into words: "not_a_national" is "Not a national".
func plain(code string) string {
	if code == "" {
		return notRecorded
	}
	text := strings.ReplaceAll(strings.ReplaceAll(code, "_", " "), "-", " ")
	return strings.ToUpper(text[:1]) + text[1:]
}

func worded(words map[string]string, code string) string {
	if word, ok := words[code]; ok {
		return word
	}
	return plain(code)
}

func stageWord(stage string) string {
	return worded(map[string]string{
		"opening": "Opening", string(tdr.Assembling): "Assembling the package", string(tdr.Review): "In review",
		string(tdr.Ready): "Ready to send", string(tdr.Submitted): "Submitted to the post", string(tdr.Received): "Received by the post",
		string(tdr.InformationAsked): "More information asked", string(tdr.Interview): "Interview", string(tdr.Verifying): "Nationality being verified",
		string(tdr.Issued): "Document issued", string(tdr.TravelReady): "Ready to travel", string(tdr.Refused): "Refused by the post",
		string(tdr.Closed): "Closed",
	}, stage)
}

func ownerWord(owner string) string {
	if owner == "" {
		return "Nobody: it is closed"
	}
	return worded(map[string]string{
		"consulate": "The post", "officer": "The officer", "supervisor": "The supervisor", "state_department": "Department of State",
		"headquarters": "Headquarters", "person": "The person", "court": "The court", "counsel": "Counsel",
	}, owner)
}

func triggerWord(trigger string) string {
	return worded(map[string]string{
		string(tdr.ByPercent): "part of the expected time has passed", string(tdr.ByFollowUps): "follow-ups went unanswered",
		string(tdr.ByTimescale): "expected time has passed", string(tdr.ByCustodyDay): "a day set by the custody rules was reached",
		string(tdr.ByHabeas): "a petition for habeas corpus was filed", string(tdr.ByNoAcknowledging): "the level below did not answer",
		string(tdr.ByNextDate): "the promised date passed", string(tdr.ByUnreachable): "nobody of the level below could be told",
	}, trigger)
}

// askOf is what a level of the ladder is asked to do.
func askOf(level int) string {
	asks := []string{
		"Contact the post and record it.", "Follow up with the post, record it and set a next date.",
		"Choose another channel and set a next date.", "Take over contact or advise, and set a next date.",
		"Raise it with the post and set a next date.", "Record the finding.", "Decide the next path.",
	}
	if level < 0 || level >= len(asks) {
		return plain("")
	}
	return asks[level]
}

// choice is an entry of a list to choose from.
type choice struct{ Code, Word string }

// actions are what somebody can say they will do.
func actions() []choice {
	return []choice{
		{"call_post", "Call the post"}, {"write_post", "Write to the post"}, {"visit_post", "Visit the post"},
		{"meet_post", "Meet the post's officials"}, {"other_channel", "Use another channel"}, {"send_again", "Send what is missing"},
		{"raise_with_capital", "Raise it with the capital"},
	}
}

func holdKinds() []choice {
	return []choice{
		{"stay", "Court stay of removal"}, {"withholding", "Withholding of removal"}, {"cat", "Protection under the Convention against Torture"},
		{"tps", "Temporary protected status"}, {"citizenship_claim", "Claim to US citizenship"}, {"pending_relief", "Pending application for relief"},
		{"class_injunction", "Class injunction"}, {"counsel", "Counsel's own hold"},
	}
}

func holdScopes(country string) []choice {
	return []choice{{"person", "Everything about the person"}, {"country", "Everything to " + country}, {"request", "This request"}}
}

func authorities() []choice {
	return []choice{
		{"court", "A court"}, {"counsel", "Counsel"}, {"bia", "Board of Immigration Appeals"}, {"ice", "ICE"}, {"headquarters", "Headquarters"},
	}
}

func liftReasons() []choice {
	return []choice{
		{"stay_ended", "The stay ended"}, {"relief_denied", "The application was denied"}, {"claim_resolved", "The claim was resolved"},
		{"order_superseded", "Another order took its place"}, {"placed_in_error", "It was placed in error"},
	}
}

func returnReasons() []choice {
	return []choice{
		{"missing", "Missing"}, {"illegible", "Cannot be read"}, {"wrong_person", "Not this person's"}, {"outdated", "Out of date"},
		{"must_not_leave", "Must not leave"}, {"redact", "Has to be redacted first"},
	}
}

func wordFor(choices []choice, code string) string {
	for _, each := range choices {
		if each.Code == code {
			return each.Word
		}
	}
	return plain(code)
}

func isOneOf(choices []choice, code string) bool {
	for _, each := range choices {
		if each.Code == code {
			return true
		}
	}
	return false
}

func milestoneWord(name string) string {
	return worded(map[string]string{
		custody.ReviewNotice: "Tell the person of the coming review", custody.RecordsReview: "Review of custody on the record",
		custody.HeadquartersAssistance: "Ask headquarters for help", custody.LikelihoodFinding: "Finding on the likelihood of removal",
		custody.SixMonths: "Six months after the order", custody.HeadquartersCustody: "Headquarters decides on custody",
		custody.AnnualReview: "Yearly review", custody.RevocationReview: "Review after revocation of release",
	}, name)
}

func rolesText(caller identity.Principal) string {
	var words []string
	for _, role := range caller.Roles {
		words = append(words, string(role))
	}
	return strings.Join(words, ", ")
}

const undisclosedText = "An item waits for its disclosure review, or was withheld. A package leaves only once all of it may be disclosed."

// entryFault says what to do about an entry. Rules of the API are worded for
// programs; those that a person can meet here are worded for people.
func entryFault(field, rule string) string {
	texts := map[string]string{
		"next_date":         "Choose a next date that lies ahead and is not further away than this level allows.",
		"dated":             "Enter a date that does not lie in the future.",
		"review_by":         "Enter a review date that lies ahead.",
		"source":            "Choose the source document.",
		"handed_over_at":    "Enter when it was handed over: since its release and not in the future.",
		"delivered_at":      "Enter when it was delivered: since its release and not in the future.",
		"submitted_at":      "Enter when it was entered there: since its release and not in the future.",
		"expiry.expires_on": "Enter a last day that lies ahead. Some types of hold can have none and end only when they are lifted.",
		"body":              "No consent is needed: the order names the country that is asked.",
		"kind":              "Choose what was done as the list of countries has it: for a country on it the person's wish does not count, for any other it does.",
		"notified_at":       "Enter when they were notified: since the detention and not in the future.",
		"items":             "Give a reason for each item that you return.",
		"content":           "The package has changed since you opened this page. Open the review again.",
	}
	if field == "content" && strings.Contains(rule, "disclosure") {
		return undisclosedText
	}
	if text, ok := texts[field]; ok {
		return text
	}
	return sentence(strings.ReplaceAll(field, "_", " ")+" "+rule, "")
}
