package bundle

import (
	"context"
	"slices"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/topic"

	"github.com/jackc/pgx/v5"
)

var people = kind[Person]{
	plural: person.Type, table: person.Table, name: "name", external: true,
	identity: func(p Person) identity {
		return identity{id: p.ID, name: p.Name, others: spellings(p.Names, nil, p.OtherNames), ids: p.ExternalIDs, isNew: p.New}
	},
	sounding: func(p Person) []string { return append([]string{p.Name}, spellings(p.Names, nil, p.OtherNames)...) },
	spelled: func(lang string, p Person) []string {
		return append(spelling.Of(mainName(lang, p.Name, p.Names)), spelling.OfOthers(p.OtherNames)...)
	},
	learn:  func(p *Person, other text.OtherName) bool { return learn(&p.OtherNames, other) },
	beside: workplaces,
	find:   person.ByName,
	check: func(lang string, p Person) []apperr.Field {
		in := personInput(lang, p)
		return in.Check()
	},
	create: func(ctx context.Context, tx pgx.Tx, lang string, p Person, _ *int64) (int64, error) {
		return person.Create(ctx, tx, personInput(lang, p))
	},
}

func personInput(lang string, p Person) person.Input {
	return person.Input{
		Name: mainName(lang, p.Name, p.Names), OtherNames: p.OtherNames, Honorific: p.Honorific, Bio: p.Bio,
		ExternalIDs: p.ExternalIDs, Visibility: p.Visibility, Notes: p.Notes,
	}
}

var organizations = kind[Organization]{
	plural: organization.Type, table: organization.Table, name: "name", external: true,
	identity: func(o Organization) identity {
		return identity{id: o.ID, name: o.Name, others: spellings(o.Names, o.ShortName, o.OtherNames), ids: o.ExternalIDs, parent: o.Parent, isNew: o.New}
	},
	sounding: func(o Organization) []string {
		return append([]string{o.Name}, spellings(o.Names, nil, o.OtherNames)...)
	},
	spelled: func(lang string, o Organization) []string {
		return append(spelling.Of(mainName(lang, o.Name, o.Names), o.ShortName), spelling.OfOthers(o.OtherNames)...)
	},
	learn: func(o *Organization, other text.OtherName) bool { return learn(&o.OtherNames, other) },
	find:  organization.ByName,
	check: func(lang string, o Organization) []apperr.Field {
		in := organizationInput(lang, o, nil)
		return in.Check()
	},
	create: func(ctx context.Context, tx pgx.Tx, lang string, o Organization, parent *int64) (int64, error) {
		return organization.Create(ctx, tx, organizationInput(lang, o, parent))
	},
}

func organizationInput(lang string, o Organization, parent *int64) organization.Input {
	return organization.Input{
		Name: mainName(lang, o.Name, o.Names), ShortName: o.ShortName, OtherNames: o.OtherNames, Kind: o.Kind, ParentID: parent,
		Country: o.Country, Website: o.Website, FoundedOn: o.FoundedOn, DissolvedOn: o.DissolvedOn, ExternalIDs: o.ExternalIDs,
	}
}

var places = kind[Place]{
	plural: place.Type, table: place.Table, name: "name",
	identity: func(p Place) identity {
		others := spellings(p.Names, nil, p.OtherNames)
		for _, former := range p.FormerNames {
			others = append(others, spellings(former.Name, nil, nil)...)
		}
		return identity{id: p.ID, name: p.Name, others: others, parent: p.Parent}
	},
	find: place.ByName,
	check: func(lang string, p Place) []apperr.Field {
		in := placeInput(lang, p, nil)
		return in.Check()
	},
	create: func(ctx context.Context, tx pgx.Tx, lang string, p Place, parent *int64) (int64, error) {
		return place.Create(ctx, tx, placeInput(lang, p, parent))
	},
}

func placeInput(lang string, p Place, parent *int64) place.Input {
	return place.Input{
		Name: mainName(lang, p.Name, p.Names), FormerNames: p.FormerNames, OtherNames: p.OtherNames, Country: p.Country,
		Region: p.Region, ParentID: parent, Latitude: p.Latitude, Longitude: p.Longitude,
	}
}

var topics = kind[Topic]{
	plural: topic.Type, table: topic.Table, name: "label",
	identity: func(t Topic) identity {
		return identity{id: t.ID, name: t.Label, others: spellings(t.Labels, nil, nil), parent: t.Parent}
	},
	find: topic.ByLabel,
	check: func(lang string, t Topic) []apperr.Field {
		in := topicInput(lang, t, nil)
		return in.Check()
	},
	create: func(ctx context.Context, tx pgx.Tx, lang string, t Topic, parent *int64) (int64, error) {
		return topic.Create(ctx, tx, topicInput(lang, t, parent))
	},
}

func topicInput(lang string, t Topic, parent *int64) topic.Input {
	return topic.Input{Label: mainName(lang, t.Label, t.Labels), Description: t.Description, ParentID: parent}
}

// mainName puts the plain name of a document among its names by language: in the language of the document, unless it
// stands there under another.
func mainName(lang, name string, byLang text.Map) text.Map {
	m := text.Map{}
	elsewhere := false
	for l, n := range byLang {
		m[l] = n
		elsewhere = elsewhere || n == name
	}
	if _, taken := m[lang]; !elsewhere && !taken && name != "" {
		m[lang] = name
	}
	return m
}

// spellings gives all names that are not the plain one.
func spellings(main, short text.Map, others []text.OtherName) []string {
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

func learn(others *[]text.OtherName, other text.OtherName) bool {
	if len(*others) >= text.MaxOtherNames {
		return false
	}
	*others = append(slices.Clip(*others), other) // the list of the document stays as it is
	return true
}
