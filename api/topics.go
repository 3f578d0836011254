package api

import (
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/topic"
)

var topics = resource[topic.Input, topic.Topic, topic.Filter]{
	Kind: history.Kind{Type: topic.Type, Table: topic.Table},
	one:  "topic", many: "topics",
	about: "The subjects that round tables and statements are filed under, as a tree.",
	sorts: []string{"label", "counts.round_tables", "counts.statements", "first_on", "last_on", "updated_at"},
	list:  topic.List, get: topic.Get, create: topic.Create, update: topic.Update,
	input: func(r *topic.Topic) *topic.Input { return &r.Input },
}
