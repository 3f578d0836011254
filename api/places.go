package api

import (
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/place"
)

var places = resource[place.Input, place.Place, place.Filter]{
	Kind: history.Kind{Type: place.Type, Table: place.Table, Relearn: place.Spellings.RebuildOne},
	one:  "place", many: "places",
	about: "Where round tables were held, with former names of the places.",
	sorts: []string{"name", "counts.round_tables", "counts.statements", "first_on", "last_on", "updated_at"},
	list:  place.List, get: place.Get, create: place.Create, update: place.Update,
	input: func(r *place.Place) *place.Input { return &r.Input },
	// A new release may fold names differently, which the change log does not record.
	uncached: func(f place.Filter) bool { return f.Q != "" },
}
