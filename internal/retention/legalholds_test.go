package retention_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/retention"
)

func TestALegalHoldStandsOnceForAMatter(t *testing.T) {
	w := newWorld(t)
	ctx, id := t.Context(), w.person("Held-Example", "A100000001")
	w.request(id, "GHA", "refused")
	w.years(20)
	placing := api.LegalHoldPlacing{CommandID: uuid.NewString(), PersonID: id, Matter: "2026-EXAMPLE-1", By: "counsel1"}
	first, err := w.holds.Place(ctx, placing)
	w.must(err)
	another := placing
	another.CommandID = uuid.NewString()
	if again, err := w.holds.Place(ctx, another); err != nil || again != first {
		t.Errorf("the second for the matter is %+v, %v", again, err)
	}
	if due := w.due(); len(due) > 0 {
		t.Errorf("%v are due under a legal hold", due)
	}
	lifting := api.LegalHoldPlacing{CommandID: uuid.NewString(), PersonID: id, Matter: placing.Matter, By: "counsel2"}
	for range 2 {
		if lifted, err := w.holds.Lift(ctx, lifting); err != nil || lifted.LiftedBy != "counsel2" {
			t.Errorf("lifting: %+v, %v", lifted, err)
		}
	}
	lifting.CommandID = uuid.NewString()
	if _, err := w.holds.Lift(ctx, lifting); !errors.Is(err, api.ErrAlreadyLifted) {
		t.Errorf("another lifting: %v", err)
	}
	// A placing that is carried on late does not bring back what was lifted.
	if late, err := w.holds.Place(ctx, placing); err != nil || late.LiftedBy == "" {
		t.Errorf("placed again by the same command: %+v, %v", late, err)
	}
	if due := w.due(); len(due) != 1 {
		t.Errorf("%v are due once it is lifted", due)
	}
}

func TestPeriodsThatAreNone(t *testing.T) {
	for _, text := range []string{"", "0", "-1", "201", "x", "75, 80", "travelled=10", "75, escaped=10", "75, refused=1, refused=2", "75,,"} {
		if p, err := retention.ParsePeriods(text); err == nil {
			t.Errorf("%q is read as %+v", text, p)
		}
	}
	p, err := retention.ParsePeriods(" 75 , travelled=100,refused=30")
	if err != nil || p.Otherwise != 75 || p.Outcomes["travelled"] != 100 || p.Outcomes["refused"] != 30 {
		t.Errorf("%+v, %v", p, err)
	}
}
