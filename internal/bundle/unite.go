package bundle

import (
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
)

// Entries of a document that turn out to be one record.

// unite makes two entries one: e takes the details of x, and the names of x become other names of e.
func (r *records[T]) unite(x, e *entry[T], match candidate) {
	all := append(r.recordType.spellings(r.lang, e.details), r.recordType.spellings(r.lang, x.details)...)
	e.fill(x)
	kept := names.Keys(r.recordType.spellings(r.lang, e.details)...)
	for _, s := range all {
		key := names.Key(s)
		if key == "" || slices.Contains(kept, key) {
			continue
		}
		kept = append(kept, key)
		if !r.recordType.addOtherName(&e.details, text.OtherName{Text: s, Kind: "alias"}) {
			r.mistakes = append(r.mistakes, apperr.At(x.at, "other_names_full", "max", strconv.Itoa(text.MaxOtherNames)))
			break
		}
	}
	name := r.recordType.identity(e.details).name
	r.united = append(r.united, United{x.at, r.recordType.plural, e.at, name, spelling.Rounded(match.Score), match.reasons()})
	r.replace(x, e)
}

// uniteShortForms unites each person whom the document mentions by a surname, alone or with initials, with the one attendee
// whose name it fits, or else with the one other person. Attendees are listed one by one, so that two of them are not united.
// The short form does not become one of the names of the record: others share it.
func (r *records[T]) uniteShortForms() {
	for _, x := range slices.Clone(r.entries) {
		id := r.recordType.identity(x.details)
		if id.id != nil || id.isNew || len(id.externalIDs) > 0 || id.name == "" || r.hasFullName(x) {
			continue
		}
		var attendees, others []*entry[T]
		for _, e := range r.entries {
			switch {
			case e == x || !r.isShortFormOf(id.name, e):
			case e.attends:
				attendees = append(attendees, e)
			default:
				others = append(others, e)
			}
		}
		list := attendees
		if len(list) == 0 {
			list = others
		}
		switch {
		case len(list) == 0 || x.attends && len(attendees) > 0: // matching asks about two attendees
		case len(list) > 1:
			r.mistakes = append(r.mistakes, apperr.At(x.at, "several_of_the_name", "name", id.name))
		default:
			e := list[0]
			name := r.recordType.identity(e.details).name
			e.fill(x)
			e.attends = e.attends || x.attends
			score := spelling.Rounded(names.Score(names.Parse(id.name), names.Parse(name)))
			reason := spelling.Reason{Feature: "name", Query: id.name, Record: name, Score: score}
			r.united = append(r.united, United{x.at, r.recordType.plural, e.at, name, score, []spelling.Reason{reason}})
			r.replace(x, e)
		}
	}
}

// hasFullName reports whether one of the names of an entry is no short form.
func (r *records[T]) hasFullName(e *entry[T]) bool {
	return slices.ContainsFunc(r.recordType.queries(e.details), isFullName)
}

func isFullName(name string) bool { return name != "" && !names.Parse(name).IsShort() }

// isShortFormOf reports whether a name is certainly a short form of a name of an entry.
func (r *records[T]) isShortFormOf(name string, e *entry[T]) bool {
	short := names.Parse(name)
	return slices.ContainsFunc(r.recordType.spellings(r.lang, e.details), func(s string) bool {
		full := names.Parse(s)
		_, sure := names.ShortForm(short, full)
		return sure && !full.IsShort()
	})
}

// replace puts e in the place of x.
func (r *records[T]) replace(x, e *entry[T]) {
	r.entries = slices.DeleteFunc(r.entries, func(other *entry[T]) bool { return other == x })
	for key, other := range r.byName {
		if other == x {
			r.byName[key] = e
		}
	}
	for key, list := range r.namesakes {
		if slices.Contains(r.called(key), e) {
			list = slices.DeleteFunc(list, func(other *entry[T]) bool { return other == x || other == e && r.byName[key] == e })
		} else if i := slices.Index(list, x); i >= 0 {
			list[i] = e
		}
		if r.namesakes[key] = list; len(list) == 0 {
			delete(r.namesakes, key)
		}
	}
	for _, other := range r.entries {
		if other.parent == x {
			other.parent = e
		}
	}
	if e.parent == nil {
		e.parent = x.parent
	}
	e.affiliatedWith = append(e.affiliatedWith, x.affiliatedWith...)
	x.id = e.id
}
