package site

import "strings"

// organizationData is the page of an organization.
type organizationData struct {
	Organization organizationRecord
	Parts        []organizationRecord
	WithParts    int64 // events of the organization and its parts
	AllWithParts string
	Listed       []listedForm
	Organized    list[eventRecord]
	TookPart     list[eventRecord]
	AllOrganized string
	AllTookPart  string
	Years        chart
	Topics       chart
	Positions    []positionRecord
	Addressed    list[recommendationRecord]
	AllAddressed string
	Spellings    []string
	Identifiers  []identifier
	Downloads    []download
}

func organization(v *view, id string) (show, error) {
	v.keep()
	d := organizationData{}
	var err error
	if d.Organization, err = get[organizationRecord](v, "/v1/organizations/"+id); err != nil {
		return show{}, err
	}
	parts, err := get[list[organizationRecord]](v, "/v1/organizations?limit=100&parent="+id)
	if err != nil {
		return show{}, err
	}
	positions, err := get[list[positionRecord]](v, "/v1/organizations/"+id+"/positions?limit=50")
	if err != nil {
		return show{}, err
	}
	d.Parts, d.Positions = parts.Data, positions.Data
	if len(d.Parts) > 0 {
		tree := "/v1/round-tables?organization_tree=" + id
		events, err := get[list[reference]](v, tree+"&count=exact&limit=1")
		if err != nil {
			return show{}, err
		}
		if events.Meta.Total != nil {
			d.WithParts, d.AllWithParts = *events.Meta.Total, v.listPage(tree)
		}
	}
	listed, err := get[list[listedForm]](v, "/v1/organizations/"+id+"/spellings")
	if err != nil {
		return show{}, err
	}
	d.Listed = listed.Data
	if d.Organized, err = get[list[eventRecord]](v, "/v1/round-tables?limit=10&sort=-starts_on&count=exact&organizer="+id); err != nil {
		return show{}, err
	}
	if d.TookPart, err = get[list[eventRecord]](v, "/v1/round-tables?limit=10&sort=-starts_on&count=exact&organization="+id); err != nil {
		return show{}, err
	}
	if d.Addressed, err = get[list[recommendationRecord]](v, "/v1/recommendations?limit=10&count=exact&addressee="+id); err != nil {
		return show{}, err
	}
	d.AllOrganized, d.AllTookPart = v.more(d.Organized, "/v1/round-tables?organizer="+id), v.more(d.TookPart, "/v1/round-tables?organization="+id)
	d.AllAddressed = v.more(d.Addressed, "/v1/recommendations?addressee="+id)
	if d.Years, err = v.chart("years", filter("organization", id)); err != nil {
		return show{}, err
	}
	if d.Topics, err = v.chart("organization_topics", filter("organization", id)); err != nil {
		return show{}, err
	}
	d.Spellings, d.Identifiers = spellings(d.Organization.Name, d.Organization.OtherNames), identifiers(d.Organization.ExternalIDs)
	at := v.site.root + "/v1/organizations/" + id
	d.Downloads = []download{{"JSON", at}, {"JSON-LD", at + ".jsonld"},
		{v.text("round_tables") + ", CSV", v.site.root + "/v1/exports/round-tables.csv?organization=" + id}}
	s := show{template: "organization", Title: v.in(d.Organization.Name), Data: d}
	s.Description = strings.Join([]string{v.in(d.Organization.Name), label(v.lang, "organization_kind", d.Organization.Kind)}, " · ") + ". " +
		v.text("organization_description")
	s.Linked, err = v.linked("/v1/organizations/" + id)
	return s, err
}

// more returns the page of a list that has more records than are shown.
func (v *view) more(l interface{ more() bool }, at string) string {
	if l.more() {
		return v.listPage(at)
	}
	return ""
}

func (l list[T]) more() bool { return l.Page.Next != nil }

// topicData is the page of a topic.
type topicData struct {
	Topic              topicRecord
	Narrower           []topicRecord
	Events             list[eventRecord]
	AllEvents          string
	Years              chart
	Speakers           chart
	Organizations      chart
	Statements         list[statementRecord]
	AllSaid            string
	Recommendations    list[recommendationRecord]
	AllRecommendations string
	Downloads          []download
}

func topic(v *view, id string) (show, error) {
	v.keep()
	d := topicData{}
	var err error
	if d.Topic, err = get[topicRecord](v, "/v1/topics/"+id); err != nil {
		return show{}, err
	}
	narrower, err := get[list[topicRecord]](v, "/v1/topics?limit=100&parent="+id)
	if err != nil {
		return show{}, err
	}
	d.Narrower = narrower.Data
	if d.Events, err = get[list[eventRecord]](v, "/v1/round-tables?limit=10&sort=-starts_on&count=exact&topic="+id); err != nil {
		return show{}, err
	}
	if d.Statements, err = get[list[statementRecord]](v, "/v1/statements?limit=10&sort=-starts_on&count=exact&topic="+id); err != nil {
		return show{}, err
	}
	if d.Recommendations, err = get[list[recommendationRecord]](v, "/v1/recommendations?limit=10&count=exact&topic="+id); err != nil {
		return show{}, err
	}
	d.AllEvents, d.AllSaid = v.more(d.Events, "/v1/round-tables?topic="+id), v.more(d.Statements, "/v1/statements?topic="+id)
	d.AllRecommendations = v.more(d.Recommendations, "/v1/recommendations?topic="+id)
	if d.Years, err = v.chart("years", filter("topic", id)); err != nil {
		return show{}, err
	}
	if d.Speakers, err = v.chart("topic_speakers", filter("topic", id)); err != nil {
		return show{}, err
	}
	if d.Organizations, err = v.chart("topic_organizations", filter("topic", id)); err != nil {
		return show{}, err
	}
	d.Downloads = []download{{"JSON", v.site.root + "/v1/topics/" + id},
		{v.text("round_tables") + ", CSV", v.site.root + "/v1/exports/round-tables.csv?topic=" + id},
		{v.text("statements") + ", CSV", v.site.root + "/v1/exports/statements.csv?topic=" + id}}
	name := v.in(d.Topic.Label)
	return show{template: "topic", Title: name, Description: name + ". " + v.text("topic_description"), Data: d}, nil
}
