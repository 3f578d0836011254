package popolo

import (
	"bytes"
	"cmp"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/input"

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
	terms   map[string]eventObject // legislative periods, which date memberships
	keys    map[string]bool        // of the objects so far, by class and key: "person people/1"
	err     error                  // the first failure: of the schemas themselves, or too many objects
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
	Start   string `json:"start_date"`
	EndDate string `json:"end_date"`
}

// common has the properties of all classes.
type common struct {
	ID      string       `json:"id"`
	Sources []linkObject `json:"sources"`
}

func (c *common) base() *common { return c }

type personObject struct {
	common
	Name        string             `json:"name"`
	Given       string             `json:"given_name"`
	Additional  string             `json:"additional_name"`
	Family      string             `json:"family_name"`
	Prefix      string             `json:"honorific_prefix"`
	Biography   string             `json:"biography" lines:"keep"`
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
	Label          string             `json:"label"`
	Role           string             `json:"role"`
	PersonID       string             `json:"person_id"`
	Person         jsontext.Value     `json:"person"`
	OrganizationID string             `json:"organization_id"`
	Organization   jsontext.Value     `json:"organization"`
	PostID         string             `json:"post_id"`
	Post           jsontext.Value     `json:"post"`
	From           string             `json:"start_date"`
	To             string             `json:"end_date"`
	TermID         string             `json:"legislative_period_id"`
	Identifiers    []identifierObject `json:"identifiers"` // not of Popolo: exports have them
}

type eventObject struct {
	common
	Name           string             `json:"name"`
	Description    string             `json:"description" lines:"keep"`
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
	d := &Document{Ignored: []string{}, posts: map[string]postObject{}, terms: map[string]eventObject{}, keys: map[string]bool{}}
	var mistakes []apperr.Field
	found := false
	for _, list := range []struct {
		name string
		read reader
	}{
		{"organizations", d.organization}, {"persons", d.person}, {"posts", d.post}, {"memberships", d.membership}, {"events", d.event},
	} {
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
		for at, element := range eachOf(jsontext.Pointer("/"+list.name), elements) {
			list.read(at, element, "", "")
		}
	}
	if !found && mistakes == nil {
		mistakes = append(mistakes, apperr.At("", "no_popolo"))
	}
	d.Ignored = append(d.Ignored, firstNames(members)...)
	return d, cmp.Or(d.err, apperr.Validation(mistakes))
}

// maxIgnored is how many names of ignored properties are reported.
const maxIgnored = 100

// firstNames returns the first names of an object in the order of the alphabet.
func firstNames(members map[string]jsontext.Value) []string {
	names := slices.Sorted(maps.Keys(members))
	return names[:min(len(names), maxIgnored)]
}

// eachOf returns the elements of a list with their pointers.
func eachOf(list jsontext.Pointer, elements []jsontext.Value) iter.Seq2[jsontext.Pointer, jsontext.Value] {
	return func(yield func(jsontext.Pointer, jsontext.Value) bool) {
		for i, element := range elements {
			if !yield(list.AppendToken(strconv.Itoa(i)), element) {
				return
			}
		}
	}
}

// reader reads an object of a list or an embedded one, and returns its key. id is the key of an object without one, owner
// that of the object whose list embeds it.
type reader func(at jsontext.Pointer, raw jsontext.Value, id, owner string) (key string)

// refer replaces the key of another object by that of the object embedded at at, if there is one.
func refer(key *string, read reader, at jsontext.Pointer, raw jsontext.Value) {
	if len(raw) > 0 && raw.Kind() != 'n' {
		*key = read(at, raw, *key, "")
	}
}

// readObject reads an object of a class. isNew reports whether it belongs in its list: an embedded
// object with the key of an earlier one does not, and a listed one is a duplicate.
func readObject[T any, P interface {
	*T
	base() *common
}](d *Document, class string, at jsontext.Pointer, raw jsontext.Value, id string) (o *Listed[T], isNew bool) {
	o = &Listed[T]{At: at, Key: id, Ignored: []string{}}
	if d.objects++; d.objects > imports.MaxRows {
		d.err = cmp.Or(d.err, error(apperr.New(apperr.Invalid, "file_too_many_rows", "max", strconv.Itoa(imports.MaxRows))))
		return o, false
	}
	isListed := at.Parent().Parent() == "" // not embedded
	if isListed && !isSmall(raw) {
		o.Mistakes = []apperr.Field{apperr.At(string(at), "object_too_large", "max", strconv.Itoa(maxValues))}
		return o, true
	}
	used, own, rest := usedOf[T](raw)
	mistakes, err := Check(class, at, own)
	d.err = cmp.Or(d.err, err)
	if o.Mistakes = apperr.Shorten(mistakes, apperr.MaxFields); len(mistakes) == 0 {
		if err := json.Unmarshal(used, &o.Value); err != nil {
			o.Mistakes = append(o.Mistakes, apperr.At(string(at), "bad_value"))
		}
		input.Clean(&o.Value) // what is compared with stored texts must be written as they are
	}
	c := P(&o.Value).base()
	if len(o.Mistakes) > 0 {
		_ = json.Unmarshal(raw, &struct{ ID *string }{&c.ID}, json.MatchCaseInsensitiveNames(true)) // others may refer to it
	}
	o.Key = cmp.Or(c.ID, o.Key, string(at))
	o.Ignored = append(o.Ignored, firstNames(rest)...)
	repeated := d.keys[class+" "+o.Key]
	d.keys[class+" "+o.Key] = true
	if repeated && isListed {
		o.Mistakes = append(o.Mistakes, apperr.At(string(at)+"/id", "duplicate"))
	}
	return o, !repeated || isListed
}

