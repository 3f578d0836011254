package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/vocabulary"
)

// members returns the members of a struct with closed lists of values, and those of structs in it: "document_links.relation".
func members(t reflect.Type) map[string][]string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	found := map[string][]string{}
	if t.Kind() != reflect.Struct {
		return found
	}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		if enums := f.Tag.Get("enums"); enums != "" {
			found[name] = input.Enum(enums)
		}
		for below, codes := range members(f.Type) {
			found[name+"."+below] = codes
		}
	}
	return found
}

func codesIn(v vocabulary.Vocabulary) (codes []string) {
	for _, c := range v.Codes {
		codes = append(codes, c.Code)
	}
	return codes
}

func TestEveryMemberWithCodesHasAVocabularyWithExactlyThem(t *testing.T) {
	t.Parallel()
	used := map[string][]string{}
	for _, v := range vocabulary.All() {
		for _, member := range v.UsedIn {
			used[member] = codesIn(v)
		}
	}
	checked := 0
	for _, r := range append(Resources(), OtherResources()...) {
		for member, codes := range members(r.Input) {
			if r.Type == distinctions.Type && member == "type" { // one of two collections
				continue
			}
			if at := r.Type + "." + member; !slices.Equal(used[at], codes) {
				t.Errorf("%s has the codes %q, the vocabularies list %q", at, codes, used[at])
			}
			checked++
		}
	}
	if checked < 15 {
		t.Errorf("only %d members", checked)
	}
}

func TestEveryOpenListOfTheDocumentIsAVocabulary(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, v := range vocabulary.All() {
		known[strings.Join(codesIn(v), ",")] = true
	}
	technical := []string{ // what only programs read, or what has texts elsewhere: findings have messages
		"DeliveryError", "DeliveryKind", "FindingCode", "HitMatch", "ImportCollection", "ImportFormat", "ImportMatch", "ImportOnError", "KeptReason",
		"MatchFeature", "PairDecision", "PersonalDataKind", "ReconcileProperty", "RecordType", "WebhookDisabledReason",
	}
	checked := 0
	for name, s := range published().doc.Components.Schemas {
		var codes []string
		if list, ok := s.Value.Extensions["x-extensible-enum"].([]any); ok {
			for _, v := range list {
				codes = append(codes, v.(string))
			}
		}
		if codes == nil {
			continue
		}
		checked++
		if has, is := known[strings.Join(codes, ",")], slices.Contains(technical, name); has == is {
			t.Errorf("%s: a vocabulary has its codes: %v; it is technical: %v", name, has, is)
		}
	}
	if checked < 30 {
		t.Errorf("only %d lists", checked)
	}
}

func TestTheVocabulariesHaveEveryCodeInOrder(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	public := r.as(t)
	read := func(reply reply) (all Vocabularies) {
		if err := json.Unmarshal(reply.want(t, http.StatusOK).Body.Bytes(), &all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	first := public.get(t, "/v1/vocabularies?lang=kk")
	all := read(first)
	byName := map[string]vocabulary.Vocabulary{}
	for _, v := range all.Data {
		byName[v.Name] = v
	}
	if got := codesIn(byName["status"]); !slices.Equal(got, []string{"scheduled", "held", "postponed", "cancelled"}) {
		t.Errorf("status: %q", got)
	}
	if got := codesIn(byName["role"]); len(got) < 11 || got[0] != "moderator" {
		t.Errorf("roles: %q", got)
	}
	if body := first.Body.String(); !strings.Contains(body, `"label_text":"Дөңгелек үстел"`) {
		t.Errorf("no text in Kazakh: %s", body)
	}
	if body := public.get(t, "/v1/vocabularies").Body.String(); strings.Contains(body, "label_text") {
		t.Error("a requested language stays")
	}
	tag := first.Header().Get("ETag")
	public.do(t, http.MethodGet, "/v1/vocabularies?lang=kk", nil, "If-None-Match", tag).want(t, http.StatusNotModified)
	fixture.Role(t, r.pool)
	if now := read(public.do(t, http.MethodGet, "/v1/vocabularies?lang=kk", nil, "If-None-Match", tag)); len(now.Data) != len(all.Data) || len(now.Data[len(now.Data)-1].Codes) != len(byName["role"].Codes)+1 {
		t.Errorf("a new role is missing: %+v", now.Data[len(now.Data)-1])
	}
	r.as(t, actor.Read).get(t, "/v1/vocabularies?name=x").wantProblem(t, http.StatusBadRequest, "bad_parameters", "name unknown_parameter")
}
