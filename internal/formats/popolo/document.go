package popolo

import (
	"maps"
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/imports"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Document is a Popolo document as lists of objects. Objects that are embedded in others are appended to the lists.
// Objects refer to each other by keys: their ids, or their pointers if they have none.
type Document struct {
	Organizations []*Listed[organizationObject]
	People        []*Listed[personObject]
	Memberships   []*Listed[membershipObject]
	Events        []*Listed[eventObject]
	Ignored       []string // members of the document that are not read

	objects int // so far
	posts   map[string]postObject
	keys    map[string]bool // of the objects so far, by class and key: "person people/1"
}

// Listed is an object of a document.
type Listed[T any] struct {
	At       jsontext.Pointer
	Key      string
	Value    T
	Ignored  []string       // properties that the registry does not have
	Mistakes []apperr.Field // against the schema
}

type linkObject struct {
	URL  string `json:"url"`
	Note string `json:"note"`
}

type identifierObject struct {
	Scheme     string `json:"scheme"`
	Identifier string `json:"identifier"`
}

type nameObject struct {
	Name    string `json:"name"`
	Lang    string `json:"lang"`
	Note    string `json:"note"`
	EndDate string `json:"end_date"`
}

// common has the properties of all classes.
type common struct {
	ID        string                    `json:"id"`
	Sources   []linkObject              `json:"sources"`
	CreatedAt string                    `json:"created_at"`
	UpdatedAt string                    `json:"updated_at"`
	Rest      map[string]jsontext.Value `json:",embed"`
}

type personObject struct {
	common
	Name        string             `json:"name"`
	Given       string             `json:"given_name"`
	Additional  string             `json:"additional_name"`
	Family      string             `json:"family_name"`
	Prefix      string             `json:"honorific_prefix"`
	Biography   string             `json:"biography"`
	OtherNames  []nameObject       `json:"other_names"`
	Identifiers []identifierObject `json:"identifiers"`
	Memberships []jsontext.Value   `json:"memberships"`
}

type organizationObject struct {
	common
	Name           string             `json:"name"`
	Classification string             `json:"classification"`
	Founded        string             `json:"founding_date"`
	Dissolved      string             `json:"dissolution_date"`
	ParentID       string             `json:"parent_id"`
	Parent         jsontext.Value     `json:"parent"`
	OtherNames     []nameObject       `json:"other_names"`
	Identifiers    []identifierObject `json:"identifiers"`
	Links          []linkObject       `json:"links"`
	Memberships    []jsontext.Value   `json:"memberships"`
	Posts          []jsontext.Value   `json:"posts"`
}

type postObject struct {
	common
	Label          string           `json:"label"`
	Role           string           `json:"role"`
	OrganizationID string           `json:"organization_id"`
	Organization   jsontext.Value   `json:"organization"`
	Memberships    []jsontext.Value `json:"memberships"`
}

type membershipObject struct {
	common
	Label          string         `json:"label"`
	Role           string         `json:"role"`
	PersonID       string         `json:"person_id"`
	Person         jsontext.Value `json:"person"`
	OrganizationID string         `json:"organization_id"`
	Organization   jsontext.Value `json:"organization"`
	PostID         string         `json:"post_id"`
	Post           jsontext.Value `json:"post"`
	From           string         `json:"start_date"`
	To             string         `json:"end_date"`
}

type eventObject struct {
	common
	Name           string             `json:"name"`
	Description    string             `json:"description"`
	Classification string             `json:"classification"`
	Status         string             `json:"status"`
	Location       string             `json:"location"`
	Starts         string             `json:"start_date"`
	Ends           string             `json:"end_date"`
	OrganizationID string             `json:"organization_id"`
	Organization   jsontext.Value     `json:"organization"`
	ParentID       string             `json:"parent_id"`
	Parent         jsontext.Value     `json:"parent"`
	Identifiers    []identifierObject `json:"identifiers"`
	Attendees      []jsontext.Value   `json:"attendees"`
	Children       []jsontext.Value   `json:"children"`

	attendees []string // keys of people
}

// Read reads a document, which must be valid JSON. Objects that the schemas reject are listed with their mistakes. JSON
// without any list of Popolo is apperr.Invalid.
func Read(raw jsontext.Value) (*Document, error) {
	var members map[string]jsontext.Value
	if raw.Kind() != '{' {
		return nil, apperr.Validation([]apperr.Field{apperr.At("", "not_an_object")})
	}
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, err
	}
	d := &Document{Ignored: []string{}, posts: map[string]postObject{}, keys: map[string]bool{}}
	read := []struct {
		name string
		add  func(jsontext.Pointer, jsontext.Value) error
	}{
		{"organizations", d.listed(d.organization)}, {"persons", d.listed(d.person)}, {"posts", d.listed(d.post)},
		{"memberships", d.listed(d.membership)}, {"events", d.listed(d.event)},
	}
	var mistakes []apperr.Field
	found := false
	for _, list := range read {
		value, ok := members[list.name]
		delete(members, list.name)
		if !ok || value.Kind() == 'n' {
			continue
		}
		if value.Kind() != '[' {
			mistakes = append(mistakes, apperr.At("/"+list.name, "wrong_type", "expected", "array"))
			continue
		}
		found = true
		var elements []jsontext.Value
		if err := json.Unmarshal(value, &elements); err != nil {
			return nil, err
		}
		if err := eachOf(jsontext.Pointer("/"+list.name), elements, list.add); err != nil {
			return nil, err
		}
	}
	if !found && mistakes == nil {
		mistakes = append(mistakes, apperr.At("", "no_popolo"))
	}
	d.Ignored = append(d.Ignored, firstNames(members)...)
	return d, apperr.Validation(mistakes)
}

