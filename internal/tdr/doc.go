// Package tdr is the travel-document request: its stages, the commands people
// give, the events that follow, the escalation ladder, and what is due next.
//
// Everything here is a plain function of its arguments. Apply folds an event
// into a state and never fails; Decide holds every rule of the life cycle and
// answers with new events or a Refusal; Due lists what will happen by itself
// and when, each date with an explanation; Elapse turns passed dates into
// events. Clocks, databases, mail and the workflow engine are elsewhere, and
// so is the question whether something may leave: the gate's findings reach
// Decide as facts.
//
// Nothing in a State, Command or Event is personal: ids, codes, dates and
// hashes only. What people write is kept by the adapters under the command id.
package tdr
