package custody

import (
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// The milestones of version 1.
const (
	ReviewNotice           = "review_notice"           // R0+60
	RecordsReview          = "records_review"          // R0+90
	HeadquartersAssistance = "headquarters_assistance" // R0+90
	LikelihoodFinding      = "likelihood_finding"      // R0+150
	SixMonths              = "six_months"              // R0+180
	HeadquartersCustody    = "headquarters_custody"    // three months after R0+90
	AnnualReview           = "annual_review"           // a year after the last decision
	RevocationReview       = "revocation_review"       // three months after a revocation
)

// Version1 holds the figures of the 2015 annual edition of title 8. Its results
// are pinned: a change of any figure is a new version.
func Version1() Rules {
	edition := calendar.Date{Year: 2015, Month: time.January, Day: 1}
	decisions := []Kind{CustodyDecision, HeadquartersDecision}
	return Rules{
		Version: 1,
		Period: Figure{N: 90, Unit: Days, Evidence: "V", Read: edition,
			Source: "8 CFR 241.4(g)(1)(ii); INA 241(a)(1)(A)"},
		AfterCompliance: Figure{N: 30, Unit: Days, Evidence: "M", Read: edition,
			Source: "8 CFR 241.4(g)(1)(ii): a reasonable period; the number is house policy"},
		Milestones: []MilestoneRule{
			{Name: ReviewNotice, Anchor: FromR0, Steps: []Step{{60, Days}}, Evidence: "V", Read: edition, Waits: true,
				DoneBy: []Kind{ReviewNoticeServed}, Source: "8 CFR 241.4(h)(2): about 30 days before the records review"},
			{Name: RecordsReview, Anchor: FromR0, Steps: []Step{{90, Days}}, Evidence: "V", Read: edition, Waits: true,
				DoneBy: decisions, Source: "8 CFR 241.4(h)(1), (k)(1)(i): written decision before the removal period ends"},
			{Name: HeadquartersAssistance, Anchor: FromR0, Steps: []Step{{90, Days}}, Evidence: "V", Read: edition,
				DoneBy: []Kind{AssistanceRequested}, Source: "8 CFR 241.4(g)(2): no travel document within the removal period"},
			{Name: LikelihoodFinding, Anchor: FromR0, Steps: []Step{{150, Days}}, Evidence: "D", Read: edition,
				DoneBy: []Kind{LikelihoodDetermined}, Source: "house policy: before the six months of 8 CFR 241.13(b)(2)(ii)"},
			{Name: SixMonths, Anchor: FromR0, Steps: []Step{{180, Days}}, Evidence: "V", Read: edition,
				DoneBy: []Kind{LikelihoodDetermined}, Source: "8 CFR 241.13(b)(2)(ii)"},
			{Name: HeadquartersCustody, Anchor: FromR0, Steps: []Step{{90, Days}, {3, Months}}, Evidence: "V", Read: edition, Waits: true,
				DoneBy: []Kind{CustodyTransferred, HeadquartersDecision}, Source: "8 CFR 241.4(k)(1)(ii), (k)(2)(ii)"},
			{Name: AnnualReview, Anchor: FromDecision, Steps: []Step{{12, Months}}, Evidence: "V", Read: edition, Waits: true,
				Source: "8 CFR 241.4(k)(2)(iii): about one year after the last decision"},
			{Name: RevocationReview, Anchor: FromRevocation, Steps: []Step{{3, Months}}, Evidence: "V", Read: edition, Waits: true,
				DoneBy: decisions, Source: "8 CFR 241.4(l)(3), 241.13(i): about three months after release is revoked"},
		},
	}
}
