package site

import (
	"cmp"
	"slices"
	"strings"
)

// meeting is another event at which people of an event met.
type meeting struct {
	eventReference
	People int
}

const (
	maxMeetings = 8
	maxAsked    = 200 // ids in one filter of the API

	// The attendances of those who took part, and of the others.
	tookPart    = "attended,online"
	notTookPart = "invited,confirmed,absent"
)

// mentioned returns the records that the statements of an event name, each once.
func (v *view) mentioned(said []statementRecord) (all []download, err error) {
	for _, of := range []struct {
		collection, member string
		ids                func(statementRecord) []int64
	}{
		{"people", "name", func(s statementRecord) []int64 { return s.Mentions.People }},
		{"organizations", "name", func(s statementRecord) []int64 { return s.Mentions.Organizations }},
		{"places", "name", func(s statementRecord) []int64 { return s.Mentions.Places }},
		{"documents", "title", func(s statementRecord) []int64 { return s.Mentions.Documents }},
	} {
		var ids []string
		for _, s := range said {
			for _, id := range of.ids(s) {
				if !slices.Contains(ids, itoa(id)) && len(ids) < maxAsked {
					ids = append(ids, itoa(id))
				}
			}
		}
		if len(ids) == 0 {
			continue
		}
		found, err := get[list[mentionedRecord]](v, "/v1/"+of.collection+"?limit=200&fields=id,"+of.member+"&id="+strings.Join(ids, ","))
		if err != nil {
			return nil, err
		}
		for _, r := range found.Data {
			name := v.in(r.Name)
			if of.member == "title" {
				name = v.in(r.Title)
			}
			all = append(all, download{name, v.hitPage(hit{Type: of.collection, ID: r.ID})})
		}
	}
	return all, nil
}

// metAgain returns the newest other events in which at least two of the people of an event took part, those with most of them first.
func (v *view) metAgain(id int64, attendees []attendeeRecord) ([]meeting, error) {
	var people []string
	for _, a := range attendees {
		if a.Person != nil && len(people) < maxAsked && !slices.Contains(people, itoa(a.Person.ID)) {
			people = append(people, itoa(a.Person.ID))
		}
	}
	if len(people) < 2 {
		return nil, nil
	}
	found, err := get[list[attendeeRecord]](v, "/v1/attendees?limit=500&sort=-starts_on&fields=id,round_table&attendance="+tookPart+
		"&person="+strings.Join(people, ","))
	if err != nil {
		return nil, err
	}
	incomplete := func(eventReference) bool { return false }
	if found.Page.Next != nil && len(found.Data) > 0 { // the next page may have more people of the last day, or of the undated events, which come last
		last := value(found.Data[len(found.Data)-1].RoundTable.StartsOn)
		incomplete = func(e eventReference) bool { return value(e.StartsOn) <= last }
	}
	var met []meeting
	for _, a := range found.Data {
		if a.RoundTable.ID == id || incomplete(a.RoundTable) {
			continue
		}
		i := slices.IndexFunc(met, func(m meeting) bool { return m.ID == a.RoundTable.ID })
		if i < 0 {
			i = len(met)
			met = append(met, meeting{eventReference: a.RoundTable})
		}
		met[i].People++
	}
	met = slices.DeleteFunc(met, func(m meeting) bool { return m.People < 2 })
	slices.SortStableFunc(met, func(a, b meeting) int { return cmp.Compare(b.People, a.People) })
	return met[:min(len(met), maxMeetings)], nil
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// shareOf is how many records have something, with the request that counts them.
type shareOf struct {
	Name, Request string
	Part, Whole   int64
	Width         string
}

// quality counts how complete the data is.
func (v *view) quality() (all []shareOf, err error) {
	for _, q := range []struct {
		key, all, request string
		aggregate         bool // the request is one whose meta counts the records that lack something
	}{
		{"quality_day", "/v1/round-tables?count=exact&limit=1", "/v1/round-tables?count=exact&date_precision=day&limit=1", false},
		{"quality_place", "", ofEvents + "place&limit=1", true},
		{"quality_topic", "", ofEvents + "topic&limit=1", true},
		{"quality_statements", "/v1/round-tables?count=exact&limit=1", "/v1/round-tables?count=exact&has_statements=true&limit=1", false},
		{"quality_resolved", "/v1/attendees?count=exact&limit=1", "/v1/attendees?count=exact&limit=1&resolved=true", false},
		{"quality_speaker", "", ofStatements + "person&limit=1", true},
		{"quality_said_topic", "", ofStatements + "topic&limit=1", true},
		{"quality_addressee", "", ofRecommendations + "addressee&limit=1", true},
	} {
		s := shareOf{Name: v.text(q.key), Request: v.site.root + q.request}
		if q.aggregate {
			a, err := get[aggregate](v, q.request)
			if err != nil {
				return nil, err
			}
			s.Whole = a.Meta.Total
			if a.Meta.Overlapping {
				s.Whole = a.Meta.Distinct
			}
			s.Part = s.Whole - a.Meta.Missing
		} else {
			for target, count := range map[string]*int64{q.all: &s.Whole, q.request: &s.Part} {
				l, err := get[list[reference]](v, target)
				if err != nil {
					return nil, err
				}
				if l.Meta.Total != nil {
					*count = *l.Meta.Total
				}
			}
		}
		s.Width = percent(s.Part, s.Whole)
		all = append(all, s)
	}
	return all, nil
}
