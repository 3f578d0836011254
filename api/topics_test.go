package api

import (
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
)

func TestATopicTakesPartInEveryFeature(t *testing.T) {
	t.Parallel()
	lifeOf(t, newRig(t, nil), "topics", `{"label":{"en":"Water","ru":"Вода"}}`, `{"label":{"kk":"Су"},"description":{"en":"Rivers and lakes"}}`)
}

func TestATopicThatBreaksARuleIsRejectedByField(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.as(t, actor.Write).refusals(t, "/v1/topics", map[string][]string{
		`{}`:                                   {"/label required"},
		`{"label":{}}`:                         {"/label empty_text"},
		`{"label":{"en":""}}`:                  {"/label/en blank"},
		`{"label":{"en":"A"},"parent_id":0}`:   {"/parent_id too_small"},
		`{"label":{"en":"A"},"parent_id":999}`: {"/parent_id unknown_reference"},
		`{"label":{"xx-":"A"}}`:                {"/label/xx- unknown_language"},
		`{"label":{"en":"A"},"name":"A"}`:      {"/name unknown_field"},
	})
}

func TestSiblingTopicsHaveDifferentLabels(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	editor, parent := r.as(t, actor.Write), fixture.Topic(t, r.pool)
	editor.make(t, "/v1/topics", `{"label":{"en":"Water"}}`)
	editor.make(t, "/v1/topics", `{"label":{"en":"Water"},"parent_id":%d}`, parent)
	editor.post(t, "/v1/topics", `{"label":{"en":"Water"}}`).wantProblem(t, 409, "already_exists", "/label/en already_taken")
}
