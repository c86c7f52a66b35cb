package tdr

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
)

func TestJoinedRefusalsNameEveryField(t *testing.T) {
	at, by, on := refuse(InFuture, "at", "later"), refuse(Contradicts, "by", "earlier"), refuse(Missing, "on", "never")
	person := refuse(SamePerson, "", "a second one")
	for name, each := range map[string]struct {
		got  error
		want *Refusal
	}{
		"only the first":             {joined(at, nil), &Refusal{Code: InFuture, Field: "at", Rule: "later"}},
		"only the second":            {joined(nil, by), &Refusal{Code: Contradicts, Field: "by", Rule: "earlier"}},
		"both":                       {joined(at, by), &Refusal{Code: InFuture, Field: "at", Rule: "later", Also: []Fault{{"by", "earlier"}}}},
		"all":                        {joined(at, joined(by, on)), &Refusal{Code: InFuture, Field: "at", Rule: "later", Also: []Fault{{"by", "earlier"}, {"on", "never"}}}},
		"all from the left":          {joined(joined(at, by), on), &Refusal{Code: InFuture, Field: "at", Rule: "later", Also: []Fault{{"by", "earlier"}, {"on", "never"}}}},
		"one of no field comes next": {joined(at, person), &Refusal{Code: InFuture, Field: "at", Rule: "later"}},
		"one of no field is first":   {joined(person, at), &Refusal{Code: SamePerson, Rule: "a second one"}},
	} {
		var refusal *Refusal
		if !errors.As(each.got, &refusal) || !reflect.DeepEqual(refusal, each.want) {
			t.Errorf("%s: %+v, want %+v", name, refusal, each.want)
		}
	}
	if joined(nil, nil) != nil {
		t.Error("nothing was refused")
	}
	if fmt.Sprint(at) != "in_future: at: later" {
		t.Errorf("joining changed the first refusal: %v", at)
	}
}
