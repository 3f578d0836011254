package bundle

import (
	"context"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/topic"
)

// recordType is a type of records that documents refer to by name.
type recordType[T any] struct {
	plural      string // the type in paths and in the change log
	table       string
	name        string // the column and the JSON member of the main name; its plural is the member by language
	externalIDs bool   // whether records have external ids
	attend      bool   // whether they are people, who attend events and whose names have short forms

	named    func(name string) T // a mention by the name alone
	identity func(T) identity
	byLang   func(T) text.Map // the main name by language
	find     func(ctx context.Context, db pg.DB, names []string) (map[string][]apperr.Candidate, error)
	insert   func(b *pg.Batch, id int64, lang string, x T, parent *int64, locate func(error) error)

	// check returns the errors of the resource's input. lang is the language of the plain name; "" leaves that name out.
	check func(lang string, x T) []apperr.Field

	// Only of types whose records are also matched by phonetic keys:
	queries      func(T) []string                       // the names to search for
	spellings    func(lang string, x T) []string        // all names that the record will have
	addOtherName func(to *T, other text.OtherName) bool // reports whether there was room
	affiliations func(ctx context.Context, db pg.DB, records, organizations []int64) (map[affiliation]string, error)
}

// identity is what identifies a record in the document.
type identity struct {
	id          *int64
	name        string // as the document gives it
	otherNames  []string
	aliases     []string // names that are certainly of the same record, whatever the document and the registry say
	externalIDs []string
	parent      *string // name of another record of the type
	isNew       bool    // the document states that the registry does not have it
}

// translate turns a pointer into the resource's input into one into the mention x.
func (t recordType[T]) translate(lang string, x T, pointer string) string {
	rest, isName := strings.CutPrefix(pointer, "/"+t.name)
	if !isName || rest != "" && rest[0] != '/' {
		return translate(pointer)
	}
	byLang := t.byLang(x)
	if _, given := byLang[lang]; byLang == nil || !given && rest == "/"+lang {
		return "/" + t.name
	}
	return "/" + t.name + "s" + rest
}

var people = recordType[Person]{
	plural: person.Type, table: person.Table, name: "name", externalIDs: true, attend: true,
	named: func(name string) Person { return Person{Name: name} },
	identity: func(p Person) identity {
		return identity{
			id: p.ID, name: p.Name, otherNames: namesOf(p.Names, nil, p.OtherNames), externalIDs: p.ExternalIDs, isNew: p.New,
		}
	},
	byLang: func(p Person) text.Map { return p.Names },
	find:   person.Spellings.FindEachExact,
	check: func(lang string, p Person) []apperr.Field {
		return input.Check(new(personInput(lang, p)))
	},
	insert: func(b *pg.Batch, id int64, lang string, p Person, _ *int64, locate func(error) error) {
		pg.Add(b, id, personInput(lang, p), person.Insert, locate)
	},
	queries: func(p Person) []string { return append([]string{p.Name}, namesOf(p.Names, nil, p.OtherNames)...) },
	spellings: func(lang string, p Person) []string {
		return append(spelling.Of(mainName(lang, p.Name, p.Names)), spelling.OfOthers(p.OtherNames)...)
	},
	addOtherName: func(p *Person, other text.OtherName) bool { return addOtherName(&p.OtherNames, other) },
	affiliations: affiliations,
}

func personInput(lang string, p Person) person.Input {
	return cleaned(person.Input{
		Name: mainName(lang, p.Name, p.Names), OtherNames: p.OtherNames, Honorific: p.Honorific, Bio: p.Bio,
		ExternalIDs: p.ExternalIDs, Visibility: p.Visibility, Notes: p.Notes,
	})
}

var organizations = recordType[Organization]{
	plural: organization.Type, table: organization.Table, name: "name", externalIDs: true,
	named: func(name string) Organization { return Organization{Name: name} },
	identity: func(o Organization) identity {
		return identity{
			id: o.ID, name: o.Name, otherNames: namesOf(o.Names, o.ShortName, o.OtherNames), externalIDs: o.ExternalIDs,
			parent: o.Parent, isNew: o.New,
		}
	},
	byLang: func(o Organization) text.Map { return o.Names },
	find:   organization.Spellings.FindEachExact,
	check: func(lang string, o Organization) []apperr.Field {
		return input.Check(new(organizationInput(lang, o, nil)))
	},
	insert: func(b *pg.Batch, id int64, lang string, o Organization, parent *int64, locate func(error) error) {
		pg.Add(b, id, organizationInput(lang, o, parent), organization.Insert, locate)
	},
	queries: func(o Organization) []string {
		return append([]string{o.Name}, namesOf(o.Names, nil, o.OtherNames)...)
	},
	spellings: func(lang string, o Organization) []string {
		return append(spelling.Of(mainName(lang, o.Name, o.Names), o.ShortName), spelling.OfOthers(o.OtherNames)...)
	},
	addOtherName: func(o *Organization, other text.OtherName) bool { return addOtherName(&o.OtherNames, other) },
}

