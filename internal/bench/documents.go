package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/bundle"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/embeddedpg"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// identityKey says who is who: by the type of record, the key of a spelling and the event, the record's usual name.
type identityKey map[[3]string]string

func (k identityKey) read(path, recordType string) error {
	return eachLine(path, func(line []byte) error {
		var r struct {
			Person        string   `json:"person"`
			Organization  string   `json:"organization"`
			Spellings     []string `json:"spellings"`
			EventIDs      []string `json:"event_ids"`
			MentionedOnly []string `json:"mentioned_only_in"`
		}
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		for _, s := range append(r.Spellings, r.Person+r.Organization) {
			for _, event := range slices.Concat(r.EventIDs, r.MentionedOnly) {
				k[[3]string{recordType, names.Key(s), event}] = r.Person + r.Organization
			}
		}
		return nil
	})
}

// documentLoader loads the events in the order of their dates, answers the questions as the identity key does, and counts.
type documentLoader struct {
	identityReport
	db      *pgxpool.Pool
	finders spelling.Finders
	key     identityKey
	learn   bool                        // whether the answers are remembered, as by default in POST /v1/bundles
	records map[string]map[int64]string // by type: whom each record stands for
	sums    map[string]*documentSums    // by type
	slowest time.Duration
	similar int // events that were taken for the same as another one: each is one of its own
}

// documentSums counts the names of a type. Of a name whose record exists: matched, asked, missed or wrong. Of a new one:
// wrong, or needlessly asked.
type documentSums struct{ known, matched, asked, askedOther, missed, wrong, new, needless int }

// loadDocuments loads the documents twice: without remembering the answers, and as the API does by default. Each time the registry
// is empty.
func loadDocuments(ctx context.Context, s identitySettings, r identityReport, say func(string, ...any)) (err error) {
	server, err := embeddedpg.Start(ctx, embeddedpg.Options{Dir: filepath.Join(s.dir, "postgres"), Settings: serverSettings})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	key := identityKey{}
	for file, recordType := range map[string]string{"people.jsonl": person.Type, "organizations.jsonl": organization.Type} {
		if err := key.read(filepath.Join(s.events, file), recordType); err != nil {
			return err
		}
	}
	for _, learn := range []bool{false, true} {
		events, err := readEvents(filepath.Join(s.events, "events.jsonl")) // anew: the loader changes them
		if err != nil {
			return err
		}
		url, err := freshDatabase(ctx, server.URL(), "bench_documents")
		if err != nil {
			return err
		}
		l := documentLoader{identityReport: r, key: key, learn: learn, records: map[string]map[int64]string{}, sums: map[string]*documentSums{}}
		if err := l.loadAll(ctx, url, events, say); err != nil {
			return err
		}
	}
	return nil
}

// loadAll writes the events, one after the other, into an empty registry and prints what was recognized.
func (l *documentLoader) loadAll(ctx context.Context, url string, events []*reportedEvent, say func(string, ...any)) error {
	db, err := pg.Open(ctx, url, pg.Options{MaxConns: 4})
	if err != nil {
		return err
	}
	defer db.Close()
	finders, err := spelling.NewFinders(db, person.Spellings, organization.Spellings)
	if err != nil {
		return err
	}
	defer finders.Close()
	l.db, l.finders = db, finders
	for _, recordType := range []string{person.Type, organization.Type} {
		l.records[recordType], l.sums[recordType] = map[int64]string{}, &documentSums{}
	}
	for _, e := range events {
		if err := l.load(ctx, e); err != nil {
			return fmt.Errorf("%s: %w", e.ID, err)
		}
	}
	say("%d documents loaded; the slowest took %s; %d pairs of events taken for the same", len(events), l.slowest.Round(time.Millisecond), l.similar)
	l.print(len(events))
	return nil
}

