package bundle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"

	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/topic"
)

// stored is an event with its parts, each list in the order of the source.
type stored struct {
	event           roundtable.RoundTable
	organizers      []organizer.Organizer
	attendees       []attendee.Attendee
	statements      []statement.Statement
	recommendations []recommendation.Recommendation
}

// allParts is more than the number of parts of one type in any event.
const allParts = 1 << 30

// load reads an event with its parts as the actor sees them. It returns the errors of roundtable.Get.
func load(ctx context.Context, db pg.DB, id int64) (s stored, err error) {
	if s.event, err = roundtable.Get(ctx, db, id); err != nil {
		return s, err
	}
	ids := []int64{id}
	if s.organizers, err = organizer.OfRoundTables(ctx, db, ids, allParts); err != nil {
		return s, err
	}
	if s.attendees, err = attendee.OfRoundTables(ctx, db, ids, allParts); err != nil {
		return s, err
	}
	if s.statements, err = statement.OfRoundTables(ctx, db, ids, allParts); err != nil {
		return s, err
	}
	s.recommendations, err = recommendation.OfRoundTables(ctx, db, ids, allParts)
	return s, err
}

// tag identifies the state of the event and its parts: the version of the event and a hash of the versions of all parts, in hex.
func (s stored) tag() string {
	sum := sha256.New()
	hashVersions(sum, organizer.Type, s.organizers)
	hashVersions(sum, attendee.Type, s.attendees)
	hashVersions(sum, statement.Type, s.statements)
	hashVersions(sum, recommendation.Type, s.recommendations)
	return fmt.Sprintf("%d-%s", s.event.Version, hex.EncodeToString(sum.Sum(nil)[:8]))
}

type record interface{ Meta() changes.Record }

func hashVersions[T record](sum hash.Hash, recordType string, list []T) {
	for _, r := range list {
		_, _ = fmt.Fprintf(sum, "%s:%d:%d ", recordType, r.Meta().ID, r.Meta().Version)
	}
}

// details are the records that an event refers to, by their ids.
type details struct {
	people        map[int64]person.Person
	organizations map[int64]organization.Organization
	places        map[int64]place.Place
	topics        map[int64]topic.Topic
	documents     map[int64]document.Document
}

// load reads the records, as the actor sees them, with the records that those belong to.
func (ids referenced) load(ctx context.Context, db pg.DB) (d details, err error) {
	if d.documents, err = byIDs(ids.documents, func(ids []int64) (paging.Page[document.Document], error) {
		f := document.Filter{ID: ids}
		f.Sort, f.Limit = "id", paging.MaxLimit
		return document.List(ctx, db, f)
	}, nil); err != nil {
		return d, err
	}
	for _, x := range d.documents {
		ids.people = append(ids.people, x.AuthorIDs...)
	}
	if d.people, err = byIDs(ids.people, func(ids []int64) (paging.Page[person.Person], error) {
		f := person.Filter{ID: ids}
		f.Sort, f.Limit = "id", paging.MaxLimit
		return person.List(ctx, db, f)
	}, nil); err != nil {
		return d, err
	}
	if d.organizations, err = byIDs(ids.organizations, func(ids []int64) (paging.Page[organization.Organization], error) {
		f := organization.Filter{ID: ids}
		f.Sort, f.Limit = "id", paging.MaxLimit
		return organization.List(ctx, db, f)
	}, func(o organization.Organization) *int64 { return o.ParentID }); err != nil {
		return d, err
	}
	if d.places, err = byIDs(ids.places, func(ids []int64) (paging.Page[place.Place], error) {
		f := place.Filter{ID: ids}
		f.Sort, f.Limit = "id", paging.MaxLimit
		return place.List(ctx, db, f)
	}, func(p place.Place) *int64 { return p.ParentID }); err != nil {
		return d, err
	}
	d.topics, err = byIDs(ids.topics, func(ids []int64) (paging.Page[topic.Topic], error) {
		f := topic.Filter{ID: ids}
		f.Sort, f.Limit = "id", paging.MaxLimit
		return topic.List(ctx, db, f)
	}, func(t topic.Topic) *int64 { return t.ParentID })
	return d, err
}

// byIDs reads records by their ids, in pages, with the records that parent names. A nil parent names none.
func byIDs[T interface {
	record
	paging.Row
}](ids []int64, list func(ids []int64) (paging.Page[T], error), parent func(T) *int64) (map[int64]T, error) {
	found, asked := map[int64]T{}, map[int64]bool{}
	for len(ids) > 0 {
		var next []int64
		slices.Sort(ids)
		ids = slices.DeleteFunc(slices.Compact(ids), func(id int64) bool { return asked[id] })
		for chunk := range slices.Chunk(ids, paging.MaxLimit) {
			page, err := list(chunk)
			if err != nil {
				return nil, err
			}
			for _, id := range chunk {
				asked[id] = true
			}
			for _, r := range page.Items {
				found[r.Meta().ID] = r
				if parent != nil && parent(r) != nil {
					next = append(next, *parent(r))
				}
			}
		}
		ids = next
	}
	return found, nil
}

// referenced are ids of records that an event or a document refers to. An id can occur more than once.
type referenced struct{ people, organizations, places, topics, documents []int64 }

func (s stored) references() (r referenced) {
	add := func(to *[]int64, id *int64) {
		if id != nil {
			*to = append(*to, *id)
		}
	}
	add(&r.places, s.event.PlaceID)
	r.topics = append(r.topics, s.event.TopicIDs...)
	for _, d := range s.event.DocumentLinks {
		r.documents = append(r.documents, d.DocumentID)
	}
	for _, o := range s.organizers {
		r.organizations = append(r.organizations, o.OrganizationID)
	}
	for _, a := range s.attendees {
		add(&r.people, a.PersonID)
		add(&r.organizations, a.OrganizationID)
		for _, f := range a.Affiliations {
			add(&r.organizations, f.OrganizationID)
		}
		if b := a.OnBehalfOf; b != nil {
			add(&r.people, b.PersonID)
			add(&r.organizations, b.OrganizationID)
		}
	}
	for _, x := range s.statements {
		add(&r.people, x.QuotedPersonID)
		add(&r.documents, x.DocumentID)
		r.topics = append(r.topics, x.TopicIDs...)
		r.people = append(r.people, x.Mentions.PersonIDs...)
		r.organizations = append(r.organizations, x.Mentions.OrganizationIDs...)
		r.places = append(r.places, x.Mentions.PlaceIDs...)
		r.documents = append(r.documents, x.Mentions.DocumentIDs...)
	}
	for _, x := range s.recommendations {
		add(&r.organizations, x.AddresseeID)
		add(&r.documents, x.EvidenceDocumentID)
	}
	return r
}
