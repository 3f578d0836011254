package spelling

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Finder finds the records of one resource by names in any spelling. It keeps all spellings in memory and follows the
// change log, so each result includes every change committed before the call.
type Finder struct {
	index Index
	// The finder has a connection of its own: callers may hold all other connections in transactions, and it must not
	// see their uncommitted changes.
	pool *pgxpool.Pool

	refreshing sync.Mutex
	mu         sync.RWMutex // guards the fields below
	names      *names.Index
	seq        int64 // the newest change in the index; -1: nothing has been read yet
}

// Match is a record that matches a name.
type Match struct {
	ID       int64
	Query    string  // the name of the query that matches best
	Spelling string  // the spelling of the record that matches best
	Score    float64 // 0 to 1
	Learned  float64 // how much of the score is due to learned spellings, other than one that is exactly the query
	Recalled bool    // a learned spelling is exactly the query: a person has decided about it

	SharesOrganization bool // of a person: the source names an organization where the person has or had a position
	OtherOrganization  bool // of a person: the source names organizations, and the person has or had a position in none of them
}

// own returns the score without learned spellings, other than one that is exactly the query.
func (m Match) own() float64 { return m.Score - m.Learned }

// Add adds a match of the same record by another name. The better one is kept.
func (m *Match) Add(other Match) {
	own := max(m.own(), other.own())
	if other.Score > m.Score || other.Score == m.Score && other.Recalled {
		m.Query, m.Spelling, m.Score, m.Recalled = other.Query, other.Spelling, other.Score, other.Recalled
	}
	m.Learned = m.Score - own
}

// Reason is the comparison of one feature of a query and a record.
//
//	@Description	How well one feature of a query and a record agree.
type Reason struct {
	Feature string  `json:"feature" enums:"name,organization,id,external_id,url,number,title" example:"name"` // The compared feature.
	Query   string  `json:"query" example:"Tokayev Kassym-Jomart"`                                            // Its value in the query.
	Record  string  `json:"record" example:"Тоқаев Қасым-Жомарт"`                                             // Its value in the record.
	Score   float64 `json:"score" example:"0.97"`                                                             // How well they agree, 0 to 1.
} //	@name	MatchReason

// Reason returns the reason why the record was found.
func (m Match) Reason() Reason { return Reason{"name", m.Query, m.Spelling, Rounded(m.Score)} }

// Rounded rounds a score for output, to three decimals.
func Rounded(score float64) float64 { return math.Round(score*1000) / 1000 }

// NewFinder returns a finder for the database of the pool. It reads the spellings on first use. Close it after use.
func NewFinder(pool *pgxpool.Pool, x Index) (*Finder, error) {
	config := pool.Config()
	config.MinConns, config.MinIdleConns, config.MaxConns = 0, 0, 1
	if pg.SetsTimeouts(config) {
		config.ConnConfig.RuntimeParams["statement_timeout"] = fmt.Sprint(time.Minute.Milliseconds()) // the first read loads all spellings
	}
	own, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return nil, fmt.Errorf("open the connection of a finder: %w", err)
	}
	return &Finder{index: x, pool: own, names: names.NewIndex(x.Organizations), seq: -1}, nil
}

// Close closes the connection.
func (f *Finder) Close() { f.pool.Close() }

// Finders are the finders of people and of organizations.
type Finders struct{ People, Organizations *Finder }

// NewFinders returns finders by the indexes of people and of organizations. Close them after use.
func NewFinders(pool *pgxpool.Pool, people, organizations Index) (f Finders, err error) {
	if f.People, err = NewFinder(pool, people); err != nil {
		return Finders{}, err
	}
	if f.Organizations, err = NewFinder(pool, organizations); err != nil {
		f.People.Close()
		return Finders{}, err
	}
	return f, nil
}

// Close closes the connections.
func (f Finders) Close() {
	f.People.Close()
	f.Organizations.Close()
}

