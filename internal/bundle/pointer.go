package bundle

import (
	"cmp"
	"errors"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
)

// pointer gives the JSON pointer to the i-th member of a list.
func pointer(list string, i int) string { return "/" + list + "/" + strconv.Itoa(i) }

// comparePointers orders pointers as a reader meets them: "/people/9" before "/people/10".
func comparePointers(a, b string) int {
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	for i := range min(len(as), len(bs)) {
		n, err := strconv.Atoi(as[i])
		m, other := strconv.Atoi(bs[i])
		order := strings.Compare(as[i], bs[i])
		if err == nil && other == nil {
			order = cmp.Compare(n, m)
		}
		if order != 0 {
			return order
		}
	}
	return cmp.Compare(len(as), len(bs))
}

// ownWords are the fields of resources that a bundle calls otherwise than by leaving out "_id".
var ownWords = map[string]string{
	"person_ids": "people", "attendee_id": "speaker",
}

// translate turns a pointer into the input of a resource to one into the part of the bundle that it was made from:
// "/organization_id" is "/organization" there, "/topic_ids/2" is "/topics/2".
func translate(pointer string) string {
	tokens := strings.Split(pointer, "/")
	for i, t := range tokens {
		if own, ok := ownWords[t]; ok {
			tokens[i] = own
		} else if base, ok := strings.CutSuffix(t, "_ids"); ok && base != "external" {
			tokens[i] = base + "s"
		} else {
			tokens[i] = strings.TrimSuffix(t, "_id")
		}
	}
	return strings.TrimSuffix(strings.Join(tokens, "/"), "/")
}

// within gives the place in the document of a mistake that a resource found in what was made from the part at a pointer.
func within(at, pointer string) string {
	switch {
	case at == "/round_table" && pointer == "/parent_id": // the one id of another record that a document names as such
		return at + pointer
	case at == "/round_table" && strings.HasPrefix(pointer, "/document_links"):
		return "/documents"
	}
	return at + translate(pointer)
}

// under puts the mistakes of an error below the part of the document that the write was made from.
func under(at string, err error) error {
	var known *apperr.Error
	if !errors.As(err, &known) || len(known.Fields) == 0 {
		return err
	}
	placed := *known
	placed.Fields = make([]apperr.Field, len(known.Fields))
	for i, f := range known.Fields {
		f.Pointer = within(at, f.Pointer)
		placed.Fields[i] = f
	}
	return &placed
}
