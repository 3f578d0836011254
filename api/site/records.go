package site

import (
	"encoding/json"

	"roundtables.kz/registry/internal/text"
)

// The records of the API, as far as the pages show them.

type reference struct {
	ID   int64    `json:"id"`
	Name text.Map `json:"name"`
}

type eventReference struct {
	reference
	StartsOn      *string `json:"starts_on"`
	DatePrecision string  `json:"date_precision"`
	Format        string  `json:"format"`
}

// personReference is a person with the position at the time of an event.
type personReference struct {
	reference
	Organization         *reference `json:"organization"`
	OrganizationAsListed *string    `json:"organization_as_listed"`
	Position             text.Map   `json:"position"`
}

type eventRecord struct {
	ID            int64    `json:"id"`
	Title         text.Map `json:"title"`
	Purpose       text.Map `json:"purpose"`
	Outcome       text.Map `json:"outcome"`
	Format        string   `json:"format"`
	Status        string   `json:"status"`
	StartsOn      *string  `json:"starts_on"`
	EndsOn        *string  `json:"ends_on"`
	DatePrecision string   `json:"date_precision"`
	StartsAt      *string  `json:"starts_at"`
	EndsAt        *string  `json:"ends_at"`
	Timezone      string   `json:"timezone"`
	Mode          string   `json:"mode"`
	Venue         text.Map `json:"venue"`
	OnlineURL     *string  `json:"online_url"`
	Languages     []string `json:"languages"`
	UpdatedAt     string   `json:"updated_at"`
	DocumentLinks []struct {
		DocumentID int64     `json:"document_id"`
		Relation   string    `json:"relation"`
		Document   reference `json:"document"`
	} `json:"document_links"`
	Place      *reference      `json:"place"`
	Parent     *eventReference `json:"parent"`
	Topics     []reference     `json:"topics"`
	Organizers []struct {
		reference
		Kind string `json:"kind"`
	} `json:"organizers"`
	Counts struct {
		Organizers, Attendees, Speakers, Statements, Recommendations int64
	} `json:"counts"`
}

type affiliationRecord struct {
	Organization         *reference `json:"organization"`
	OrganizationAsListed *string    `json:"organization_as_listed"`
	Title                text.Map   `json:"title"`
}

type attendeeRecord struct {
	ID           int64               `json:"id"`
	NameAsListed *string             `json:"name_as_listed"`
	Label        text.Map            `json:"label"`
	Description  text.Map            `json:"description"`
	GroupSize    *int64              `json:"group_size"`
	Roles        []string            `json:"roles"`
	Attendance   string              `json:"attendance"`
	RoundTable   eventReference      `json:"round_table"`
	Person       *personReference    `json:"person"`
	Organization *reference          `json:"organization"`
	Affiliations []affiliationRecord `json:"affiliations"`
	OnBehalfOf   *struct {
		Person       *reference `json:"person"`
		Organization *reference `json:"organization"`
	} `json:"on_behalf_of"`

	RoleLabels []text.Map `json:"-"`
}

type statementRecord struct {
	ID          int64   `json:"id"`
	Attribution *string `json:"attribution"`
	Kind        string  `json:"kind"`
	Act         string  `json:"act"`
	Texts       []struct {
		Lang       string  `json:"lang"`
		Text       string  `json:"text"`
		Original   bool    `json:"original"`
		Translator *string `json:"translator"`
	} `json:"texts"`
	InReplyToID *int64           `json:"in_reply_to_id"`
	RoundTable  eventReference   `json:"round_table"`
	Speaker     *personReference `json:"speaker"`
	Attendee    *struct {
		NameAsListed         *string    `json:"name_as_listed"`
		Description          text.Map   `json:"description"`
		Organization         *reference `json:"organization"`
		OrganizationAsListed *string    `json:"organization_as_listed"`
		Position             text.Map   `json:"position"`
	} `json:"attendee"`
	Topics       []reference      `json:"topics"`
	QuotedPerson *personReference `json:"quoted_person"`
	Mentions     struct {
		People        []int64 `json:"person_ids"`
		Organizations []int64 `json:"organization_ids"`
		Places        []int64 `json:"place_ids"`
		Documents     []int64 `json:"document_ids"`
	} `json:"mentions"`
	Document *reference `json:"document"`

	OfEvent bool `json:"-"` // shown on the page of its round table
}

