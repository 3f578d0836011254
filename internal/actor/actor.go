// Package actor says who asks: the key behind a request and what it may do. It is not for checking keys (see apikey).
package actor

import (
	"context"
	"slices"
	"strconv"
)

// Scope is a right that an API key can carry.
type Scope string

// The scopes. Write and publish include read: nobody can correct what they cannot see.
const (
	Public  Scope = ""        // nobody needs a key for it
	Read    Scope = "read"    // drafts, internal notes, restricted people
	Write   Scope = "write"   // create, change, delete
	Publish Scope = "publish" // publish and withdraw round tables
	PII     Scope = "pii"     // contacts of people
	Admin   Scope = "admin"   // keys and audit
)

// Scopes are all scopes a key can carry, in the order they are documented.
var Scopes = []Scope{Read, Write, Publish, PII, Admin}

// Actor is who makes a request. The zero Actor is anonymous.
type Actor struct {
	KeyID  int64 // 0: anonymous
	Name   string
	Scopes []Scope
}

// System is the actor of the service's own work, such as loading the sample.
func System(name string) Actor { return Actor{Name: "system:" + name, Scopes: Scopes} }

// Anonymous reports whether no key was given.
func (a Actor) Anonymous() bool { return a.KeyID == 0 && a.Name == "" }

// Can reports whether the actor holds the scope or one that includes it.
func (a Actor) Can(s Scope) bool {
	if s == Public || slices.Contains(a.Scopes, s) {
		return true
	}
	return s == Read && (slices.Contains(a.Scopes, Write) || slices.Contains(a.Scopes, Publish))
}

// SeesOnlyPublished reports whether drafts, notes and restricted names must be kept from the actor.
func (a Actor) SeesOnlyPublished() bool { return !a.Can(Read) }

// String is how the actor stands in the change log and in log lines: "anonymous", "key:7" or "system:seed".
func (a Actor) String() string {
	switch {
	case a.KeyID != 0:
		return "key:" + strconv.FormatInt(a.KeyID, 10)
	case a.Name != "":
		return a.Name
	}
	return "anonymous"
}

type contextKey struct{}

// With puts the actor into the context.
func With(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, contextKey{}, a)
}

// From gives the actor of the context; without one, the anonymous actor.
func From(ctx context.Context) Actor {
	a, _ := ctx.Value(contextKey{}).(Actor)
	return a
}