func (l *documentLoader) print(events int) {
	t := tabwriter.NewWriter(l.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	remembered := "forgotten"
	if l.learn {
		remembered = "remembered"
	}
	fmt.Fprintf(t, "\n%d documents, answers %s\tknown\tmatched\twith questions\tasked\tasked, another first\tmissed\twrong\tnew\task needlessly\t\n", events, remembered)
	for _, recordType := range []string{person.Type, organization.Type} {
		s := l.sums[recordType]
		n := float64(max(1, s.known))
		fmt.Fprintf(t, "%s\t%d\t%.3f\t%.3f\t%d\t%d\t%d\t%d\t%d\t%d\t\n", recordType, s.known,
			float64(s.matched)/n, float64(s.matched+s.asked)/n, s.asked, s.askedOther, s.missed, s.wrong, s.new, s.needless)
	}
	t.Flush()
}

// maxRounds is how often a document is sent before the loader gives up.
const maxRounds = 12

// load writes one document, after answering its questions.
func (l *documentLoader) load(ctx context.Context, e *reportedEvent) error {
	answers := map[[2]string]decision{}
	ctx = actor.With(ctx, actor.System("bench"))
	for range maxRounds {
		in := e.bundle(answers)
		var report bundle.Report
		began := time.Now()
		err := changes.Write(ctx, l.db, changes.Options{}, func(tx pgx.Tx) (err error) {
			w := bundle.NewWriter(tx, l.finders)
			w.AllowDuplicate, w.Learn = true, l.learn
			if report, err = w.Create(ctx, in); err != nil {
				return err
			}
			return w.Confirm(ctx)
		})
		l.slowest = max(l.slowest, time.Since(began))
		if err == nil {
			l.similar += report.Summary.SimilarEvents
			return l.judge(e, in, report, answers)
		}
		var problem *apperr.Error
		if !errors.As(err, &problem) {
			return err
		}
		if err := l.answer(e, in, problem, answers); err != nil {
			return err
		}
	}
	return errors.New("the questions do not end")
}

// answer answers the questions of an error as the identity key does.
func (l *documentLoader) answer(e *reportedEvent, in bundle.Input, problem *apperr.Error, answers map[[2]string]decision) error {
	progress := false
	for _, f := range problem.Fields {
		recordType, name := mentionAt(in, f.Pointer)
		at := [2]string{recordType, names.Key(name)}
		switch f.Code {
		case "unknown_speaker", "ambiguous_speaker":
			i, _ := strconv.Atoi(strings.Split(f.Pointer, "/")[2])
			e.Statements[i].unresolved = true
			l.miss("%s: speaker %s: %s", e.ID, *in.Statements[i].Speaker, f.Code)
			progress = true
		case "ambiguous_name":
			a := decision{isNew: true}
			who := l.who(recordType, name, e.ID)
			for i, c := range f.Candidates {
				if l.records[recordType][c.ID] == who {
					a = decision{id: c.ID, first: i == 0}
					break
				}
			}
			answers[at] = a
			l.miss("%s: question about %s: %+v", e.ID, name, f.Candidates)
			progress = true
		case "like_another":
			_, other := mentionAt(in, f.Args["pointer"])
			l.miss("%s: question about %s: like %s", e.ID, name, other)
			a := decision{isNew: true}
			if l.who(recordType, name, e.ID) == l.who(recordType, other, e.ID) {
				a = decision{name: other, first: true}
			} else if _, given := answers[[2]string{recordType, names.Key(other)}]; !given {
				answers[[2]string{recordType, names.Key(other)}] = decision{isNew: true}
			}
			answers[at] = a
			progress = true
		case "duplicate":
			list, i, _ := strings.Cut(strings.TrimPrefix(f.Pointer, "/"), "/")
			n, _ := strconv.Atoi(strings.Split(i, "/")[0])
			e.drop(list, n)
			return nil
		}
	}
	if !progress {
		return fmt.Errorf("%w: %+v", problem, problem.Fields)
	}
	return nil
}

// who returns whom a name in an event stands for; a name that the key does not have stands for itself.
func (l *documentLoader) who(recordType, name, event string) string {
	return cmp.Or(l.key[[3]string{recordType, names.Key(name), event}], "? "+names.Key(name))
}

// judge compares the report with the identity key. It looks at each name of the document once, at its first mention.
func (l *documentLoader) judge(e *reportedEvent, in bundle.Input, report bundle.Report, answers map[[2]string]decision) error {
	type mention struct {
		pointer, recordType, name string
		id                        int64
		united                    string
	}
	var all []mention
	byPointer := map[string]int64{}
	for _, m := range report.Matched {
		byPointer[m.Pointer] = m.ID
		all = append(all, mention{pointer: m.Pointer, recordType: m.Type, id: m.ID})
	}
	for _, c := range report.Created {
		byPointer[c.Pointer] = *c.ID
		all = append(all, mention{pointer: c.Pointer, recordType: c.Type})
	}
	for _, u := range report.United {
		all = append(all, mention{pointer: u.Pointer, recordType: u.Type, id: byPointer[u.With], united: u.With})
	}
	taken := map[string]bool{}
	for _, m := range all {
		records, ok := l.records[m.recordType]
		if !ok {
			continue
		}
		_, m.name = mentionAt(in, m.pointer)
		who := l.who(m.recordType, m.name, e.ID)
		a, answered := answers[[2]string{m.recordType, names.Key(m.name)}]
		exists := slices.Contains(valuesOf(records), who) || taken[m.recordType+who]
		sums := l.sums[m.recordType]
		right := m.id != 0 && (records[m.id] == who || m.united != "" && l.sameMention(in, m.recordType, m.united, who, e.ID))
		switch {
		case exists && answered && a.first:
			sums.known++
			sums.asked++
			l.miss("%s: asked about %s", e.ID, m.name)
		case exists && answered:
			sums.known++
			sums.askedOther++
			l.miss("%s: asked about %s, which is %s: another candidate first, or not among the candidates", e.ID, m.name, who)
		case exists && right:
			sums.known++
			sums.matched++
		case exists && m.id != 0 || m.id != 0 && !right:
			sums.wrong++
			l.miss("%s: WRONG: %s is %s, not %s", e.ID, m.name, who, records[m.id])
		case exists:
			sums.known++
			sums.missed++
			l.miss("%s: missed: %s is %s", e.ID, m.name, who)
		case answered:
			sums.new++
			sums.needless++
			l.miss("%s: asked needlessly about %s", e.ID, m.name)
		default:
			sums.new++
		}
		taken[m.recordType+who] = true
	}
	for _, c := range report.Created {
		if records, ok := l.records[c.Type]; ok {
			records[*c.ID] = l.who(c.Type, c.Name, e.ID)
		}
	}
	return nil
}

// sameMention reports whether the mention at a pointer stands for someone.
func (l *documentLoader) sameMention(in bundle.Input, recordType, pointer, who, event string) bool {
	_, name := mentionAt(in, pointer)
	return l.who(recordType, name, event) == who
}

func valuesOf(m map[int64]string) []string {
	list := make([]string, 0, len(m))
	for _, v := range m {
		list = append(list, v)
	}
	return list
}
