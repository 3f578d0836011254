package main

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	"roundtables.kz/registry/internal/names"
)

// table holds the rows of a table for COPY, in a fixed order of columns.
type table struct {
	name    string
	columns []string
	rows    iter.Seq[[]any]
}

// began is the time of the first record. Each further record is a second later, so that sorting by updated_at is realistic.
var began = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

func stamp(id int) time.Time { return began.Add(time.Duration(id) * time.Second) }

// numbered returns one row for each id from 1 to n.
func numbered(n int, row func(id int) []any) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for id := 1; id <= n; id++ {
			if !yield(row(id)) {
				return
			}
		}
	}
}

// parts returns any number of rows for each id from 1 to n.
func parts(n int, each func(id int, add func(...any))) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		going := true
		for id := 1; id <= n && going; id++ {
			each(id, func(values ...any) { going = going && yield(values) })
		}
	}
}

func personName(id int) langMap {
	r := stream(ofPerson, id)
	given, family := givenNames[r.IntN(len(givenNames))], familyNames[r.IntN(len(familyNames))]
	ru := fmt.Sprintf("%s %s %d", given, family, id) // the number makes names unique
	m := langMap{"ru": ru}
	if chance(r, 60) {
		m["en"] = letters.Replace(ru)
	}
	if chance(r, 40) {
		m["kk"] = ru
	}
	return m
}

func organizationName(id int) langMap {
	r := stream(ofOrganization, id)
	m := langMap{"ru": "Институт " + sentence(r, "ru", 3) + fmt.Sprintf(" №%d", id)}
	if chance(r, 60) {
		m["en"] = "Institute for " + sentence(r, "en", 3) + fmt.Sprintf(" No. %d", id)
	}
	if chance(r, 40) {
		m["kk"] = sentence(r, "kk", 3) + fmt.Sprintf(" институты №%d", id)
	}
	return m
}

// employer returns the employer of a person, always the same. Medium employers have midStaff people each at both scales. A
// tenth of all others work for organization 1, the rest anywhere, more often for organizations with low ids.
func (s scale) employer(person int) int {
	if every := s.People / (midEmployers * midStaff); person%every == 0 && person/every <= midEmployers*midStaff {
		return firstMid + person/every%midEmployers
	}
	r := stream(ofPerson, -person)
	if chance(r, 10) {
		return 1
	}
	first := firstMid + midEmployers
	u := r.Float64()
	return first + int(u*u*float64(s.Organizations-first))
}

func (s scale) peopleTables() []table {
	namesOf := func(name string, n int, column string, of func(int) langMap) table {
		return table{name, []string{column, "key", "spelling", "sound"}, parts(n, func(id int, add func(...any)) {
			name, seen := of(id), map[string]bool{"": true}
			for _, lang := range []string{"ru", "en", "kk"} {
				if key := names.Key(name[lang]); !seen[key] {
					add(id, key, name[lang], names.Parse(name[lang]).PhoneticKey())
					seen[key] = true
				}
			}
		})}
	}
	return []table{
		{"topics", []string{"id", "label", "parent_id", "created_at", "updated_at"}, numbered(topics, func(id int) []any {
			var parent any
			if id > 12 {
				parent = (id-13)%12 + 1
			}
			r := stream(ofDocument, -id)
			label := langMap{"ru": fmt.Sprintf("%s %d", sentence(r, "ru", 2), id), "en": fmt.Sprintf("%s %d", sentence(r, "en", 2), id)}
			return []any{id, jsonb(label), parent, stamp(id), stamp(id)}
		})},
		{"places", []string{"id", "name", "country", "region", "created_at", "updated_at"}, numbered(places, func(id int) []any {
			return []any{id, jsonb(placeName(id)), pick(rand.New(rand.NewPCG(seed, uint64(id))), "KZ", "UZ", "KG"), "Алматы", stamp(id), stamp(id)}
		})},
		namesOf("place_names", places, "place_id", placeName),
		{"organizations", []string{"id", "name", "kind", "parent_id", "country", "website", "created_at", "updated_at"}, numbered(s.Organizations, s.organization)},
		namesOf("organization_names", s.Organizations, "organization_id", organizationName),
		{"people", []string{"id", "name", "visibility", "notes", "created_at", "updated_at"}, numbered(s.People, func(id int) []any {
			r := stream(ofPerson, id)
			visibility, notes := "public", any(nil)
			if chance(r, 1) {
				visibility = "restricted"
			}
			if chance(r, 5) {
				notes = sentence(r, "ru", 6)
			}
			return []any{id, jsonb(personName(id)), visibility, notes, stamp(id), stamp(id)}
		})},
		namesOf("person_names", s.People, "person_id", personName),
		{"affiliations", []string{"id", "person_id", "organization_id", "title", "held_from", "held_to", "is_primary", "created_at", "updated_at"},
			numbered(s.People, func(id int) []any {
				r := stream(ofPerson, id+1<<40)
				from, to := fmt.Sprint(1995+r.IntN(25)), any(nil)
				if chance(r, 20) {
					to = "2024-06"
				}
				return []any{id, id, s.employer(id), jsonb(textOf(r, 2)), from, to, true, stamp(id), stamp(id)}
			})},
	}
}

func placeName(id int) langMap {
	r := stream(ofDocument, -1000-id)
	city := sentence(r, "ru", 1)
	return langMap{"ru": fmt.Sprintf("Город %s %d", city, id), "en": fmt.Sprintf("City of %s %d", letters.Replace(city), id)}
}

func (s scale) organization(id int) []any {
	r := stream(ofOrganization, -id)
	var parent, country, website any
	if id > 100 && chance(r, 20) {
		parent = 1 + r.IntN(100)
	}
	if chance(r, 80) {
		country = pick(r, "KZ", "UZ", "DE", "US")
	}
	if chance(r, 50) {
		website = fmt.Sprintf("https://organization-%d.example.org", id)
	}
	kind := pick(r, "government", "ngo", "academia", "think_tank", "media", "business", "international", "foundation", "other")
	return []any{id, jsonb(organizationName(id)), kind, parent, country, website, stamp(id), stamp(id)}
}