func organizationInput(lang string, o Organization, parent *int64) organization.Input {
	return cleaned(organization.Input{
		Name: mainName(lang, o.Name, o.Names), ShortName: o.ShortName, OtherNames: o.OtherNames, Kind: o.Kind,
		ParentID: parent, Country: o.Country, Website: o.Website, FoundedOn: o.FoundedOn, DissolvedOn: o.DissolvedOn,
		ExternalIDs: o.ExternalIDs,
	})
}

var places = recordType[Place]{
	plural: place.Type, table: place.Table, name: "name",
	named: func(name string) Place { return Place{Name: name} },
	identity: func(p Place) identity {
		others := namesOf(p.Names, nil, p.OtherNames)
		for _, former := range p.FormerNames {
			others = append(others, namesOf(former.Name, nil, nil)...)
		}
		if p.Key != nil {
			others = append(others, *p.Key)
		}
		return identity{id: p.ID, name: p.Name, otherNames: others, aliases: place.Aliases(p.Name), parent: p.Parent}
	},
	byLang: func(p Place) text.Map { return p.Names },
	find:   place.Spellings.FindEachExact,
	check: func(lang string, p Place) []apperr.Field {
		return input.Check(new(placeInput(lang, p, nil)))
	},
	insert: func(b *pg.Batch, id int64, lang string, p Place, parent *int64, locate func(error) error) {
		pg.Add(b, id, placeInput(lang, p, parent), place.Insert, locate)
	},
}

func placeInput(lang string, p Place, parent *int64) place.Input {
	return place.Input{
		Name: mainName(lang, place.Plain(p.Name), p.Names), FormerNames: p.FormerNames, OtherNames: p.OtherNames, Country: p.Country,
		Region: p.Region, ParentID: parent, Latitude: p.Latitude, Longitude: p.Longitude,
	}
}

var topics = recordType[Topic]{
	plural: topic.Type, table: topic.Table, name: "label",
	named: func(label string) Topic { return Topic{Label: label} },
	identity: func(t Topic) identity {
		others := namesOf(t.Labels, nil, nil)
		if t.Key != nil {
			others = append(others, *t.Key)
		}
		return identity{id: t.ID, name: t.Label, otherNames: others, aliases: []string{topic.Words(t.Label)}, parent: t.Parent}
	},
	byLang: func(t Topic) text.Map { return t.Labels },
	find:   topic.ByLabels,
	check: func(lang string, t Topic) []apperr.Field {
		return input.Check(new(topicInput(lang, t, nil)))
	},
	insert: func(b *pg.Batch, id int64, lang string, t Topic, parent *int64, locate func(error) error) {
		pg.Add(b, id, topicInput(lang, t, parent), topic.Insert, locate)
	},
}

func topicInput(lang string, t Topic, parent *int64) topic.Input {
	return topic.Input{Label: mainName(lang, t.Label, t.Labels), Description: t.Description, ParentID: parent}
}

// mainName returns the names by language with the plain name among them: under lang, unless it is already given under
// another language or lang has a name. Without lang, the plain name is left out.
func mainName(lang, name string, byLang text.Map) text.Map {
	if byLang == nil && (name == "" || lang == "") {
		return nil
	}
	m := text.Map{}
	elsewhere := false
	for l, n := range byLang {
		m[l] = n
		elsewhere = elsewhere || n == name
	}
	if _, taken := m[lang]; !elsewhere && !taken && name != "" && lang != "" {
		m[lang] = name
	}
	return m
}

// namesOf returns all names except the plain one.
func namesOf(main, short text.Map, others []text.OtherName) []string {
	var all []string
	for _, m := range []text.Map{main, short} {
		for _, lang := range m.Langs() {
			all = append(all, m[lang])
		}
	}
	for _, o := range others {
		all = append(all, o.Text)
	}
	return all
}

func addOtherName(others *[]text.OtherName, other text.OtherName) bool {
	if len(*others) >= text.MaxOtherNames {
		return false
	}
	*others = append(slices.Clip(*others), other) // the list of the document must not change
	return true
}

// cleaned returns an input with its labels as codes. See input.Clean.
func cleaned[T any](in T) T {
	input.Clean(&in)
	return in
}
