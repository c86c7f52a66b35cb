package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"

	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
)

// Rule 4: by what the engine's lists can be searched is the stage of a request
// alone, also while a hold stands and after.
func TestRule04_NoSearchAttributeTellsOfAHold(t *testing.T) {
	check := func(when string, attributes temporal.SearchAttributes) {
		stage, found := attributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(workflows.StageAttribute))
		if !found || attributes.Size() != 1 || !slices.Contains(tdr.Stages(), tdr.Stage(stage)) {
			t.Errorf("rule 4: %s it can be searched for %v", when, attributes.GetUntypedValues())
		}
	}
	engine := mocks.NewClient(t)
	options := mock.MatchedBy(func(options client.StartWorkflowOptions) bool {
		check("when it starts", options.TypedSearchAttributes)
		return len(options.Memo) == 0
	})
	engine.On("ExecuteWorkflow", mock.Anything, options, workflows.RequestType, mock.Anything).Return(nil, nil)
	if err := workflows.NewClient(engine).StartRequest(t.Context(), requestID, opened(began, nil)); err != nil {
		t.Fatal(err)
	}

	s := newStage(t, began)
	upserts := 0
	s.env.OnUpsertTypedSearchAttributes(mock.MatchedBy(func(attributes temporal.SearchAttributes) bool {
		check("while it runs", attributes)
		upserts++
		return true
	})).Return(nil)
	s.submit()
	s.at(time.Hour, func() { s.env.SignalWorkflow(workflows.HoldChangedSignal, tdr.HoldChanged{Hold: "h", Stops: true}) })
	s.act(day, "withdraw", tdr.WithdrawName)
	s.run(opened(began, nil))
	if upserts < 4 {
		t.Errorf("a life of six stages told %d", upserts)
	}
}