// Find returns the records that match one of the spellings with a score of at least least, the best first, at most limit.
// Spellings without letters and digits match nothing.
func (f *Finder) Find(ctx context.Context, least float64, limit int, spellings ...string) ([]Match, error) {
	found, err := f.FindEach(ctx, least, limit, [][]string{spellings})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// FindEach is Find for several queries at once. The results are in the order of the queries.
func (f *Finder) FindEach(ctx context.Context, least float64, limit int, each [][]string) ([][]Match, error) {
	if err := f.Refresh(ctx); err != nil {
		return nil, err
	}
	return f.findEach(ctx, actor.From(ctx).SeesOnlyPublished(), least, limit, each)
}

// findEach is FindEach as the public or as others see the names, without the newest changes.
func (f *Finder) findEach(ctx context.Context, public bool, least float64, limit int, each [][]string) ([][]Match, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	view := f.names.View(public)
	found := make([][]Match, len(each))
	for i, spellings := range each {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		found[i] = FindIn(view, least, limit, spellings)
	}
	return found, nil
}

// view returns the part of the index that the actor may see.
func (f *Finder) view(ctx context.Context) names.View {
	return f.names.View(actor.From(ctx).SeesOnlyPublished())
}

// FindIn is Find in a view of an index.
func FindIn(x names.View, least float64, limit int, spellings []string) []Match {
	var all []Match
	for _, s := range spellings {
		for _, found := range x.Find(s, least, limit) {
			m := Match{ID: found.Owner, Query: s, Spelling: found.Spelling, Score: found.Score, Learned: found.Learned, Recalled: found.Recalled}
			if i := slices.IndexFunc(all, func(m Match) bool { return m.ID == found.Owner }); i >= 0 {
				all[i].Add(m)
			} else {
				all = append(all, m)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Match) int { return cmp.Compare(b.Score, a.Score) })
	return all[:min(len(all), limit)]
}

// Spellings returns the spellings of records, by id.
func (f *Finder) Spellings(ctx context.Context, ids []int64) (map[int64][]string, error) {
	if err := f.Refresh(ctx); err != nil {
		return nil, err
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	of := make(map[int64][]string, len(ids))
	for _, id := range ids {
		of[id] = f.names.Spellings(id)
	}
	return of, nil
}

// Refresh updates the index to the newest change.
func (f *Finder) Refresh(ctx context.Context) error {
	_, err := f.refresh(ctx)
	return err
}

// refresh is Refresh and returns the sequence number of the newest change.
func (f *Finder) refresh(ctx context.Context) (head int64, err error) {
	f.refreshing.Lock()
	defer f.refreshing.Unlock()
	var changed []int64
	err = f.pool.QueryRow(ctx, `
		WITH head AS (SELECT coalesce(max(seq), 0) AS seq FROM changes)
		SELECT head.seq, ARRAY(SELECT c.id FROM changes c WHERE c.is_head AND c.seq > @seq AND c.type = @type AND @seq >= 0 ORDER BY c.seq) FROM head`,
		pg.Args{"seq": f.seq, "type": f.index.Records}).Scan(&head, &changed)
	if err != nil {
		return 0, fmt.Errorf("refresh the names: %w", pg.Error(err))
	}
	if f.seq < 0 || head < f.seq { // first use, or the database was restored
		return head, f.load(ctx, head)
	}
	if len(changed) > 0 {
		if err := f.reload(ctx, changed); err != nil {
			return 0, err
		}
	}
	f.seq = head
	return head, nil
}

// entry is a record in the index: its spellings, those of them that were learned, and whether it is hidden from public callers.
type entry struct {
	spellings, learned []string
	hidden             bool
}

// read calls set for each record of ids that has spellings, or for all records if ids is nil. It reads after head was
// determined, so it may include later changes.
func (f *Finder) read(ctx context.Context, ids []int64, set func(id int64, e entry)) error {
	from, args := f.index.Table+" n JOIN "+f.index.Records+" r ON r.id = n."+f.index.Owner, pg.Args{"as_listed": AsListed}
	const learned = "EXISTS (SELECT FROM jsonb_array_elements(r.other_names) o WHERE o->>'kind' = @as_listed AND o->>'text' = n.spelling)" +
		" AND NOT EXISTS (SELECT FROM jsonb_each_text(r.name) v WHERE v.value = n.spelling)"
	hidden := cmp.Or(f.index.Hidden, "false")
	if ids != nil {
		from += " WHERE n." + f.index.Owner + " = ANY(@ids)"
		args["ids"] = ids
	}
	rows, err := f.pool.Query(ctx, "SELECT n."+f.index.Owner+", n.spelling, "+hidden+", "+learned+" FROM "+from+" ORDER BY n."+f.index.Owner+", n.key", args)
	if err != nil {
		return fmt.Errorf("read the names: %w", pg.Error(err))
	}
	var id, of int64
	var spelling string
	var isHidden, isLearned bool
	var e entry
	_, err = pgx.ForEachRow(rows, []any{&id, &spelling, &isHidden, &isLearned}, func() error {
		if id != of && len(e.spellings) > 0 {
			set(of, e)
			e = entry{}
		}
		of, e.hidden = id, isHidden
		if e.spellings = append(e.spellings, spelling); isLearned {
			e.learned = append(e.learned, spelling)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the names: %w", pg.Error(err))
	}
	if len(e.spellings) > 0 {
		set(of, e)
	}
	return nil
}

func (f *Finder) load(ctx context.Context, head int64) error {
	fresh := names.NewIndex(f.index.Organizations)
	err := f.read(ctx, nil, func(id int64, e entry) {
		fresh.Set(id, e.spellings, e.learned...)
		fresh.Hide(id, e.hidden)
	})
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.names, f.seq = fresh, head
	return nil
}

func (f *Finder) reload(ctx context.Context, changed []int64) error {
	now := make(map[int64]entry, len(changed))
	for _, id := range changed {
		now[id] = entry{} // stays empty if the record was deleted
	}
	if err := f.read(ctx, changed, func(id int64, e entry) { now[id] = e }); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range changed { // in log order, so that the order of the index does not vary
		e := now[id]
		isSame := slices.Equal(f.names.Spellings(id), e.spellings) && slices.Equal(f.names.Learned(id), e.learned)
		if !isSame { // else something other than a name has changed
			f.names.Set(id, e.spellings, e.learned...)
		}
		f.names.Hide(id, e.hidden)
	}
	return nil
}

// Candidates returns matches with the main names of their records, in order. Deleted records are left out.
func (x Index) Candidates(ctx context.Context, db pg.DB, matches []Match) ([]apperr.Candidate, error) {
	ids := make([]int64, len(matches))
	for i, m := range matches {
		ids[i] = m.ID
	}
	named, err := pg.All[apperr.Candidate](ctx, db,
		"SELECT r.id, text_sort_key(r.name) AS name, 0::float8 AS score FROM "+x.Records+" r WHERE r.id = ANY(@ids)", pg.Args{"ids": ids})
	if err != nil {
		return nil, err
	}
	candidates := make([]apperr.Candidate, 0, len(named))
	for _, m := range matches {
		if i := slices.IndexFunc(named, func(c apperr.Candidate) bool { return c.ID == m.ID }); i >= 0 {
			named[i].Score = Rounded(m.Score)
			candidates = append(candidates, named[i])
		}
	}
	return candidates, nil
}

// Found is the result of a phonetic search: the ids of the records, the best match first.
// A nil Found means that no phonetic search was made; then the SQL search by spelling applies.
type Found struct {
	IDs  []int64
	Head int64 // of the change log at the time of the search
}

// State returns the state of a page that was read after the search: never newer than the search.
func (f *Found) State(page paging.State) paging.State {
	if f != nil {
		page.Head = min(page.Head, f.Head)
	}
	return page
}

// Search restricts w to the found records. id is the SQL expression of the record's id.
func (f *Found) Search(x Index, w *pg.Where, id, q string) {
	switch {
	case q == "":
	case f == nil:
		x.Search(w, id, q)
	default:
		w.Add(id+" IN (SELECT unnest(@found::bigint[]))", "found", f.IDs)
	}
}

// Ranked adds the sort order "match" to the source of a search and makes it the default: the best match first.
func (f *Found) Ranked(x Index, s paging.Source, w *pg.Where, q, sort string) paging.Source {
	if f == nil || q == "" {
		return x.Ranked(s, w, q, sort)
	}
	if !usesMatch(sort) {
		return s
	}
	return withMatch(s, "array_position(@found::bigint[], "+s.ID+")")
}
