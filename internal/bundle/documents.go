package bundle

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
)

// documents are the documents of the bundle and the names by which the rest of it refers to them.
type documents struct {
	found   []apperr.Candidate // of each document; a negative ID, that of the first mention: to be created
	reasons [][]spelling.Reason
	byName  map[string]int // key or comparable title -> index in the bundle

	united    []United
	mistakes  []apperr.Field
	questions []question
}

// resolveDocuments finds the existing documents by id, address, number or title, and checks the references to documents.
func (p *plan) resolveDocuments(ctx context.Context, db pg.DB) error {
	p.documents.byName = map[string]int{}
	found, err := existing(ctx, db, p.in.Documents)
	if err != nil {
		return err
	}
	for i := range p.in.Documents {
		p.documents.add(i, pointer("documents", i), &p.in.Documents[i], found[strconv.Itoa(i)])
	}
	if err := p.findByTitles(ctx, db); err != nil {
		return err
	}
	for i, s := range p.in.Statements {
		at := pointer("statements", i)
		p.checkDocumentName(at+"/document", s.Document)
		if s.Mentions != nil {
			for j := range s.Mentions.Documents {
				p.checkDocumentName(at+"/mentions"+pointer("documents", j), &s.Mentions.Documents[j])
			}
		}
	}
	for i, r := range p.in.Recommendations {
		p.checkDocumentName(pointer("recommendations", i)+"/evidence_document", r.EvidenceDocument)
	}
	return nil
}

func (d *documents) add(i int, at string, x *Document, found []apperr.Candidate) {
	d.found, d.reasons = append(d.found, apperr.Candidate{ID: -int64(i) - 1}), append(d.reasons, nil)
	switch {
	case x.New && x.ID != nil:
		d.mistakes = append(d.mistakes, apperr.At(at+"/new", "new_with_id"))
	case len(found) == 1:
		reason := spelling.Reason{Feature: "id", Record: found[0].Name, Score: 1}
		if x.ID != nil {
			reason.Query = strconv.FormatInt(*x.ID, 10)
		} else {
			reason.Feature, reason.Query = "url", *x.URL
		}
		d.found[i], d.reasons[i] = found[0], []spelling.Reason{reason}
	case len(found) > 1:
		d.questions = append(d.questions, askAboutDocument(at, *x.URL, found))
	case x.ID != nil:
		d.mistakes = append(d.mistakes, apperr.At(at+"/id", "unknown_reference"))
	case x.Title == nil:
		d.mistakes = append(d.mistakes, apperr.At(at+"/title", "required"))
	}
	if x.Key != nil {
		d.byName[*x.Key] = i
	}
	for _, title := range x.Title {
		if _, taken := d.byName[names.Key(title)]; !taken { // documents with the same title differ by their keys
			d.byName[names.Key(title)] = i
		}
	}
}

// askAboutDocument asks which of the documents with an address is meant.
func askAboutDocument(at, url string, found []apperr.Candidate) question {
	list := make([]DoubtfulCandidate, len(found))
	for i, c := range found {
		list[i] = DoubtfulCandidate{ID: &c.ID, Score: 1, Reasons: []spelling.Reason{{Feature: "url", Query: url, Record: url, Score: 1}}}
	}
	return question{Doubtful{at, document.Type, url, list}, []apperr.Field{ambiguousName(at+"/url", url, found)}, true}
}

// findByTitles finds the documents that neither an id nor an address has found. One that is certainly registered, or mentioned before,
// is that document; what is uncertain is a question.
func (p *plan) findByTitles(ctx context.Context, db pg.DB) error {
	d := &p.documents
	var unknown []int
	var list []document.Named
	for i, x := range p.in.Documents {
		at := pointer("documents", i)
		isRejected := slices.ContainsFunc(d.questions, func(q question) bool { return q.Pointer == at })
		if d.found[i].ID < 0 && !isRejected && !x.New && x.ID == nil && x.Title != nil {
			unknown = append(unknown, i)
			list = append(list, document.Named{Title: x.Title, Kind: x.Kind, URL: x.URL, PublishedOn: x.PublishedOn})
		}
	}
	if list == nil {
		return nil
	}
	found, err := document.FindSame(ctx, db, list)
	if err != nil {
		return err
	}
	for n, i := range unknown {
		if d.decide(pointer("documents", i), p.in.Documents[i].Title, i, found[n]) {
			continue
		}
		for m, j := range unknown[:n] {
			isUnited := d.found[j].ID < 0 && !d.isNew(j) // the mention that it was united with knows all its titles
			key, other := p.in.Documents[i].Key, p.in.Documents[j].Key
			if !isUnited && (key == nil || other == nil) && document.IsSame(list[m], list[n]) {
				p.uniteDocuments(i, j)
				list[m].Add(list[n])
				break
			}
		}
	}
	return nil
}

