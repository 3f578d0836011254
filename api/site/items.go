package site

import (
	"cmp"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/text"
)

// eventData is the page of a round table.
type eventData struct {
	Event           eventRecord
	Organizers      []organizerGroup
	Attendees       list[attendeeRecord] // who took part
	Others          list[attendeeRecord] // who was invited or absent
	Statements      []statementRecord
	More            string // the list of all statements, if there are more
	Recommendations []recommendationRecord
	Documents       []documentRecord
	Children        []eventRecord
	Mentioned       []download
	Met             []meeting
	Downloads       []download
}

type organizerGroup struct {
	Kind          string
	Organizations []reference
}

func roundTable(v *view, id string) (show, error) {
	v.keep()
	d := eventData{}
	var err error
	if d.Event, err = get[eventRecord](v, "/v1/round-tables/"+id); err != nil {
		return show{}, err
	}
	if err := d.read(v, id); err != nil {
		return show{}, err
	}
	for _, o := range d.Event.Organizers {
		i := slices.IndexFunc(d.Organizers, func(g organizerGroup) bool { return g.Kind == o.Kind })
		if i < 0 {
			i = len(d.Organizers)
			d.Organizers = append(d.Organizers, organizerGroup{Kind: o.Kind})
		}
		d.Organizers[i].Organizations = append(d.Organizers[i].Organizations, o.reference)
	}
	at := v.site.root + "/v1/round-tables/" + id
	d.Downloads = []download{
		{"iCalendar", at + ".ics"}, {"JSON", at}, {"JSON-LD", at + ".jsonld"}, {v.text("bundle"), at + "/bundle"},
		{v.text("statements") + ", CSV", v.site.root + "/v1/exports/statements.csv?round_table=" + id},
		{v.text("attendees") + ", CSV", v.site.root + "/v1/exports/attendees.csv?round_table=" + id},
	}
	s := show{template: "roundtable", Title: v.in(d.Event.Title), Description: v.summary(d.Event), Data: d}
	s.Linked, err = v.linked("/v1/round-tables/" + id)
	return s, err
}

// read reads the parts of an event.
func (d *eventData) read(v *view, id string) error {
	roles, err := v.roles()
	if err != nil {
		return err
	}
	for attendance, shown := range map[string]*list[attendeeRecord]{tookPart: &d.Attendees, notTookPart: &d.Others} {
		*shown, err = get[list[attendeeRecord]](v, "/v1/attendees?limit=500&sort=position&count=exact&attendance="+attendance+"&round_table="+id)
		if err != nil {
			return err
		}
		for i := range shown.Data {
			shown.Data[i].label(roles)
		}
	}
	said, err := get[list[statementRecord]](v, "/v1/statements?limit=500&sort=sequence&round_table="+id)
	if err != nil {
		return err
	}
	if d.Statements = said.Data; said.Page.Next != nil {
		d.More = v.listPage("/v1/statements?round_table=" + id)
	}
	for i := range d.Statements {
		d.Statements[i].OfEvent = true
	}
	proposed, err := get[list[recommendationRecord]](v, "/v1/recommendations?limit=500&round_table="+id)
	if err != nil {
		return err
	}
	for _, r := range proposed.Data {
		r.OfEvent = true
		d.Recommendations = append(d.Recommendations, r)
	}
	documents, err := get[list[documentRecord]](v, "/v1/documents?limit=500&round_table="+id)
	if err != nil {
		return err
	}
	for _, link := range d.Event.DocumentLinks {
		shown := documentRecord{ID: link.DocumentID, Title: link.Document.Name}
		if i := slices.IndexFunc(documents.Data, func(r documentRecord) bool { return r.ID == link.DocumentID }); i >= 0 {
			shown = documents.Data[i]
		}
		shown.Relation = link.Relation
		d.Documents = append(d.Documents, shown)
	}
	children, err := get[list[eventRecord]](v, "/v1/round-tables?limit=100&sort=starts_on&parent="+id)
	if err != nil {
		return err
	}
	d.Children = children.Data
	if d.Mentioned, err = v.mentioned(d.Statements); err != nil {
		return err
	}
	d.Met, err = v.metAgain(d.Event.ID, d.Attendees.Data)
	return err
}

func (a *attendeeRecord) label(roles map[string]text.Map) {
	for _, code := range a.Roles {
		found := roles[code]
		if found == nil {
			found = text.Map{"en": code}
		}
		a.RoleLabels = append(a.RoleLabels, found)
	}
}

