package tdr

import "time"

// CurrentRules is the rules version that new requests are opened under. A
// published version's results never change; a run keeps the version that its
// opening named until it moves on deliberately.
const CurrentRules = 1

// rules are the answers of one published version: how events move a state,
// what a command leads to, and what happens by itself.
type rules struct {
	move   func(*State, Event)
	decide func(State, Command, Facts, time.Time) (Fact, error)
	due    func(*State) []Deadline
}

// rulesOf is the one place where a version is looked up. A second version adds
// a case with functions of its own wherever an answer differs and shares the
// others; version 1 keeps its functions for as long as a run may hold it. Runs
// cross over by an event that names the new version, appended where a run
// continues as new: each event is read by the version in force when it was
// appended, so that a history never changes its meaning.
func rulesOf(version int) (rules, bool) {
	switch version {
	case 1:
		return rules{move: (*State).move, decide: State.decide, due: (*State).due}, true
	default:
		return rules{}, false
	}
}

// RulesHeld tells whether this release can carry a request of a rules version.
// A worker that can't must leave the run alone: Due answers nothing and Decide refuses.
func RulesHeld(version int) bool {
	_, held := rulesOf(version)
	return held
}