// maxIgnored is how many names of ignored properties are reported.
const maxIgnored = 100

// firstNames returns the first names of an object in the order of the alphabet.
func firstNames(members map[string]jsontext.Value) []string {
	names := slices.Sorted(maps.Keys(members))
	return names[:min(len(names), maxIgnored)]
}

// eachOf calls f for each element of a list.
func eachOf(at jsontext.Pointer, elements []jsontext.Value, f func(jsontext.Pointer, jsontext.Value) error) error {
	for i, e := range elements {
		if err := f(at.AppendToken(strconv.Itoa(i)), e); err != nil {
			return err
		}
	}
	return nil
}

// adder reads an object of a list or an embedded one, and returns its key.
type adder func(at jsontext.Pointer, raw jsontext.Value, id string) (key string, err error)

func (d *Document) listed(add adder) func(jsontext.Pointer, jsontext.Value) error {
	return func(at jsontext.Pointer, raw jsontext.Value) error {
		_, err := add(at, raw, "")
		return err
	}
}

// keyOf returns the key of an object that another one refers to by its id or embeds.
func keyOf(add adder, at jsontext.Pointer, raw jsontext.Value, id string) (string, error) {
	if len(raw) == 0 || raw.Kind() == 'n' {
		return id, nil
	}
	return add(at, raw, id)
}

// readObject reads an object of a class. isNew reports whether it belongs in its list: an embedded
// object with the key of an earlier one does not, and a listed one is a duplicate.
func readObject[T any](d *Document, class string, at jsontext.Pointer, raw jsontext.Value, id string, commonOf func(*T) *common) (
	o *Listed[T], isNew bool, err error,
) {
	if d.objects++; d.objects > imports.MaxRows {
		return nil, false, apperr.New(apperr.Invalid, "file_too_many_rows", "max", strconv.Itoa(imports.MaxRows))
	}
	o = &Listed[T]{At: at, Key: id, Ignored: []string{}}
	if o.Mistakes, err = Check(class, at, raw); err != nil {
		return nil, false, err
	}
	if len(o.Mistakes) == 0 {
		if err := json.Unmarshal(raw, &o.Value); err != nil {
			o.Mistakes = append(o.Mistakes, apperr.At(string(at), "bad_value"))
		}
	}
	c := commonOf(&o.Value)
	if len(o.Mistakes) > 0 {
		_ = json.Unmarshal(raw, &struct{ ID *string }{&c.ID}, json.MatchCaseInsensitiveNames(true)) // others may refer to it
	}
	if c.ID != "" {
		o.Key = c.ID
	}
	if o.Key == "" {
		o.Key = string(at)
	}
	maps.DeleteFunc(c.Rest, func(_ string, value jsontext.Value) bool {
		return slices.Contains([]string{"null", `""`, "[]", "{}"}, string(value))
	})
	o.Ignored = append(o.Ignored, firstNames(c.Rest)...)
	repeated := d.keys[class+" "+o.Key]
	d.keys[class+" "+o.Key] = true
	if repeated && isListed(at) {
		o.Mistakes = append(o.Mistakes, apperr.At(string(at)+"/id", "duplicate"))
	}
	return o, !repeated || isListed(at), nil
}

func (d *Document) person(at jsontext.Pointer, raw jsontext.Value, id string) (string, error) {
	o, isNew, err := readObject(d, "person", at, raw, id, func(p *personObject) *common { return &p.common })
	if err != nil {
		return "", err
	}
	if isNew {
		d.People = append(d.People, o)
	}
	return o.Key, eachOf(at+"/memberships", o.Value.Memberships, func(at jsontext.Pointer, raw jsontext.Value) error {
		return d.member(at, raw, func(m *membershipObject) { m.PersonID = o.Key })
	})
}

