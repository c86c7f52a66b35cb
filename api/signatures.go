package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// notice is what a signature is given for.
type notice struct {
	personID  string
	requestID string // empty: of the person alone
	office    string // whose days count
	needed    bool   // it is a notice of failure to comply, which a person signs
	signed    tdr.Signature
}

// checkSigned: a notice is signed by a person whom the directory has on that day, no
// later than today at the office, and the signed paper, where it is named, is on record.
func (s *Server) checkSigned(ctx context.Context, snapshot directory.Snapshot, n notice, faults *fieldErrors) error {
	switch {
	case !n.needed && n.signed != (tdr.Signature{}):
		faults.add("signed", "is of a notice of failure to comply alone")
		return nil
	case !n.needed:
		return nil
	case n.signed.By == "" || n.signed.On.IsZero():
		faults.add("signed", "is missing: a person signs the notice")
		return nil
	}
	if person, known := snapshot.Person(n.signed.By); !known || !person.Valid.Contains(n.signed.On) {
		faults.add("signed.by", "is not in the directory on that day")
	}
	office, _ := snapshot.Office(n.office)
	if n.signed.On.After(LocalDate(office.Zone, s.clock.Now())) {
		faults.add("signed.on", "lies in the future")
	}
	if n.signed.Document == "" {
		return nil
	}
	stands, err := s.stands(ctx, n.signed.Document, n.personID, n.requestID)
	if err == nil && !stands {
		faults.add("signed.document_id", "names no standing document of this person or request")
	}
	return err
}

// attemptsWanted is why a notice is refused. The law asks for a notice that states the
// facts (8 CFR 241.4(g)(5)) and gives no number of days; custom has attempts about two
// weeks apart.
const attemptsWanted = "a notice of failure to comply follows two attempts, on two days that lie as far apart as the house asks for (8 CFR 241.4(g)(5))"

// checkStepSigned checks a step that is recorded on a request: its signature, and
// that what it is signed on was tried before.
func (s *Server) checkStepSigned(ctx context.Context, view RequestView, act *tdr.RecordNonCompliance) error {
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("read directory: %w", err)
	}
	var faults fieldErrors
	err = s.checkSigned(ctx, snapshot, notice{
		personID: view.PersonID, requestID: view.RequestID, office: view.FieldOffice,
		needed: act.Step == tdr.NonComplianceNotice, signed: act.Signature,
	}, &faults)
	if err := both(err, faults.problem()); err != nil || act.Step != tdr.NonComplianceNotice {
		return err
	}
	err = s.legal.Attempted(ctx, view.PersonID, view.FieldOffice, act.Signature.On)
	if errors.Is(err, ErrAttemptsMissing) {
		return fault("step", attemptsWanted)
	}
	return err
}

func signatureFrom(signed contract.Signature) tdr.Signature {
	return tdr.Signature{By: signed.By, On: signed.On, Document: signed.DocumentId}
}

func signatureOf(signed tdr.Signature) contract.Signature {
	return contract.Signature{By: signed.By, On: signed.On, DocumentId: signed.Document}
}
