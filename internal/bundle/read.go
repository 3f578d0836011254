package bundle

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"
)

// Event is a stored event as a document.
type Event struct {
	Input
	Tag string // the state of the event and its parts: the version of the event, "-", 16 hexadecimal digits
}

// Read returns an event as the document that Create and Replace take, with the ids of the event, its parts and the records that
// they refer to, as the actor sees them. lang is the language of plain names; if it is empty, it is that of the title. Read returns
// the errors of roundtable.Get. The transaction of db must see one snapshot.
func Read(ctx context.Context, db pg.DB, id int64, lang string) (Event, error) {
	s, err := load(ctx, db, id)
	if err != nil {
		return Event{}, err
	}
	d, err := s.references().load(ctx, db)
	if err != nil {
		return Event{}, err
	}
	if tag, ok := text.Tag(lang); ok {
		lang = tag
	} else {
		_, lang = s.event.Title.In("")
	}
	return Event{newReader(s, d, lang).document(), s.tag()}, nil
}

// reader writes a stored event as a document.
type reader struct {
	stored
	details
	lang string

	attendeeKeys, placeNames, topicNames map[int64]string
	documentKeys                         map[int64]string // of the first mention of each document
}

func newReader(s stored, d details, lang string) *reader {
	r := &reader{stored: s, details: d, lang: lang, attendeeKeys: map[int64]string{}, documentKeys: map[int64]string{}}
	keys := keySet{}
	for _, a := range s.attendees {
		var name string
		switch {
		case a.NameAsListed != nil:
			name = *a.NameAsListed
		case a.Person != nil:
			name = r.in(a.Person.Name)
		case a.Organization != nil:
			name = r.in(a.Organization.Name)
		default:
			name = r.in(a.Description)
		}
		r.attendeeKeys[a.ID] = keys.add(name, "attendee-", a.ID)
	}
	r.placeNames = uniqueNames(d.places, "place-", func(id int64) []string {
		return append([]string{r.in(d.places[id].Name)}, places.identity(r.place(id)).otherNames...)
	})
	r.topicNames = uniqueNames(d.topics, "topic-", func(id int64) []string {
		return append([]string{r.in(d.topics[id].Label)}, topics.identity(r.topic(id)).otherNames...)
	})
	return r
}

// maxKey is the longest key, in characters.
const maxKey = 100

// keySet holds the keys of one list of the document.
type keySet map[string]bool

// add returns a new key: the name if it can be one, else the prefix and the id.
func (s keySet) add(name, prefix string, id int64) string {
	key := name
	for n := 1; key == "" || utf8.RuneCountInString(key) > maxKey || s[key]; n++ {
		key = prefix + strconv.FormatInt(id, 10)
		if n > 1 {
			key += "-" + strconv.Itoa(n)
		}
	}
	s[key] = true
	return key
}

// uniqueNames returns for each record the first of its names that no other record has, or a key if there is none.
func uniqueNames[T any](records map[int64]T, prefix string, namesOf func(id int64) []string) map[int64]string {
	owners := map[string]int{}
	for id := range records {
		for _, key := range names.Keys(namesOf(id)...) {
			owners[key]++
		}
	}
	unique := map[int64]string{}
	for id := range records {
		list := namesOf(id)
		if i := slices.IndexFunc(list, func(name string) bool { return owners[names.Key(name)] == 1 }); i >= 0 {
			unique[id] = list[i]
		} else {
			unique[id] = prefix + strconv.FormatInt(id, 10)
		}
	}
	return unique
}

// in returns a name in the language of the document, or else in another one.
func (r *reader) in(m text.Map) string {
	name, _ := m.In(r.lang)
	return name
}