// termClasses are the classifications of events that are legislative periods, without space and case.
var termClasses = []string{"legislativeperiod", "legislativeterm", "parliamentaryterm", "term"}

func (e *eventObject) isTerm() bool {
	class := strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(e.Classification))
	return slices.Contains(termClasses, class)
}

// maxValues is how many values a listed object may have with everything that is embedded in it: the schemas find a mistake in
// each of them.
const maxValues = 200_000

// isSmall reports whether an object has at most maxValues.
func isSmall(raw jsontext.Value) bool {
	decoder := jsontext.NewDecoder(bytes.NewReader(raw))
	for n := 0; n <= maxValues; n++ {
		if _, err := decoder.ReadToken(); err != nil {
			return true
		}
	}
	return false
}

func (d *Document) person(at jsontext.Pointer, raw jsontext.Value, id, _ string) string {
	o, isNew := readObject[personObject](d, "person", at, raw, id)
	if isNew {
		d.People = append(d.People, o)
	}
	for at, raw := range eachOf(at+"/memberships", o.Value.Memberships) {
		d.member(at, raw, membershipObject{PersonID: o.Key})
	}
	return o.Key
}

func (d *Document) organization(at jsontext.Pointer, raw jsontext.Value, id, _ string) string {
	o, isNew := readObject[organizationObject](d, "organization", at, raw, id)
	if isNew {
		d.Organizations = append(d.Organizations, o)
	}
	refer(&o.Value.ParentID, d.organization, at+"/parent", o.Value.Parent)
	for at, raw := range eachOf(at+"/posts", o.Value.Posts) {
		d.post(at, raw, "", o.Key)
	}
	for at, raw := range eachOf(at+"/memberships", o.Value.Memberships) {
		d.member(at, raw, membershipObject{OrganizationID: o.Key})
	}
	return o.Key
}

// post reads a post. The registry stores it as the title of its memberships.
func (d *Document) post(at jsontext.Pointer, raw jsontext.Value, id, organization string) string {
	o, _ := readObject[postObject](d, "post", at, raw, id)
	refer(&o.Value.OrganizationID, d.organization, at+"/organization", o.Value.Organization)
	o.Value.OrganizationID = cmp.Or(o.Value.OrganizationID, organization)
	d.posts[o.Key] = o.Value
	for at, raw := range eachOf(at+"/memberships", o.Value.Memberships) {
		d.member(at, raw, membershipObject{PostID: o.Key})
	}
	return o.Key
}

func (d *Document) membership(at jsontext.Pointer, raw jsontext.Value, _, _ string) string {
	return d.member(at, raw, membershipObject{})
}

// member reads a membership. of has the key of the object that embeds it, which prevails.
func (d *Document) member(at jsontext.Pointer, raw jsontext.Value, of membershipObject) string {
	o, isNew := readObject[membershipObject](d, "membership", at, raw, "")
	if !isNew {
		return o.Key
	}
	m := &o.Value
	m.PersonID = cmp.Or(of.PersonID, m.PersonID)
	m.OrganizationID = cmp.Or(of.OrganizationID, m.OrganizationID)
	m.PostID = cmp.Or(of.PostID, m.PostID)
	refer(&m.PersonID, d.person, at+"/person", m.Person)
	refer(&m.OrganizationID, d.organization, at+"/organization", m.Organization)
	refer(&m.PostID, d.post, at+"/post", m.Post)
	d.Memberships = append(d.Memberships, o)
	return o.Key
}

func (d *Document) event(at jsontext.Pointer, raw jsontext.Value, id, parent string) string {
	o, isNew := readObject[eventObject](d, "event", at, raw, id)
	if !isNew {
		return o.Key
	}
	e := &o.Value
	if len(o.Mistakes) > 0 { // a period that cannot be read dates nothing, and is no round table either
		_ = json.Unmarshal(raw, &struct {
			Classification *string `json:"classification"`
		}{&e.Classification})
	}
	if e.isTerm() {
		d.terms[o.Key] = *e
		return o.Key
	}
	d.Events = append(d.Events, o)
	refer(&e.OrganizationID, d.organization, at+"/organization", e.Organization)
	e.ParentID = cmp.Or(e.ParentID, parent)
	refer(&e.ParentID, d.event, at+"/parent", e.Parent)
	seen := map[string]bool{}
	for at, raw := range eachOf(at+"/attendees", e.Attendees) {
		if key := d.person(at, raw, "", ""); !seen[key] {
			e.attendees, seen[key] = append(e.attendees, key), true
		}
	}
	for at, raw := range eachOf(at+"/children", e.Children) {
		d.event(at, raw, "", o.Key)
	}
	return o.Key
}