// isListed reports whether a pointer leads to an element of a list of the document, not to an embedded object.
func isListed(at jsontext.Pointer) bool { return at.Parent().Parent() == "" }

func (d *Document) organization(at jsontext.Pointer, raw jsontext.Value, id string) (string, error) {
	o, isNew, err := readObject(d, "organization", at, raw, id, func(p *organizationObject) *common { return &p.common })
	if err != nil {
		return "", err
	}
	if isNew {
		d.Organizations = append(d.Organizations, o)
	}
	if o.Value.ParentID, err = keyOf(d.organization, at+"/parent", o.Value.Parent, o.Value.ParentID); err != nil {
		return "", err
	}
	err = eachOf(at+"/posts", o.Value.Posts, func(at jsontext.Pointer, raw jsontext.Value) error {
		_, err := d.postOf(at, raw, "", o.Key)
		return err
	})
	if err != nil {
		return "", err
	}
	return o.Key, eachOf(at+"/memberships", o.Value.Memberships, func(at jsontext.Pointer, raw jsontext.Value) error {
		return d.member(at, raw, func(m *membershipObject) { m.OrganizationID = o.Key })
	})
}

func (d *Document) post(at jsontext.Pointer, raw jsontext.Value, id string) (string, error) {
	return d.postOf(at, raw, id, "")
}

// postOf reads a post. The registry stores it as the title of its memberships.
func (d *Document) postOf(at jsontext.Pointer, raw jsontext.Value, id, organization string) (string, error) {
	o, _, err := readObject(d, "post", at, raw, id, func(p *postObject) *common { return &p.common })
	if err != nil {
		return "", err
	}
	if o.Value.OrganizationID, err = keyOf(d.organization, at+"/organization", o.Value.Organization, o.Value.OrganizationID); err != nil {
		return "", err
	}
	if o.Value.OrganizationID == "" {
		o.Value.OrganizationID = organization
	}
	d.posts[o.Key] = o.Value
	return o.Key, eachOf(at+"/memberships", o.Value.Memberships, func(at jsontext.Pointer, raw jsontext.Value) error {
		return d.member(at, raw, func(m *membershipObject) { m.PostID = o.Key })
	})
}

func (d *Document) membership(at jsontext.Pointer, raw jsontext.Value, _ string) (string, error) {
	return "", d.member(at, raw, func(*membershipObject) {})
}

// member reads a membership. complete sets what follows from the object that embeds it.
func (d *Document) member(at jsontext.Pointer, raw jsontext.Value, complete func(*membershipObject)) error {
	o, isNew, err := readObject(d, "membership", at, raw, "", func(p *membershipObject) *common { return &p.common })
	if err != nil || !isNew {
		return err
	}
	complete(&o.Value)
	m := &o.Value
	if m.PersonID, err = keyOf(d.person, at+"/person", m.Person, m.PersonID); err != nil {
		return err
	}
	if m.OrganizationID, err = keyOf(d.organization, at+"/organization", m.Organization, m.OrganizationID); err != nil {
		return err
	}
	if m.PostID, err = keyOf(d.post, at+"/post", m.Post, m.PostID); err != nil {
		return err
	}
	d.Memberships = append(d.Memberships, o)
	return nil
}

func (d *Document) event(at jsontext.Pointer, raw jsontext.Value, id string) (string, error) {
	return d.eventOf(at, raw, id, "")
}

func (d *Document) eventOf(at jsontext.Pointer, raw jsontext.Value, id, parent string) (string, error) {
	o, isNew, err := readObject(d, "event", at, raw, id, func(p *eventObject) *common { return &p.common })
	switch {
	case err != nil:
		return "", err
	case !isNew:
		return o.Key, nil
	}
	e := &o.Value
	d.Events = append(d.Events, o)
	if e.OrganizationID, err = keyOf(d.organization, at+"/organization", e.Organization, e.OrganizationID); err != nil {
		return "", err
	}
	if e.ParentID == "" {
		e.ParentID = parent
	}
	if e.ParentID, err = keyOf(d.event, at+"/parent", e.Parent, e.ParentID); err != nil {
		return "", err
	}
	seen := map[string]bool{}
	err = eachOf(at+"/attendees", e.Attendees, func(at jsontext.Pointer, raw jsontext.Value) error {
		key, err := d.person(at, raw, "")
		if !seen[key] {
			e.attendees, seen[key] = append(e.attendees, key), true
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return o.Key, eachOf(at+"/children", e.Children, func(at jsontext.Pointer, raw jsontext.Value) error {
		_, err := d.eventOf(at, raw, "", o.Key)
		return err
	})
}
