package tdr

import "slices"

// Stage is where a request stands.
type Stage string

// The stages, in the order of an undisturbed life.
const (
	Assembling       Stage = "assembling"        // the officer gathers the package
	Review           Stage = "review"            // a supervisor reviews what would leave
	Ready            Stage = "ready"             // approved, not yet sent
	Submitted        Stage = "submitted"         // sent, the post has not confirmed receipt
	Received         Stage = "received"          // the post confirmed receipt
	InformationAsked Stage = "information_asked" // the post wants more from us
	Interview        Stage = "interview"         // the post wants to see the person
	Verifying        Stage = "verifying"         // the foreign capital verifies nationality
	Issued           Stage = "issued"            // a document exists, not yet authenticated
	TravelReady      Stage = "travel_ready"      // authenticated and valid
	Refused          Stage = "refused"           // the post said no
	Closed           Stage = "closed"            // ended, see Outcome
)

// Stages lists every stage in the order of an undisturbed life.
func Stages() []Stage {
	return []Stage{
		Assembling, Review, Ready, Submitted, Received, InformationAsked,
		Interview, Verifying, Issued, TravelReady, Refused, Closed,
	}
}

// withPost are the stages in which the package lies with the foreign post.
func withPost() []Stage {
	return []Stage{Submitted, Received, InformationAsked, Interview, Verifying}
}

// Open tells whether the request still lives.
func (s Stage) Open() bool { return s != Closed && s != "" }

// HasDocument tells whether a travel document is in hand.
func (s Stage) HasDocument() bool { return s == Issued || s == TravelReady }

func (s Stage) in(set []Stage) bool { return slices.Contains(set, s) }

// Owner is who must act for an interval to end; managers read waiting days by it.
type Owner string

// The owners of intervals.
const (
	OfficerOwner    Owner = "officer"
	SupervisorOwner Owner = "supervisor"
	CounselOwner    Owner = "counsel"
	HeadquartersOwn Owner = "headquarters"
	ConsulateOwner  Owner = "consulate"
	StateOwner      Owner = "state_department"
	CourtOwner      Owner = "court"
	PersonOwner     Owner = "person"
)

// Owners lists every owner an interval can have.
func Owners() []Owner {
	return []Owner{
		OfficerOwner, SupervisorOwner, CounselOwner, HeadquartersOwn,
		ConsulateOwner, StateOwner, CourtOwner, PersonOwner,
	}
}

// Owner of the stage; a closed request has none.
func (s Stage) Owner() Owner {
	switch s {
	case Review:
		return SupervisorOwner
	case Submitted, Received, Interview, Verifying:
		return ConsulateOwner
	case Closed, "":
		return ""
	default:
		return OfficerOwner
	}
}

// Outcome is how a request closed.
type Outcome string

// The outcomes. In statistics the others compete with issue; none is censoring.
const (
	OutcomeTravelled     Outcome = "travelled"
	OutcomeIssuedUnused  Outcome = "issued_unused"
	OutcomeRefused       Outcome = "refused"
	OutcomeNotANational  Outcome = "not_a_national"
	OutcomeWithdrawn     Outcome = "withdrawn"
	OutcomeReliefGranted Outcome = "relief_granted"
	OutcomeReleased      Outcome = "released"
	OutcomeOther         Outcome = "other"
)

// Outcomes lists every outcome.
func Outcomes() []Outcome {
	return []Outcome{
		OutcomeTravelled, OutcomeIssuedUnused, OutcomeRefused, OutcomeNotANational,
		OutcomeWithdrawn, OutcomeReliefGranted, OutcomeReleased, OutcomeOther,
	}
}