// summary describes an event in one sentence.
func (v *view) summary(e eventRecord) string {
	parts := []string{label(v.lang, "format", e.Format)}
	if e.StartsOn != nil {
		parts = append(parts, period(v.lang, *e.StartsOn, e.EndsOn, e.DatePrecision))
	}
	if e.Place != nil {
		parts = append(parts, v.in(e.Place.Name))
	}
	if purpose := v.in(e.Purpose); purpose != "" {
		parts = append(parts, purpose)
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// personData is the page of a person.
type personData struct {
	Person      personRecord
	Positions   []positionRecord
	Attended    []attendeeRecord
	AllEvents   string
	Roles       chart
	Topics      chart
	With        []companion
	Statements  []statementRecord
	AllSaid     string
	Spellings   []string
	Listed      []listedForm
	Downloads   []download
	Identifiers []identifier
}

// listedForm is a form of a name in the sources.
type listedForm struct {
	Text  string         `json:"text"`
	Count int64          `json:"count"`
	Last  eventReference `json:"last_event"`
}

// companion is a person who took part in the same events.
type companion struct {
	ID    int64
	Label text.Map
	Count int64
}

func person(v *view, id string) (show, error) {
	v.keep()
	d := personData{}
	var err error
	if d.Person, err = get[personRecord](v, "/v1/people/"+id); err != nil {
		return show{}, err
	}
	positions, err := get[list[positionRecord]](v, "/v1/people/"+id+"/positions")
	if err != nil {
		return show{}, err
	}
	roles, err := v.roles()
	if err != nil {
		return show{}, err
	}
	attended, err := get[list[attendeeRecord]](v, "/v1/attendees?limit=50&sort=-starts_on&person="+id)
	if err != nil {
		return show{}, err
	}
	said, err := get[list[statementRecord]](v, "/v1/statements?limit=10&sort=-starts_on&person="+id)
	if err != nil {
		return show{}, err
	}
	d.Positions, d.Attended, d.Statements = positions.Data, attended.Data, said.Data
	for i := range d.Attended {
		d.Attended[i].label(roles)
	}
	if attended.Page.Next != nil {
		d.AllEvents = v.listPage("/v1/round-tables?person=" + id)
	}
	if said.Page.Next != nil {
		d.AllSaid = v.listPage("/v1/statements?person=" + id)
	}
	if d.Topics, err = v.chart("person_topics", filter("person", id)); err != nil {
		return show{}, err
	}
	if d.Roles, err = v.chart("person_roles", filter("person", id)); err != nil {
		return show{}, err
	}
	if d.With, err = v.companions("people", d.Person.ID); err != nil {
		return show{}, err
	}
	listed, err := get[list[listedForm]](v, "/v1/people/"+id+"/spellings")
	if err != nil {
		return show{}, err
	}
	d.Listed = listed.Data
	d.Spellings, d.Identifiers = spellings(d.Person.Name, d.Person.OtherNames), identifiers(d.Person.ExternalIDs)
	at := v.site.root + "/v1/people/" + id
	d.Downloads = []download{{"JSON", at}, {"JSON-LD", at + ".jsonld"}, {"iCalendar", at + ".ics"},
		{v.text("statements") + ", CSV", v.site.root + "/v1/exports/statements.csv?person=" + id}}
	s := show{template: "person", Title: v.in(d.Person.Name), Data: d}
	s.Description = v.personSummary(d)
	s.Linked, err = v.linked("/v1/people/" + id)
	return s, err
}

func (v *view) personSummary(d personData) string {
	parts := []string{v.in(d.Person.Name)}
	if len(d.Positions) > 0 {
		p := d.Positions[0]
		parts = append(parts, v.in(p.Title))
		if p.Organization != nil {
			parts = append(parts, v.in(p.Organization.Name))
		}
	}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts, ", ") + ". " + v.text("person_description")
}

// companions returns who took part in the same events most often.
func (v *view) companions(of string, id int64) (with []companion, err error) {
	network, err := get[networkData](v, "/v1/stats/network?limit=13&of="+of+"&center="+itoa(id))
	for _, n := range network.Nodes {
		for _, l := range network.Links {
			if n.ID != id && (l.Source == id && l.Target == n.ID || l.Target == id && l.Source == n.ID) {
				with = append(with, companion{n.ID, n.Label, l.Weight})
			}
		}
	}
	slices.SortStableFunc(with, func(a, b companion) int { return cmp.Compare(b.Count, a.Count) })
	return with, err
}

// spellings returns all forms of a name, each once.
func spellings(name text.Map, other []otherName) (all []string) {
	add := func(s string) {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	for _, lang := range name.Langs() {
		add(name[lang])
	}
	for _, o := range other {
		add(o.Text)
	}
	return all
}

// identifier is an id of a record elsewhere, with its address if it is known.
type identifier struct{ Text, Href string }

var registers = map[string]string{
	"wikidata": "https://www.wikidata.org/wiki/", "orcid": "https://orcid.org/", "ror": "https://ror.org/",
}

func identifiers(ids []string) (all []identifier) {
	for _, id := range ids {
		scheme, value, _ := strings.Cut(id, ":")
		found := identifier{Text: id}
		if at := registers[scheme]; at != "" {
			found.Href = at + value
		}
		all = append(all, found)
	}
	return all
}
