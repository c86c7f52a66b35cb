package mail

// wording is what a kind says. In braces: the code, the date without the hour,
// the moment with it, and the days left.
type wording struct {
	subject   string
	preheader string
	first     string // begins the body and, in a bundle, is the ask
	needs     string
	ask       string
	closing   string // what happens if nobody acts
	label     string // names the kind in lists
}

// wordingOf is every word of the mails about requests, in one place.
func wordingOf(kind Kind) wording {
	const upOnDate = "If nobody sets a date, it moves up one level."
	const staysOpen = "If nobody sets a date, it stays open and counts as unanswered." // silence climbs no further
	const upOnRecord = "If nothing is recorded, it moves up one level."
	switch kind {
	case Level0:
		return wording{
			"{code}: follow up by {date}", "80% of the expected time has passed", "Contact the post and record it.",
			"{code} needs a follow-up by {moment}.", "contact the post and record it.", upOnRecord, "Level 0 of 6",
		}
	case Level1:
		return wording{
			"{code}: answer overdue, follow up by {date}", "Expected time reached", "Record a documented follow-up.",
			"{code} needs a follow-up by {moment}.", "follow up with the post, record it and set a next date.", upOnDate, "Level 1 of 6",
		}
	case Level2:
		return wording{
			"{code}: no answer, set a date by {date}", "Your date is needed", "Choose another channel.",
			"{code} needs a date by {moment}.", "choose another channel and set a next date.", upOnDate, "Level 2 of 6",
		}
	case Level3:
		return wording{
			"{code}: HQ help requested, answer by {date}", "Required step or 150% reached", "Take over contact or advise.",
			"{code} needs an answer by {moment}.", "take over contact or advise, and set a next date.", upOnDate, "Level 3 of 6",
		}
	case Level4:
		return wording{
			"{code}: raise with the post by {date}", "Field channels are used up", "Raise it and set a next date.",
			"{code} needs an answer by {moment}.", "raise it with the post and set a next date.", staysOpen, "Level 4 of 6",
		}
	case Level5:
		return wording{
			"{code}: legal decision due {date}", "Finding needed", "Record the finding.",
			"{code} needs a legal decision by {moment}.", "record the finding.",
			"The legal date stands whether or not anyone acts.", "Level 5 of 6",
		}
	case Level6:
		return wording{
			"{code}: ladder closed, decision needed", "No more reminders", "Decide the next path.",
			"{code} needs a decision.", "decide the next path.",
			"No more reminders follow; the legal dates still run.", "Level 6 of 6",
		}
	case Bounce:
		return wording{
			"{code}: mail not delivered", "Next person already told", "Correct the contact.",
			"A mail about {code} was not delivered.", "correct the contact in the directory.",
			"The next person was already told.", "Mail not delivered",
		}
	case Validity:
		return wording{
			"{code}: document ends {date}, {days}", "Use or reissue", "Choose travel or reissue.",
			"{code} has a document that ends on {date}: {days}.", "choose travel or reissue.",
			"After that day the document cannot be used.", "Document ends",
		}
	case Overdue:
		return wording{
			"{code}: next step overdue since {date}", "Our own step has outlasted its term", "Take the next step or record what holds it up.",
			"{code} should have moved on by {moment}.", "take the next step or record what holds it up.",
			"This is told once for each stage; its days go on counting.", "Step overdue",
		}
	case Custody:
		return wording{
			"{code}: legal date {date}, {days}", "Cannot be paused", "Open the legal dates.",
			"{code} has a legal date on {date}: {days}.", "open the legal dates.",
			"This date cannot be paused.", "Legal date",
		}
	case Counsel:
		return wording{
			"{code}: counsel's decision needed", "Everything waits for it", "Open the request and decide.",
			"{code} waits for a decision of counsel.", "open the request and decide.",
			"Nothing leaves until counsel has decided.", "Counsel's decision",
		}
	case BreakGlass:
		return wording{
			"{code}: opened beyond the usual reach", "A reason was given and is on record", "Look at who opened it and why.",
			"{code} was opened by somebody whose offices, countries and posts it is outside of.", "look at who opened it and why.",
			"Their sight ends within the hour.", "Opened beyond reach",
		}
	case Review:
		return wording{
			"{code}: review by counsel was due {date}, {days}", "Nothing ends by itself", "Review what stands.",
			"{code} waits for a review by counsel that was due on {date}: {days}.", "review what stands.",
			"It stands until counsel lifts it, and is told again each week.", "Review by counsel",
		}
	case Expired:
		return wording{
			"{code}: ended with {date}, look again", "Its last day has passed", "Look at what still stands.",
			"Something about {code} ended with {date}.", "look at what still stands.",
			"Nothing was sent by its end; what waits is checked again when its officer sends.", "Ended",
		}
	case Package:
		return wording{
			"{code}: a package comes to you", "From us, on the way agreed with you", "A package comes to you.",
			"A package with the reference {code} comes to you on the way agreed.", "confirm that you have it.",
			"Please name the reference when you answer.", "A package comes to you",
		}
	case Question:
		return wording{
			"{code}: a question waits for you", "From us, about what lies with you", "A question waits for you.",
			"We have a question about what came to you under the reference {code}.", "call us or write to us, and name the reference.",
			"Please name the reference when you answer.", "A question waits",
		}
	case Recall:
		return wording{
			"{code}: please send our package back", "What we sent is asked back", "Please do not use it, and send it back.",
			"What came to you under the reference {code} is asked back.", "do not use it, send it back, and confirm that you did, or that nothing came.",
			"Please name the reference when you answer.", "Package asked back",
		}
	default:
		return wording{}
	}
}

// Sentences that do not depend on the kind.
const (
	repeatMark    = "Repeat of a mail whose delivery could not be confirmed."
	linkNeutral   = "Opening the link changes nothing."
	noCaseDetails = "Do not send case details by e-mail."
)
