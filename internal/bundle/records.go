package bundle

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"
)

// records holds the records of one type that the document mentions. The same name is the same record.
type records[T any] struct {
	recordType recordType[T]
	lang       string
	entries    []*entry[T]
	byName     map[string]*entry[T]
	namesakes  map[string][]*entry[T] // further entries of a name, which differ by their identifiers
	plain      map[string][]string    // pointers to the mentions of a name without an identifier
	byID       map[int64]*entry[T]

	matcher *nameMatcher // nil: records of this type are found by exact names only
	united  []United

	mistakes  []apperr.Field
	questions []question

	createDoubtful bool // create new records for names that may belong to existing ones
}

// entry is one record that the document mentions, once or more often.
type entry[T any] struct {
	at             string            // the first mention
	details        T                 // everything that the document says about it
	said           map[string]string // member of details -> pointer to where the document says it
	parent         *entry[T]
	affiliatedWith []*entry[Organization] // in the document; only of people
	attends        bool                   // the document lists it as an attendee; only of people

	id       int64 // negative: to be created
	name     string
	score    float64
	reasons  []spelling.Reason
	possible []PossibleDuplicate // of a new record

	exact      []spelling.Match   // the records with exactly the name
	candidates []apperr.Candidate // of a name in question
	doubtful   bool               // a question is about it
	spellings  []string           // names that the document gives beside the id
	distinct   []int64            // of a new record: those that its name fits, too
}

// possibleIDs returns the id of the record, or those of the candidates.
func (e *entry[T]) possibleIDs() (ids []int64) {
	if e.id > 0 {
		return []int64{e.id}
	}
	for _, c := range e.candidates {
		ids = append(ids, c.ID)
	}
	return ids
}

func newRecords[T any](t recordType[T], lang string, m *nameMatcher) *records[T] {
	return &records[T]{
		recordType: t, lang: lang, byName: map[string]*entry[T]{}, byID: map[int64]*entry[T]{}, matcher: m,
		namesakes: map[string][]*entry[T]{}, plain: map[string][]string{},
	}
}

func newEntry[T any](at string, details T) *entry[T] {
	e := &entry[T]{at: at, details: details, said: map[string]string{}}
	v := reflect.ValueOf(details)
	for i := range v.NumField() {
		if member := memberOf(v.Type().Field(i)); !v.Field(i).IsZero() {
			e.said[member] = at + "/" + member
		}
	}
	return e
}

func memberOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// fill takes over the members of another mention of the record that e does not have yet.
func (e *entry[T]) fill(from *entry[T]) {
	v, w := reflect.ValueOf(&e.details).Elem(), reflect.ValueOf(from.details)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			v.Field(i).Set(w.Field(i))
		}
	}
	said := maps.Clone(from.said)
	maps.Copy(said, e.said)
	e.said = said
}

// pointer returns where the document has a member of the record, or would have it.
func (e *entry[T]) pointer(member string) string {
	if at, ok := e.said[member]; ok {
		return at
	}
	return e.at + "/" + member
}

// add returns the entry of the record that is mentioned at the pointer. Details from several mentions are combined; of
// two that contradict, the first holds.
func (r *records[T]) add(at string, details T) *entry[T] { return r.addMention(newEntry(at, details)) }

// addName is add for a mention that is a plain string.
func (r *records[T]) addName(at, name string) *entry[T] {
	mention := newEntry(at, r.recordType.named(name))
	mention.said[r.recordType.name] = at
	return r.addMention(mention)
}

