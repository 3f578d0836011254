// Package actor identifies the caller of a request: its API key and scopes. Package apikey checks keys.
package actor

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Scope is a permission of an API key.
type Scope string

// The scopes. Write and Publish include Read, because editing requires seeing.
const (
	Public  Scope = ""        // no key required
	Read    Scope = "read"    // drafts, internal notes, restricted people
	Write   Scope = "write"   // create, change, delete
	Publish Scope = "publish" // publish and withdraw round tables
	PII     Scope = "pii"     // contacts of people, and what the registry holds about a person
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

// All returns the scope that requires each of the scopes. Its text lists them, separated by spaces.
func All(scopes ...Scope) (all Scope) {
	for i, s := range scopes {
		if i > 0 {
			all += " "
		}
		all += s
	}
	return all
}

// Each yields the scopes that a scope of All requires, or the scope itself.
func (s Scope) Each() iter.Seq[Scope] {
	return func(yield func(Scope) bool) {
		for one := range strings.SplitSeq(string(s), " ") {
			if !yield(Scope(one)) {
				return
			}
		}
	}
}

// Can reports whether the actor has the scope or one that includes it.
func (a Actor) Can(s Scope) bool {
	for one := range s.Each() {
		includedInOther := one == Read && (slices.Contains(a.Scopes, Write) || slices.Contains(a.Scopes, Publish))
		if one != Public && !includedInOther && !slices.Contains(a.Scopes, one) {
			return false
		}
	}
	return true
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
