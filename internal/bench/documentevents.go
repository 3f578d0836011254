package main

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/bundle"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/text"
)

// reportedEvent is an event as a reader of its report records it, with names as written. Members without people or organizations are left out.
type reportedEvent struct {
	ID         string  `json:"id"`
	Lang       string  `json:"source_lang"`
	Title      string  `json:"title"`
	Date       *string `json:"date"`
	Organizers []struct {
		Name string `json:"name_as_written"`
		Kind string `json:"kind_of_role"`
	} `json:"organizers"`
	Attendees []struct {
		Name      string `json:"name_as_written"`
		Positions []struct {
			Title        *string `json:"title"`
			Organization *string `json:"organization"`
		} `json:"positions"`
	} `json:"attendees"`
	Statements []struct {
		Speaker  *string `json:"speaker_as_written"`
		Summary  string  `json:"summary"`
		Mentions struct {
			People        []string `json:"people"`
			Organizations []string `json:"organizations"`
		} `json:"mentions"`
		unresolved bool // the registry does not find the speaker
	} `json:"statements"`
}

// readEvents returns the events in the order of their dates, undated ones last.
func readEvents(path string) (events []*reportedEvent, err error) {
	err = eachLine(path, func(line []byte) error {
		e := &reportedEvent{}
		events = append(events, e)
		return json.Unmarshal(line, e)
	})
	slices.SortStableFunc(events, func(a, b *reportedEvent) int { return cmp.Compare(a.day(), b.day()) })
	return events, err
}

// day sorts as the date does.
func (e *reportedEvent) day() string {
	if e.Date == nil {
		return "undated"
	}
	return *e.Date
}

// decision is what the operator decides about a name: the record, another name in the document, or a new record.
type decision struct {
	id    int64
	name  string
	isNew bool
	first bool // whether the right candidate came first
}

// bundle returns the event as a document, with the decisions so far by type and key of the name.
func (e *reportedEvent) bundle(decided map[[2]string]decision) bundle.Input {
	in := bundle.Input{Lang: e.Lang, RoundTable: bundle.RoundTable{
		Title: text.Map{e.Lang: e.Title}, ExternalIDs: []string{"bench:" + e.ID}, DatePrecision: "unknown",
	}}
	if e.Date != nil {
		day := *e.Date + "-01"
		if d, err := date.ParseDay(day[:len("2006-01-02")]); err == nil {
			in.RoundTable.StartsOn, in.RoundTable.DatePrecision = &d, "day"
		}
	}
	organizationOf := func(name string) bundle.Organization {
		d := decided[[2]string{organization.Type, names.Key(name)}]
		o := bundle.Organization{Name: cmp.Or(d.name, name), New: d.isNew}
		if d.id > 0 {
			o.ID = &d.id
		}
		return o
	}
	personOf := func(name string) bundle.Person {
		d := decided[[2]string{person.Type, names.Key(name)}]
		p := bundle.Person{Name: cmp.Or(d.name, name), New: d.isNew}
		if d.id > 0 {
			p.ID = &d.id
		}
		return p
	}
	for _, o := range e.Organizers {
		in.Organizers = append(in.Organizers, bundle.Organizer{Organization: organizationOf(o.Name), Kind: o.Kind})
	}
	for _, a := range e.Attendees {
		attendee := bundle.Attendee{Person: new(personOf(a.Name))}
		for _, p := range a.Positions {
			f := bundle.Affiliation{}
			if p.Organization != nil {
				f.Organization = new(organizationOf(*p.Organization))
			}
			if p.Title != nil {
				f.Title = text.Map{e.Lang: *p.Title}
			}
			if f.Organization != nil || f.Title != nil {
				attendee.Affiliations = append(attendee.Affiliations, f)
			}
		}
		in.Attendees = append(in.Attendees, attendee)
	}
	for _, s := range e.Statements {
		statement := bundle.Statement{Texts: []bundle.Text{{Lang: "en", Text: s.Summary}}, Mentions: &bundle.Mentions{}}
		if s.unresolved {
			statement.Attribution = s.Speaker
		} else {
			statement.Speaker = s.Speaker
		}
		for _, name := range s.Mentions.People {
			statement.Mentions.People = append(statement.Mentions.People, personOf(name))
		}
		for _, name := range s.Mentions.Organizations {
			statement.Mentions.Organizations = append(statement.Mentions.Organizations, organizationOf(name))
		}
		in.Statements = append(in.Statements, statement)
	}
	return in
}

// drop leaves out a part that repeats another one.
func (e *reportedEvent) drop(list string, i int) {
	if list == "organizers" {
		e.Organizers = slices.Delete(e.Organizers, i, i+1)
	} else {
		e.Attendees = slices.Delete(e.Attendees, i, i+1)
	}
}

// mentionAt returns the type and the name of the person or organization at a pointer into the document.
func mentionAt(in bundle.Input, pointer string) (recordType, name string) {
	token := strings.Split(pointer, "/")
	at := func(i int) int {
		n, _ := strconv.Atoi(token[i])
		return n
	}
	switch {
	case len(token) >= 4 && token[1] == "organizers":
		return organization.Type, in.Organizers[at(2)].Organization.Name
	case len(token) == 4 && token[1] == "attendees" && token[3] == "person":
		return person.Type, in.Attendees[at(2)].Person.Name
	case len(token) >= 6 && token[1] == "attendees" && token[3] == "affiliations":
		return organization.Type, in.Attendees[at(2)].Affiliations[at(4)].Organization.Name
	case len(token) >= 6 && token[1] == "statements" && token[4] == "people":
		return person.Type, in.Statements[at(2)].Mentions.People[at(5)].Name
	case len(token) >= 6 && token[1] == "statements" && token[4] == "organizations":
		return organization.Type, in.Statements[at(2)].Mentions.Organizations[at(5)].Name
	}
	return "", ""
}
