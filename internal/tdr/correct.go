package tdr

// corrections maps a corrected event's seq to its newest correction.
func corrections(log []Event) map[int64]*Corrected {
	readings := map[int64]*Corrected{}
	for _, event := range log {
		if fact, ok := event.Fact.(*Corrected); ok {
			readings[fact.Event] = fact
		}
	}
	return readings
}

// corrected is the event as the correction says it is to be read.
func corrected(event Event, reading *Corrected) Event {
	if reading == nil {
		return event
	}
	if !reading.OccurredAt.IsZero() {
		event.OccurredAt = reading.OccurredAt
	}
	switch fact := event.Fact.(type) {
	case *InformationWasAsked:
		event.Fact = correctedQuestion(*fact, reading)
	case *InterviewScheduled:
		event.Fact = correctedInterview(*fact, reading)
	case *DocumentIssued:
		event.Fact = correctedIssue(*fact, reading)
	}
	return event
}

func correctedQuestion(fact InformationWasAsked, reading *Corrected) Fact {
	if !reading.By.IsZero() {
		fact.By = reading.By
	}
	return &fact
}

func correctedInterview(fact InterviewScheduled, reading *Corrected) Fact {
	if !reading.InterviewAt.IsZero() {
		fact.At = reading.InterviewAt
	}
	return &fact
}

func correctedIssue(fact DocumentIssued, reading *Corrected) Fact {
	if !reading.ValidFrom.IsZero() {
		fact.ValidFrom = reading.ValidFrom
	}
	if !reading.ValidTo.IsZero() {
		fact.ValidTo = reading.ValidTo
	}
	return &fact
}

// correctable tells whether a fact's date may be corrected: what people
// recorded may, what the system or the gate did may not.
func correctable(fact Fact) bool {
	switch fact.(type) {
	case *ReceiptRecorded, *InformationWasAsked, *InterviewScheduled, *InterviewRecorded,
		*VerificationBegun, *DocumentIssued, *RefusalRecorded, *ContactRecorded:
		return true
	default:
		return false
	}
}
