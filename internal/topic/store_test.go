package topic_test

import (
	"testing"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/topic"
)

func TestEveryFilterRuns(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	wide := fixture.Topic(t, db, func(in *topic.Input) { in.Label = text.Map{"ru": "Национальная политика"} })
	for range 4 {
		fixture.Topic(t, db, func(in *topic.Input) { in.ParentID = &wide })
	}
	fixture.EveryFilter(t, db, topic.List,
		func(f *topic.Filter) { f.Parent = []int64{wide} },
		func(f *topic.Filter) { f.Q = "нац" })
}