// uniteDocuments makes the i-th document the j-th one. If that is registered, so is this one. A new one takes over what only the i-th
// mention says, such as its title in another language.
func (p *plan) uniteDocuments(i, j int) {
	d, x, first := &p.documents, &p.in.Documents[i], &p.in.Documents[j]
	name := title(first.Title)
	reasons := []spelling.Reason{{Feature: "title", Query: title(x.Title), Record: name, Score: 1}}
	if x.URL != nil && first.URL != nil && document.PlainURL(*x.URL) == document.PlainURL(*first.URL) {
		reasons[0].Feature, reasons[0].Query, reasons[0].Record = "url", *x.URL, *first.URL
	}
	d.found[i] = d.found[j]
	if d.found[j].ID > 0 {
		d.reasons[i] = reasons
		return
	}
	first.Key = cmp.Or(first.Key, x.Key) // a document with another key is another one
	titles := maps.Clone(x.Title)
	maps.Copy(titles, first.Title)
	first.Title = titles
	if first.Kind == "" || first.Kind == "other" {
		first.Kind = x.Kind
	}
	first.URL, first.Language = cmp.Or(first.URL, x.URL), cmp.Or(first.Language, x.Language)
	if x.PublishedOn != nil && (first.PublishedOn == nil || len(*first.PublishedOn) < len(*x.PublishedOn)) {
		first.PublishedOn = x.PublishedOn
	}
	first.Authors = append(slices.Clip(first.Authors), x.Authors...)
	d.united = append(d.united, United{pointer("documents", i), document.Type, pointer("documents", j), name, 1, reasons})
}

// decide takes the registered document that a title means, or asks. It returns false if the document is new.
func (d *documents) decide(at string, x text.Map, i int, found []document.Same) bool {
	if len(found) == 0 {
		return false
	}
	candidate := func(s document.Same) apperr.Candidate {
		return apperr.Candidate{ID: s.ID, Name: s.Name, Score: spelling.Rounded(s.Score)}
	}
	name := title(x)
	reasons := func(s document.Same) []spelling.Reason {
		return []spelling.Reason{{Feature: s.Feature, Query: name, Record: s.Name, Score: spelling.Rounded(s.Score)}}
	}
	isRival := func(s document.Same) bool { return s.Certain && (s.Act || !found[0].Act) }
	if found[0].Certain && !slices.ContainsFunc(found[1:], isRival) {
		d.found[i], d.reasons[i] = candidate(found[0]), reasons(found[0])
		return true
	}
	found = found[:min(len(found), maxCandidates)]
	q := question{Doubtful: Doubtful{at, document.Type, name, make([]DoubtfulCandidate, len(found))}}
	candidates := make([]apperr.Candidate, len(found))
	for i, s := range found {
		candidates[i] = candidate(s)
		q.Candidates[i] = DoubtfulCandidate{ID: &s.ID, Name: s.Name, Score: candidates[i].Score, Reasons: reasons(s)}
	}
	q.fields = []apperr.Field{ambiguousName(at, name, candidates)}
	d.questions = append(d.questions, q)
	return true
}

// existing returns the documents that exist by the index of those of the bundle that have their id or address.
func existing(ctx context.Context, db pg.DB, list []Document) (map[string][]apperr.Candidate, error) {
	var indexes []string
	var ids []*int64
	var urls []*string
	for i, d := range list {
		if d.ID != nil || d.URL != nil && !d.New {
			url := d.URL
			if url != nil {
				url = new(document.PlainURL(*url))
			}
			indexes, ids, urls = append(indexes, strconv.Itoa(i)), append(ids, d.ID), append(urls, url)
		}
	}
	if indexes == nil {
		return nil, nil
	}
	return pg.Candidates(ctx, db, `SELECT g.index, f.id, f.name FROM unnest(@indexes::text[], @ids::bigint[], @urls::text[]) g(index, id, url)
		CROSS JOIN LATERAL (SELECT d.id, text_sort_key(d.title) AS name FROM documents d WHERE d.id = g.id
			UNION ALL (SELECT d.id, text_sort_key(d.title) FROM documents d WHERE g.id IS NULL AND d.url = g.url ORDER BY d.id LIMIT 10)) f ORDER BY f.id`,
		pg.Args{"indexes": indexes, "ids": ids, "urls": urls})
}

// news returns the indexes of the documents to create, each at its first mention.
func (d *documents) news() (list []int) {
	for i := range d.found {
		if d.isNew(i) {
			list = append(list, i)
		}
	}
	return list
}

func (d *documents) isNew(i int) bool { return d.found[i].ID == -int64(i)-1 }

// countNew counts the documents that are certainly new.
func (d *documents) countNew() (n int) {
	for _, i := range d.news() {
		if !slices.ContainsFunc(d.questions, func(q question) bool { return q.Pointer == pointer("documents", i) }) {
			n++
		}
	}
	return n
}

// setIDs gives the new documents, as news lists them, their ids.
func (d *documents) setIDs(ids []int64) {
	created := map[int64]int64{}
	for n, i := range d.news() {
		created[d.found[i].ID] = ids[n]
	}
	for i, c := range d.found {
		if c.ID < 0 {
			d.found[i].ID = created[c.ID]
		}
	}
}

// index returns the index in the bundle of the document with the key or title.
func (d *documents) index(name string) (int, bool) {
	if i, ok := d.byName[name]; ok {
		return i, true
	}
	i, ok := d.byName[names.Key(name)]
	return i, ok
}

// checkDocumentName rejects a key or title that no document of the bundle has.
func (p *plan) checkDocumentName(at string, name *string) {
	if name == nil {
		return
	}
	if _, ok := p.documents.index(*name); !ok {
		p.mistakes = append(p.mistakes, apperr.At(at, "unknown_document", "value", *name))
	}
}