func (r *records[T]) addMention(mention *entry[T]) *entry[T] {
	at, id := mention.at, r.recordType.identity(mention.details)
	e := r.known(id)
	if e == nil {
		e = mention
		r.entries = append(r.entries, e)
	} else {
		e.fill(mention)
	}
	if id.id != nil {
		r.byID[*id.id] = e
		if !slices.Contains(e.spellings, id.name) {
			e.spellings = append(e.spellings, id.name)
		}
	}
	key := names.Key(id.name)
	if id.id == nil && !id.isNew && len(id.externalIDs) == 0 {
		r.plain[key] = append(r.plain[key], at)
	}
	if id.id == nil && key == "" {
		r.mistakes = append(r.mistakes, apperr.At(at, "no_name"))
		r.byName[""] = e // so that every mention has an entry
	}
	for _, key := range names.Keys(append([]string{id.name}, id.otherNames...)...) {
		if other, ok := r.byName[key]; ok && other != e {
			if r.areOthers(other, id) {
				if !slices.Contains(r.namesakes[key], e) {
					r.namesakes[key] = append(r.namesakes[key], e)
				}
				continue
			}
			r.mistakes = append(r.mistakes, apperr.At(at, "name_of_another", "pointer", other.at))
			continue
		}
		r.byName[key] = e
	}
	for _, key := range names.Keys(id.aliases...) {
		if r.byName[key] == nil {
			r.byName[key] = e
		}
	}
	return e
}

func (r *records[T]) known(id identity) *entry[T] {
	key := names.Key(id.name)
	if id.id != nil {
		if e, ok := r.byID[*id.id]; ok {
			return e
		}
		if key == "" {
			return nil
		}
	}
	for _, key := range append([]string{key}, names.Keys(id.aliases...)...) {
		for _, e := range r.called(key) {
			if !r.areOthers(e, id) {
				return e
			}
		}
	}
	return nil
}

// of returns the entry of a mention.
func (r *records[T]) of(mention T) *entry[T] { return r.known(r.recordType.identity(mention)) }

// ofName returns the entry of a mention that is a plain string.
func (r *records[T]) ofName(name string) *entry[T] { return r.of(r.recordType.named(name)) }

// linkParents adds the parents that the document names for new records. They need not be mentioned elsewhere in it.
func (r *records[T]) linkParents() {
	for i := 0; i < len(r.entries); i++ { // a parent may be new and have a parent itself
		e := r.entries[i]
		if id := r.recordType.identity(e.details); id.parent != nil && id.id == nil {
			e.parent = r.addName(e.pointer("parent"), *id.parent)
		}
	}
}

// rejectCycles rejects records that are their own ancestors.
func (r *records[T]) rejectCycles() {
	for _, e := range r.entries {
		for up, steps := e.parent, 0; up != nil; up, steps = up.parent, steps+1 {
			if up == e || steps > len(r.entries) {
				r.mistakes = append(r.mistakes, apperr.At(e.pointer("parent"), "cycle"))
				e.parent = nil
				break
			}
		}
	}
}

// resolve finds the existing records. A record that is given by id must exist. A name that several records have, or
// that is probably another spelling of an existing one, is ambiguous: the client decides.
func (r *records[T]) resolve(ctx context.Context, tx pg.DB) error {
	r.checkNamesakes()
	if r.recordType.attend {
		r.uniteShortForms()
	}
	known, err := r.load(ctx, tx)
	if err != nil {
		return err
	}
	var unknown []*entry[T]
	for i, e := range r.entries {
		e.id = -int64(i) - 1
		id := r.recordType.identity(e.details)
		if id.isNew {
			if id.id != nil {
				r.mistakes = append(r.mistakes, apperr.At(e.pointer("new"), "new_with_id"))
			}
			continue
		}
		found, reason := known.lookUp(id)
		if r.matcher != nil && reason.Feature == "name" { // others may have the name, too, or a similar one
			e.exact, found = r.exactMatches(e, known), nil
		}
		switch {
		case reason.Feature == "external_id" && known.contradict(found, id.externalIDs):
			f := apperr.At(e.pointer("external_ids"), "contradicting_identifiers")
			f.Candidates = found
			r.mistakes = append(r.mistakes, f, apperr.At(e.at, "contradicting_identifiers"))
		case r.isRejected(e):
		case len(found) == 1:
			reason.Record = found[0].Name
			e.take(found[0], reason)
		case len(found) > 1:
			r.askAbout(e, id.name, reason, true, found)
		case id.id != nil:
			r.mistakes = append(r.mistakes, apperr.At(e.pointer("id"), "unknown_reference"))
		case !r.isRejected(e): // else it is unclear which record the names belong to
			unknown = append(unknown, e)
		}
	}
	if r.matcher != nil && len(unknown) > 0 {
		if err := r.match(ctx, tx, unknown); err != nil {
			return err
		}
	}
	r.separate()
	r.rejectCycles()
	r.checkNew()
	return nil
}

