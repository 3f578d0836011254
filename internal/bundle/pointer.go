package bundle

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
)

// pointer returns the JSON pointer to the i-th member of a list.
func pointer(list string, i int) string { return "/" + list + "/" + strconv.Itoa(i) }

// byPointer orders errors by their pointers.
func byPointer(a, b apperr.Field) int { return comparePointers(a.Pointer, b.Pointer) }

// comparePointers orders pointers by their tokens, numbers by value: "/people/9" before "/people/10".
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

// irregularMembers are the members of inputs whose name in a bundle does not follow from leaving out "_id" or "_ids".
var irregularMembers = map[string]string{"person_ids": "people", "attendee_id": "speaker"}

// translate turns a pointer into the input of a resource into one into the part of the bundle that it was built from:
// "/organization_id" becomes "/organization", "/topic_ids/2" becomes "/topics/2".
func translate(pointer string) string {
	tokens := strings.Split(pointer, "/")
	for i, t := range tokens {
		if member, ok := irregularMembers[t]; ok {
			tokens[i] = member
		} else if base, ok := strings.CutSuffix(t, "_ids"); ok && base != "external" {
			tokens[i] = base + "s"
		} else {
			tokens[i] = strings.TrimSuffix(t, "_id")
		}
	}
	return strings.TrimSuffix(strings.Join(tokens, "/"), "/")
}

// within turns a pointer into the input of a resource into one into the document. at is the part that the input was
// built from.
func within(at, pointer string) string {
	switch {
	case at == "/round_table" && pointer == "/parent_id": // the only member of a bundle that is an id of another record
		return at + pointer
	case at == "/round_table" && strings.HasPrefix(pointer, "/document_links"):
		return "/documents"
	}
	return at + translate(pointer)
}

// under returns the error of a write with its pointers in the document. at is the part that was written.
func under(at string, err error) error {
	return located(err, func(pointer string) string { return within(at, pointer) })
}

// located returns err with the pointers that locate returns.
func located(err error, locate func(pointer string) string) error {
	var known *apperr.Error
	if !errors.As(err, &known) || len(known.Fields) == 0 {
		return err
	}
	inDocument := *known
	inDocument.Fields = slices.Clone(known.Fields)
	for i := range inDocument.Fields {
		f := &inDocument.Fields[i]
		f.Pointer = locate(f.Pointer)
	}
	return &inDocument
}
