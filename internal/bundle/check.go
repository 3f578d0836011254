package bundle

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/roundtable"
)

// Check returns the errors that no tag of the document states: duplicate keys, and everything that input.Check finds in
// the inputs of the resources that the document is written to. It needs no database.
func (in *Input) Check() []apperr.Field {
	fields := slices.Concat(in.checkKeys(), in.checkMentions(), in.checkParts())
	slices.SortStableFunc(fields, byPointer)
	return slices.CompactFunc(fields, func(a, b apperr.Field) bool { return a.Pointer == b.Pointer }) // the first is the cause
}

func (in *Input) checkKeys() (fields []apperr.Field) {
	unique := func(list string, n int, key func(int) *string) {
		seen := map[string]bool{}
		for i := range n {
			if k := key(i); k != nil {
				if seen[*k] {
					fields = append(fields, apperr.At(pointer(list, i)+"/key", "duplicate"))
				}
				seen[*k] = true
			}
		}
	}
	unique("attendees", len(in.Attendees), func(i int) *string { return in.Attendees[i].Key })
	unique("statements", len(in.Statements), func(i int) *string { return in.Statements[i].Key })
	unique("documents", len(in.Documents), func(i int) *string { return in.Documents[i].Key })
	return fields
}

// checkMentions checks every mention of a person, an organization, a place or a topic by itself, also of an existing
// record. Names and required members are checked later, and only for new records: see records.checkNew.
func (in *Input) checkMentions() (fields []apperr.Field) {
	in.eachMention(visitor{
		person:       func(at string, x Person) { fields = append(fields, people.checkMention(at, x)...) },
		organization: func(at string, x Organization) { fields = append(fields, organizations.checkMention(at, x)...) },
		place:        func(at string, x Place) { fields = append(fields, places.checkMention(at, x)...) },
		topic:        func(at string, x Topic) { fields = append(fields, topics.checkMention(at, x)...) },
		placeName:    func(string, string) {},
		topicLabel:   func(string, string) {},
	})
	return fields
}

func (t recordType[T]) checkMention(at string, x T) (fields []apperr.Field) {
	for _, f := range t.check("", x) {
		if !isMissing(f) {
			f.Pointer = at + t.translate("", x, f.Pointer)
			fields = append(fields, f)
		}
	}
	return fields
}

// isMissing reports whether a member of the record itself is absent. Another mention of the record may have it, and an
// existing record does not need it.
func isMissing(f apperr.Field) bool {
	return f.Code == "required" && strings.Count(f.Pointer, "/") == 1
}

// checkParts checks the parts of the event. Stand-ins take the place of the ids, which are not known yet.
func (in *Input) checkParts() (fields []apperr.Field) {
	p := parts{in: in, lang: in.textLang(), ids: new(standIns)}
	check := func(at string, from, part any) {
		for _, f := range checkPart(from, part) {
			f.Pointer = within(at, f.Pointer)
			fields = append(fields, f)
		}
	}
	if !reflect.ValueOf(in.RoundTable).IsZero() { // else the tag reports it
		r := p.roundTable()
		for _, f := range checkPart(&in.RoundTable, &r) {
			f.Pointer = in.roundTablePointer(f.Pointer)
			fields = append(fields, f)
		}
		in.adoptRelations(r.DocumentLinks)
	}
	for i := range in.Documents {
		for _, f := range checkPart(&in.Documents[i], new(p.document(i))) {
			if !isMissing(f) {
				f.Pointer = within(pointer("documents", i), f.Pointer)
				fields = append(fields, f)
			}
		}
	}
	for i := range in.Organizers {
		check(pointer("organizers", i), &in.Organizers[i], new(p.organizer(i)))
	}
	for i := range in.Attendees {
		check(pointer("attendees", i), &in.Attendees[i], new(p.attendee(i)))
	}
	for i := range in.Statements {
		check(pointer("statements", i), &in.Statements[i], new(p.statement(i)))
	}
	for i := range in.Recommendations {
		check(pointer("recommendations", i), &in.Recommendations[i], new(p.recommendation(i)))
	}
	return fields
}

// checkPart checks the input that a part of the document was built from, both pointers to structs, and writes the codes that its
// labels mean into the part.
func checkPart(from, in any) []apperr.Field {
	fields := input.Check(in)
	part, checked := reflect.ValueOf(from).Elem(), reflect.ValueOf(in).Elem()
	for _, f := range reflect.VisibleFields(checked.Type()) {
		if to := part.FieldByName(f.Name); to.IsValid() && to.Kind() == reflect.String && strings.Contains(f.Tag.Get("validate"), "oneof=") {
			to.SetString(checked.FieldByIndex(f.Index).String())
		}
	}
	return fields
}

// adoptRelations writes the codes that labels mean into the relations of the documents, from which the links were built.
func (in *Input) adoptRelations(links []roundtable.DocumentLink) {
	for i := range in.Documents {
		if d := &in.Documents[i]; d.Relation != nil {
			d.Relation, links = &links[0].Relation, links[1:]
		}
	}
}

// roundTablePointer turns a pointer into the input of the round table into one into the document. The links of the
// round table are those documents that have a relation.
func (in *Input) roundTablePointer(pointer string) string {
	rest, isLink := strings.CutPrefix(pointer, "/document_links/")
	if !isLink {
		return within("/round_table", pointer)
	}
	index, member, _ := strings.Cut(rest, "/")
	link, err := strconv.Atoi(index)
	for i, d := range in.Documents {
		if d.Relation == nil {
			continue
		}
		if link--; err == nil && link < 0 {
			return "/documents/" + strconv.Itoa(i) + "/" + member
		}
	}
	return "/documents"
}

// standIns are ids for a check without the database: positive, and no two are the same.
type standIns struct{ last int64 }

func (s *standIns) next() int64 {
	s.last++
	return s.last
}

func (s *standIns) eventID() int64                    { return s.next() }
func (s *standIns) personID(Person) int64             { return s.next() }
func (s *standIns) organizationID(Organization) int64 { return s.next() }
func (s *standIns) placeID(string) int64              { return s.next() }
func (s *standIns) topicID(string) int64              { return s.next() }
func (s *standIns) documentID(int) int64              { return s.next() }
func (s *standIns) namedDocumentID(string) int64      { return s.next() }
func (s *standIns) speakerID(int) int64               { return s.next() }
func (s *standIns) statementID(string) int64          { return s.next() }