type recommendationRecord struct {
	ID               int64            `json:"id"`
	StatementID      *int64           `json:"statement_id"`
	Text             text.Map         `json:"text"`
	Status           string           `json:"status"`
	StatusOn         *string          `json:"status_on"`
	RoundTable       eventReference   `json:"round_table"`
	Person           *personReference `json:"person"`
	Addressee        *reference       `json:"addressee"`
	EvidenceDocument *reference       `json:"evidence_document"`

	OfEvent bool `json:"-"`
}

type documentRecord struct {
	ID          int64             `json:"id"`
	Title       text.Map          `json:"title"`
	Kind        string            `json:"kind"`
	URL         *string           `json:"url"`
	Language    *string           `json:"language"`
	PublishedOn *string           `json:"published_on"`
	Authors     []personReference `json:"authors"`

	Relation string `json:"-"`
}

type otherName struct {
	Text string `json:"text"`
	Lang string `json:"lang"`
	Kind string `json:"kind"`
}

type personRecord struct {
	ID          int64       `json:"id"`
	Name        text.Map    `json:"name"`
	OtherNames  []otherName `json:"other_names"`
	Honorific   text.Map    `json:"honorific"`
	Bio         text.Map    `json:"bio"`
	ExternalIDs []string    `json:"external_ids"`
	Affiliation *struct {
		Organization reference `json:"organization"`
		Title        text.Map  `json:"title"`
	} `json:"affiliation"`
}

type organizationRecord struct {
	ID          int64       `json:"id"`
	Name        text.Map    `json:"name"`
	ShortName   text.Map    `json:"short_name"`
	OtherNames  []otherName `json:"other_names"`
	Kind        string      `json:"kind"`
	Country     *string     `json:"country"`
	Website     *string     `json:"website"`
	FoundedOn   *string     `json:"founded_on"`
	DissolvedOn *string     `json:"dissolved_on"`
	ExternalIDs []string    `json:"external_ids"`
	Parent      *reference  `json:"parent"`
}

type topicRecord struct {
	ID          int64      `json:"id"`
	Label       text.Map   `json:"label"`
	Description text.Map   `json:"description"`
	Parent      *reference `json:"parent"`
}

// mentionedRecord is a record that a statement names.
type mentionedRecord struct {
	ID    int64    `json:"id"`
	Name  text.Map `json:"name"`
	Title text.Map `json:"title"`
}

type placeRecord struct {
	ID        int64    `json:"id"`
	Latitude  *float64 `json:"latitude"`
	Longitude *float64 `json:"longitude"`
}

type positionRecord struct {
	Person               reference  `json:"person"`
	Organization         *reference `json:"organization"`
	OrganizationAsListed *string    `json:"organization_as_listed"`
	Title                text.Map   `json:"title"`
	Status               string     `json:"status"`
	ConfirmedOn          *string    `json:"confirmed_on"`
	Recorded             *struct {
		From *string `json:"from"`
		To   *string `json:"to"`
	} `json:"recorded"`
	Observed *struct {
		FirstOn     *string        `json:"first_on"`
		LastOn      *string        `json:"last_on"`
		RoundTables int64          `json:"round_tables"`
		Latest      eventReference `json:"latest"`
	} `json:"observed"`
}

// linked reads the schema.org data of a record.
func (v *view) linked(path string) (json.RawMessage, error) {
	return get[json.RawMessage](v, path+".jsonld")
}
