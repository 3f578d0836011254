// Package actor identifies the caller of a request: its API key and scopes. Package apikey checks keys.
package actor

import (
	"context"
	"slices"
	"strconv"
)

// Scope is a permission of an API key.
type Scope string

// The scopes. Write and Publish include Read, because editing requires seeing.
const (
	Public  Scope = ""        // no key required
	Read    Scope = "read"    // drafts, internal notes, restricted people
	Write   Scope = "write"   // create, change, delete
	Publish Scope = "publish" // publish and withdraw round tables
	PII     Scope = "pii"     // contacts of people
	Admin   Scope = "admin"   // keys and audit
)

// Scopes lists all scopes of keys, in the order of the documentation.
var Scopes = []Scope{Read, Write, Publish, PII, Admin}

// Actor is the caller of a request. The zero Actor is anonymous.
type Actor struct {
	KeyID  int64 // 0: anonymous
	Name   string
	Scopes []Scope
}

// System returns the actor of work that the service does itself, such as loading the sample. It has all scopes.
func System(name string) Actor { return Actor{Name: "system:" + name, Scopes: Scopes} }

// Anonymous reports whether no key was given.
func (a Actor) Anonymous() bool { return a.KeyID == 0 && a.Name == "" }

// Can reports whether the actor has the scope or one that includes it.
func (a Actor) Can(s Scope) bool {
	if s == Public || slices.Contains(a.Scopes, s) {
		return true
	}
	return s == Read && (slices.Contains(a.Scopes, Write) || slices.Contains(a.Scopes, Publish))
}

// SeesOnlyPublished reports whether the actor must not see drafts, internal notes and restricted names.
func (a Actor) SeesOnlyPublished() bool { return !a.Can(Read) }

// String returns the actor as written in the change log and in log lines: "anonymous", "key:7" or "system:seed".
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

// With returns a context with the actor.
func With(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, contextKey{}, a)
}

// From returns the actor of the context, or the anonymous actor if there is none.
func From(ctx context.Context) Actor {
	a, _ := ctx.Value(contextKey{}).(Actor)
	return a
}

// PerView makes a value for the public and one for callers who see everything. The function that it returns picks one
// by the actor of the context.
func PerView[T any](build func(public bool) T) func(context.Context) T {
	public, full := build(true), build(false)
	return func(ctx context.Context) T {
		if From(ctx).SeesOnlyPublished() {
			return public
		}
		return full
	}
}