func (r *records[T]) isRejected(e *entry[T]) bool {
	return slices.ContainsFunc(r.mistakes, func(f apperr.Field) bool { return f.Pointer == e.at })
}

func ambiguousName(at, name string, candidates []apperr.Candidate) apperr.Field {
	return apperr.Field{Pointer: at, Code: "ambiguous_name", Args: apperr.Args{"name": name}, Candidates: candidates}
}

func (e *entry[T]) take(c apperr.Candidate, reasons ...spelling.Reason) {
	e.id, e.name, e.score, e.reasons = c.ID, c.Name, c.Score, reasons
}

// checkNew checks the inputs of the records that will be created, with everything that the document says about each.
func (r *records[T]) checkNew() {
	for _, e := range r.entries {
		id := r.recordType.identity(e.details)
		if e.id > 0 || id.id != nil {
			continue
		}
		for _, f := range r.recordType.check(r.lang, e.details) {
			f.Pointer = r.locate(e, f.Pointer)
			if f.Pointer == e.pointer(r.recordType.name) && names.Key(id.name) == "" {
				continue // no_name reports it
			}
			r.mistakes = append(r.mistakes, f)
		}
	}
}

// locate turns a pointer into the resource's input into one into the mention that the value comes from.
func (r *records[T]) locate(e *entry[T], pointer string) string {
	pointer = r.recordType.translate(r.lang, e.details, pointer)
	if pointer == "" {
		return e.at
	}
	member, rest, below := strings.Cut(pointer[1:], "/")
	if below {
		rest = "/" + rest
	}
	return e.pointer(member) + rest
}

// report adds what was matched or united. Call it before write.
func (r *records[T]) report(to *Report) {
	for _, e := range r.entries {
		if e.id > 0 {
			to.Matched = append(to.Matched, Matched{e.at, r.recordType.plural, e.id, e.name, e.score, e.reasons})
		}
	}
	to.United = append(to.United, r.united...)
}

// news returns the records that were not found, parents first.
func (r *records[T]) news() (list []*entry[T]) {
	seen := map[*entry[T]]bool{}
	var add func(e *entry[T])
	add = func(e *entry[T]) {
		if e == nil || e.id > 0 || seen[e] {
			return
		}
		seen[e] = true
		add(e.parent)
		list = append(list, e)
	}
	for _, e := range r.entries {
		add(e)
	}
	return list
}

// insert adds the new records, as news lists them, to a batch, with these ids.
func (r *records[T]) insert(b *pg.Batch, list []*entry[T], ids []int64, to *Report) {
	for i, e := range list {
		e.id = ids[i]
		var parent *int64
		if e.parent != nil {
			parent = &e.parent.id
		}
		r.recordType.insert(b, e.id, r.lang, e.details, parent, func(err error) error {
			return located(err, func(pointer string) string { return r.locate(e, pointer) })
		})
		to.created(e.at, r.recordType.plural, e.id, r.recordType.identity(e.details).name)
		to.Created[len(to.Created)-1].Candidates = e.possible
		if r.matcher != nil {
			r.matcher.created.Set(e.id, r.recordType.spellings(r.lang, e.details))
		}
	}
}
