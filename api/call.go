package api

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

type contextKey int

const (
	callKey contextKey = iota
	entryKey
)

// call is what is known of a call besides its decoded body.
type call struct {
	principal identity.Principal
	method    string
	path      string
	body      []byte // as it came
}

func callOf(ctx context.Context) call {
	found, _ := ctx.Value(callKey).(call)
	return found
}

func principalOf(ctx context.Context) identity.Principal { return callOf(ctx).principal }

// fingerprint tells one call from another under the same key.
func (c call) fingerprint() []byte {
	hash := sha256.New()
	for _, part := range [][]byte{[]byte(c.method), []byte(c.path), []byte(c.principal.Subject), c.body} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		hash.Write(length[:])
		hash.Write(part)
	}
	return hash.Sum(nil)
}

// as is the caller in one role alone.
func as(caller identity.Principal, role identity.Role) identity.Principal {
	caller.Roles = []identity.Role{role}
	return caller
}

// ActorFor is the caller with the roles through which they see the subject: an
// officer of one office is no officer of another's cases.
func ActorFor(caller identity.Principal, subject identity.Subject) tdr.Actor {
	actor := tdr.Actor{ID: caller.Subject, Roles: []tdr.Role{}}
	for _, role := range caller.Roles {
		if identity.Sees(as(caller, role), subject) {
			actor.Roles = append(actor.Roles, tdr.Role(role))
		}
	}
	return actor
}

// sightOf says in a list's terms what Policy.Allows says of one subject.
func sightOf(policy identity.Policy, caller identity.Principal, operation identity.Operation) Sight {
	var sight Sight
	for _, role := range caller.Roles {
		if !policy.May(as(caller, role), operation) {
			continue
		}
		switch role {
		case identity.Officer:
			sight.Officer = caller.Subject
			sight.Offices = append(sight.Offices, caller.Offices...)
		case identity.Supervisor:
			sight.Offices = append(sight.Offices, caller.Offices...)
		case identity.Liaison, identity.State:
			sight.Countries = append(sight.Countries, caller.Countries...)
			sight.Posts = append(sight.Posts, caller.Posts...)
		case identity.Counsel, identity.Manager, identity.Auditor, identity.Service:
			sight.Offices = append(sight.Offices, caller.Offices...)
			sight.Countries = append(sight.Countries, caller.Countries...)
			sight.Posts = append(sight.Posts, caller.Posts...)
		}
	}
	for _, list := range [][]string{sight.Offices, sight.Countries, sight.Posts} {
		sight.Everything = sight.Everything || slices.Contains(list, identity.All)
	}
	return sight
}
