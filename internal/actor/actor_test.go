package actor

import (
	"context"
	"testing"
)

func TestWriteAndPublishIncludeRead(t *testing.T) {
	for _, c := range []struct {
		scopes []Scope
		can    []Scope
	}{
		{nil, []Scope{Public}},
		{[]Scope{Read}, []Scope{Public, Read}},
		{[]Scope{Write}, []Scope{Public, Read, Write}},
		{[]Scope{Publish}, []Scope{Public, Read, Publish}},
		{[]Scope{PII}, []Scope{Public, PII}},
		{[]Scope{Admin}, []Scope{Public, Admin}},
		{Scopes, append([]Scope{Public}, Scopes...)},
	} {
		a := Actor{KeyID: 1, Scopes: c.scopes}
		can := map[Scope]bool{}
		for _, s := range c.can {
			can[s] = true
		}
		for _, s := range append([]Scope{Public}, Scopes...) {
			if a.Can(s) != can[s] {
				t.Errorf("%v can %q: %v", c.scopes, s, !can[s])
			}
		}
		if a.SeesOnlyPublished() == can[Read] {
			t.Errorf("%v sees only published data: %v", c.scopes, can[Read])
		}
	}
}

func TestAnActorIsNamedByItsKeyOrTask(t *testing.T) {
	for want, a := range map[string]Actor{
		"anonymous":   {},
		"key:7":       {KeyID: 7, Name: "Dashboard of Anna", Scopes: []Scope{Read}},
		"system:seed": System("seed"),
	} {
		if a.String() != want || a.Anonymous() != (want == "anonymous") {
			t.Errorf("%+v is %q, anonymous %v", a, a, a.Anonymous())
		}
	}
	if !System("seed").Can(Admin) || !System("seed").Can(PII) {
		t.Error("a system actor lacks a scope")
	}
}

func TestAContextCarriesItsActor(t *testing.T) {
	if !From(context.Background()).Anonymous() {
		t.Error("a context without an actor does not return the anonymous actor")
	}
	outer := With(context.Background(), System("seed"))
	if inner := With(outer, Actor{KeyID: 2}); From(inner).KeyID != 2 || From(outer).String() != "system:seed" {
		t.Errorf("%v within %v", From(inner), From(outer))
	}
}
