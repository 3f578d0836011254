package sample_test

import (
	_ "embed"
	"encoding/json"
	"testing"
)

// expectedJSON was written from the source records, not from the bundles of this package.
//
//go:embed testdata/expected.json
var expectedJSON []byte

// expected is the content of the source records, with names as spelled there.
type expected struct {
	Events        []expectedEvent
	People        map[string]string // spelling -> the person it means
	Organizations map[string]string // spelling -> the organization it means
	Parents       map[string]string // organization -> the one it is a part of
}

type expectedEvent struct {
	ID, Title, URL, Publisher string
	Date, End, City, Country  *string
	Organizers                [][2]string // kind, name
	Attendees                 []expectedAttendee
	Groups                    []expectedGroup
	Statements                []expectedStatement
	Proposals                 [][2]*string // by, text
	Documents                 [][2]string  // title, kind
	Notes                     []string
}

type expectedAttendee struct {
	Name      string
	Roles     []string
	Positions [][2]*string // title, organization
}

type expectedGroup struct {
	Description string
	Size        *int
}

type expectedStatement struct {
	Speaker, Collective                      *string
	Kind, Act, Text                          string
	Topics                                   []string
	People, Organizations, Places, Documents []string
}

func readExpected(t *testing.T) expected {
	t.Helper()
	var e expected
	if err := json.Unmarshal(expectedJSON, &e); err != nil {
		t.Fatal(err)
	}
	return e
}