// document returns the event. It names the documents first, because the parts refer to their keys.
func (r *reader) document() Input {
	in := Input{
		Lang: r.lang, Organizers: []Organizer{}, Attendees: []Attendee{}, Statements: []Statement{}, Recommendations: []Recommendation{},
		Documents: r.documentList(),
	}
	e := r.event
	in.RoundTable = RoundTable{
		ID: &e.ID, Title: e.Title, Purpose: e.Purpose, Format: e.Format, Status: e.Status, Publication: e.Publication,
		StartsOn: e.StartsOn, EndsOn: e.EndsOn, DatePrecision: e.DatePrecision, StartsAt: e.StartsAt, EndsAt: e.EndsAt,
		Timezone: e.Timezone, Mode: e.Mode, Place: optionalName(e.PlaceID, r.placeNames), PlaceAsListed: e.PlaceAsListed,
		Venue: e.Venue, OnlineURL: e.OnlineURL,
		ParentID: e.ParentID, Languages: e.Languages, Topics: namesByID(e.TopicIDs, r.topicNames), Outcome: e.Outcome,
		ExternalIDs: e.ExternalIDs, Notes: e.Notes,
	}
	for _, o := range r.organizers {
		in.Organizers = append(in.Organizers, Organizer{
			ID: &o.ID, Organization: *r.organizationMention(&o.Organization), Kind: o.Kind, NameAsListed: o.NameAsListed,
		})
	}
	for _, a := range r.attendees {
		in.Attendees = append(in.Attendees, r.attendee(a))
	}
	for _, s := range r.statements {
		in.Statements = append(in.Statements, r.statement(s))
	}
	for _, x := range r.recommendations {
		in.Recommendations = append(in.Recommendations, r.recommendation(x))
	}
	for _, id := range slices.Sorted(maps.Keys(r.people)) {
		in.People = append(in.People, r.person(id))
	}
	for _, id := range slices.Sorted(maps.Keys(r.organizations)) {
		made := r.organization(id)
		if parent := r.organizations[id].Parent; parent != nil {
			made.Parent = new(r.in(parent.Name))
		}
		in.Organizations = append(in.Organizations, made)
	}
	for _, id := range slices.Sorted(maps.Keys(r.places)) {
		p := r.place(id)
		p.Key, p.Parent = keyOf(id, "place-", r.placeNames), optionalName(r.places[id].ParentID, r.placeNames)
		in.Places = append(in.Places, p)
	}
	for _, id := range slices.Sorted(maps.Keys(r.topics)) {
		t := r.topic(id)
		t.Key, t.Parent = keyOf(id, "topic-", r.topicNames), optionalName(r.topics[id].ParentID, r.topicNames)
		in.Topics = append(in.Topics, t)
	}
	return in
}

func (r *reader) person(id int64) Person {
	p := r.people[id]
	return Person{
		ID: &id, Name: r.in(p.Name), Names: p.Name, OtherNames: p.OtherNames, Honorific: p.Honorific, Bio: p.Bio,
		ExternalIDs: p.ExternalIDs, Visibility: p.Visibility, Notes: p.Notes,
	}
}

func (r *reader) organization(id int64) Organization {
	o := r.organizations[id]
	return Organization{
		ID: &id, Name: r.in(o.Name), Names: o.Name, ShortName: o.ShortName, OtherNames: o.OtherNames, Kind: o.Kind, Country: o.Country,
		Website: o.Website, FoundedOn: o.FoundedOn, DissolvedOn: o.DissolvedOn, ExternalIDs: o.ExternalIDs,
	}
}

func (r *reader) place(id int64) Place {
	p := r.places[id]
	return Place{
		ID: &id, Name: r.in(p.Name), Names: p.Name, FormerNames: p.FormerNames, OtherNames: p.OtherNames, Country: p.Country,
		Region: p.Region, Latitude: p.Latitude, Longitude: p.Longitude,
	}
}

func (r *reader) topic(id int64) Topic {
	t := r.topics[id]
	return Topic{ID: &id, Label: r.in(t.Label), Labels: t.Label, Description: t.Description}
}

// keyOf returns the key of a record that has no name of its own.
func keyOf(id int64, prefix string, unique map[int64]string) *string {
	if key := prefix + strconv.FormatInt(id, 10); unique[id] == key {
		return &key
	}
	return nil
}

// optionalName returns the name of a record that may be absent, or that the actor may not see.
func optionalName(id *int64, unique map[int64]string) *string {
	if id == nil || unique[*id] == "" {
		return nil
	}
	return new(unique[*id])
}

func namesByID(ids []int64, unique map[int64]string) (list []string) {
	for _, id := range ids {
		if name := unique[id]; name != "" {
			list = append(list, name)
		}
	}
	return list
}

func (r *reader) personMention(ref *text.Ref) *Person {
	if ref == nil {
		return nil
	}
	return &Person{ID: &ref.ID, Name: r.in(ref.Name)}
}

func (r *reader) organizationMention(ref *text.Ref) *Organization {
	if ref == nil {
		return nil
	}
	return &Organization{ID: &ref.ID, Name: r.in(ref.Name)}
}

