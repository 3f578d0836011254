package api

import (
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/reference"
)

var organizers = resource[organizer.Input, organizer.Organizer, organizer.Filter]{
	Kind: history.Kind{Type: organizer.Type, Table: organizer.Table},
	one:  "organizer", many: "organizers",
	about: "Which organization held a round table, and how: organizer, host, partner, sponsor.",
	sorts: []string{"position", "starts_on", "updated_at"},
	list:  organizer.List, get: organizer.Get, create: organizer.Create, update: organizer.Update,
	input:  func(r *organizer.Organizer) *organizer.Input { return &r.Input },
	order:  &reference.Order{Table: organizer.Table, Column: "position"},
	placed: func(in organizer.Input) (int64, *int64) { return in.RoundTableID, in.Position },
	more:   map[Feature]Operation{Within: within(organizer.ListWithin, "position", "starts_on", "updated_at")},
	notes: map[Feature]string{
		Create: "Without `position` the organizer becomes the last one of its round table. An organization that already has this part is rejected with 409.",
	},
}
