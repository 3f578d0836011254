package match

import (
	"fmt"
	"slices"
	"testing"

	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
)

// person1 is a candidate that was found by its name with a score and works at the Senate.
func person1(score float64) candidate {
	senate := affiliatedOrganization{Ref: text.Ref{ID: 3, Name: text.Map{"en": "Senate"}}, spellings: []parsedSpelling{{"Senate", names.ParseOrganization("Senate")}}}
	return candidate{spelling.Match{ID: 1, Query: "Erlan Karin", Spelling: "Yerlan Karin", Score: score}, candidateInfo{
		name: text.Map{"en": "Yerlan Karin"}, title: text.Map{"en": "Chairman"}, affiliations: []affiliatedOrganization{senate}, externalIDs: []string{"wikidata:Q1"},
	}}
}

func TestASharedOrganizationLowersTheThresholdOfAMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		score         float64
		organizations []string
		want          string
	}{
		{names.Same, nil, "match 1"},
		{names.Same - .01, nil, "possible 1"},
		{names.Same - .01, []string{""}, "possible 1"},
		{names.SameWithContext, []string{"The Senate"}, "match 2"},
		{names.SameWithContext, []string{"National Bank", "organizations/3"}, "match 2"},
		{names.SameWithContext, []string{"organizations/4"}, "possible 2"},
		{names.SameWithContext, []string{"National Bank"}, "possible 2"},
		{names.SameWithContext - .01, []string{"Senate"}, "possible 2"},
	} {
		d := decide(People, []candidate{person1(c.score)}, source{organizations: c.organizations})[0]
		if got := fmt.Sprint(d.Band, " ", len(d.Reasons)); got != c.want {
			t.Errorf("%v with %q: %s, want %s", c.score, c.organizations, got, c.want)
		}
	}
	if reason := commonAffiliation(person1(1).affiliations, person1(1).affiliations); reason.Record != "Senate" || reason.Score != 1 {
		t.Errorf("two people of one organization: %+v", reason)
	}
}

func property(pid string, values ...string) []reconcileProperty {
	return []reconcileProperty{{PID: pid, V: values}}
}

func TestPropertiesChangeTheScoreOfACandidate(t *testing.T) {
	t.Parallel()
	institute := candidate{spelling.Match{ID: 2, Query: "KazISS", Spelling: "KazISS", Score: 1}, candidateInfo{name: text.Map{"en": "KazISS"}, country: "KZ", kind: "other"}}
	for name, c := range map[string]struct {
		recordType RecordType
		candidate  candidate
		query      ReconcileQuery
		want       string
	}{
		"the name alone":             {People, person1(1), ReconcileQuery{Query: "Erlan Karin"}, "100 match"},
		"one word":                   {People, person1(1), ReconcileQuery{Query: "Karin"}, "100"},
		"one word and organization":  {People, person1(1), ReconcileQuery{Query: "Karin", Properties: property("organization", "Senate")}, "100 match"},
		"another organization":       {People, person1(.9), ReconcileQuery{Query: "E. Karin", Properties: property("organization", "National Bank")}, "81"},
		"the external id":            {People, person1(.5), ReconcileQuery{Query: "A. Nother", Properties: property("external_id", "wikidata:q1")}, "100 match identified"},
		"another external id":        {People, person1(1), ReconcileQuery{Query: "Erlan Karin", Properties: property("external_id", "wikidata:Q2")}, "45"},
		"an id of another scheme":    {People, person1(1), ReconcileQuery{Query: "Erlan Karin", Properties: property("external_id", "orcid:1")}, "100 match"},
		"the id":                     {People, person1(.5), ReconcileQuery{Query: "people/1"}, "100 match identified"},
		"the country":                {Organizations, institute, ReconcileQuery{Query: "KazISS", Properties: property("country", "kz")}, "100 match"},
		"another country":            {Organizations, institute, ReconcileQuery{Query: "KazISS", Properties: property("country", "UZ")}, "90"},
		"a kind that is not known":   {Organizations, institute, ReconcileQuery{Query: "KazISS", Properties: property("kind", "ngo")}, "100 match"},
		"a property of another type": {People, person1(1), ReconcileQuery{Query: "Erlan Karin", Properties: property("country", "UZ")}, "100 match"},
	} {
		d := decide(c.recordType, []candidate{c.candidate}, source{organizations: c.query.values(featureOrganization)})[0]
		s := c.query.score(c.recordType, c.candidate, d, "en")
		got := fmt.Sprint(s.Score)
		if s.Match {
			got += " match"
		}
		if s.identified {
			got += " identified"
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s: %+v", name, got, c.want, s)
		}
	}
	if got := person1(1).description("en"); got != "Chairman, Senate" {
		t.Errorf("description: %q", got)
	}
}

func TestOnlyACandidateWithAMarginToTheOthersIsAMatch(t *testing.T) {
	t.Parallel()
	scored := func(score, nameScore float64, agrees, identified bool) scoredCandidate {
		return scoredCandidate{ReconcileCandidate{Score: score, Match: true}, identified, agrees, nameScore}
	}
	for name, c := range map[string]struct {
		scored []scoredCandidate
		match  bool
	}{
		"alone":                               {[]scoredCandidate{scored(95, 95, false, false)}, true},
		"a margin":                            {[]scoredCandidate{scored(90, 90, false, false), scored(95, 95, false, false)}, true},
		"no margin":                           {[]scoredCandidate{scored(95, 95, false, false), scored(90.1, 90.1, false, false)}, false},
		"a margin by a property of the other": {[]scoredCandidate{scored(95, 95, false, false), scored(86, 95, false, false)}, false},
		"a margin by an own property":         {[]scoredCandidate{scored(95, 95, true, false), scored(86, 95, false, false)}, true},
		"identified":                          {[]scoredCandidate{scored(100, 100, false, false), scored(100, 100, false, true)}, true},
		"two identified":                      {[]scoredCandidate{scored(100, 100, false, true), scored(100, 100, false, true)}, false},
	} {
		list := best(slices.Clone(c.scored), 10)
		if list[0].Match != c.match || len(list) > 1 && list[1].Match {
			t.Errorf("%s: %+v", name, list)
		}
		if short := best(c.scored, 1); len(short) != 1 || short[0].Match != c.match {
			t.Errorf("%s, one result: %+v", name, short)
		}
	}
	if list := best(nil, 10); list == nil || len(list) != 0 {
		t.Errorf("no candidate: %v", list)
	}
}