// refOf returns the id and the name of a reference to a person.
func refOf(p *text.PersonRef) *text.Ref {
	if p == nil {
		return nil
	}
	return &text.Ref{ID: p.ID, Name: p.Name}
}

// documentOf returns a document without its authors.
func (r *reader) documentOf(id int64) Document {
	d := r.documents[id]
	return Document{ID: &id, Title: d.Title, Kind: d.Kind, URL: d.URL, Language: d.Language, PublishedOn: d.PublishedOn}
}

// documentList returns the documents with a relation to the event, then those that only its parts refer to.
func (r *reader) documentList() []Document {
	list, keys := []Document{}, keySet{}
	add := func(id int64, relation *string) {
		made := r.documentOf(id)
		key := keys.add(r.in(made.Title), "document-", id)
		r.documentKeys[id] = cmp.Or(r.documentKeys[id], key)
		made.Key, made.Relation = &key, relation
		for _, a := range r.documents[id].Authors {
			made.Authors = append(made.Authors, *r.personMention(refOf(&a)))
		}
		list = append(list, made)
	}
	for _, l := range r.event.DocumentLinks {
		add(l.DocumentID, &l.Relation)
	}
	for _, id := range slices.Sorted(maps.Keys(r.documents)) {
		if r.documentKeys[id] == "" {
			add(id, nil)
		}
	}
	return list
}

func (r *reader) attendee(a attendee.Attendee) Attendee {
	made := Attendee{
		ID: &a.ID, Key: new(r.attendeeKeys[a.ID]), Person: r.personMention(refOf(a.Person)), Organization: r.organizationMention(a.Organization),
		NameAsListed: a.NameAsListed, Description: a.Description, GroupSize: a.GroupSize, Roles: a.Roles, Attendance: a.Attendance,
	}
	for _, f := range a.Affiliations {
		made.Affiliations = append(made.Affiliations, Affiliation{
			Organization: r.organizationMention(f.Organization), OrganizationAsListed: f.OrganizationAsListed, Title: f.Title,
		})
	}
	if b := a.OnBehalfOf; b != nil {
		made.OnBehalfOf = &OnBehalfOf{Person: r.personMention(b.Person), Organization: r.organizationMention(b.Organization)}
	}
	return made
}

func statementKey(id int64) string { return "statement-" + strconv.FormatInt(id, 10) }

func (r *reader) statement(s statement.Statement) Statement {
	made := Statement{
		ID: &s.ID, Key: new(statementKey(s.ID)), Speaker: optionalName(s.AttendeeID, r.attendeeKeys), Attribution: s.Attribution,
		Kind: s.Kind, Act: s.Act, Topics: namesByID(s.TopicIDs, r.topicNames), QuotedPerson: r.personMention(refOf(s.QuotedPerson)),
		Document: optionalName(s.DocumentID, r.documentKeys), Locator: s.Locator,
	}
	if s.InReplyToID != nil {
		made.InReplyTo = new(statementKey(*s.InReplyToID))
	}
	for _, t := range s.Texts {
		version := Text{Lang: t.Lang, Text: t.Text, Translator: t.Translator}
		if len(s.Texts) > 1 && t.Original {
			version.Original = new(true)
		}
		made.Texts = append(made.Texts, version)
	}
	m := Mentions{Places: namesByID(s.Mentions.PlaceIDs, r.placeNames), Documents: namesByID(s.Mentions.DocumentIDs, r.documentKeys)}
	for _, p := range s.Mentioned.People {
		m.People = append(m.People, *r.personMention(refOf(&p)))
	}
	for _, o := range s.Mentioned.Organizations {
		m.Organizations = append(m.Organizations, *r.organizationMention(&o))
	}
	if m.People != nil || m.Organizations != nil || m.Places != nil || m.Documents != nil {
		made.Mentions = &m
	}
	return made
}

func (r *reader) recommendation(x recommendation.Recommendation) Recommendation {
	made := Recommendation{
		ID: &x.ID, Text: x.Text, Addressee: r.organizationMention(x.Addressee), Status: x.Status, StatusOn: x.StatusOn,
		EvidenceDocument: optionalName(x.EvidenceDocumentID, r.documentKeys),
	}
	if x.StatementID != nil {
		made.Statement = new(statementKey(*x.StatementID))
	}
	return made
}
