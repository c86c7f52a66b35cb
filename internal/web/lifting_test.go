package web_test

import (
	"testing"
	"time"
)

// A lifting says what comes back and what stays, request by request.
func TestLiftingTellsWhatCameBackAndWhatStaysHeld(t *testing.T) {
	w := newWorld(t)
	r := w.sent()
	first, second := w.held(r, "stay"), w.held(r, "counsel")
	w.clock.set(w.clock.Now().Add(time.Minute))
	w.call("officer1", "POST", "/v1/dispatches/"+w.dispatch(r)+"/recall-confirmation", fields{"as": "returned"})
	counsel := w.as("counsel1")
	counsel.get("/holds/"+second+"/lift").wants(t, 200, "Not yet: another hold stands")
	counsel.get("/holds/"+first+"/lift").wants(t, 200, "Not yet: another hold stands", "1 package came back: reviewed and sent anew")
}
