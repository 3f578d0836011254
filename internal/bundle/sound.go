package bundle

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// Finding people and organizations whose names are spelled otherwise than in the registry, or elsewhere in the document.

// sounds finds records of one resource by the sound of their names.
type sounds struct {
	index  spelling.Index
	finder *spelling.Finder
	made   *names.Index // by this transaction, which the finder does not see
}

func newSounds(f *spelling.Finder, x spelling.Index) *sounds {
	return &sounds{x, f, names.NewIndex(x.Organizations)}
}

// Bounds of what is looked for: how many names of a record, and how many records for each.
const (
	mostAsked      = 6
	mostCandidates = 10
)

// likeness is a record, or an entry of the document with a negative id, that a name may be of.
type likeness struct {
	spelling.Match
	beside *spelling.Reason // an organization of both
}

// beside is a person and an organization that have to do with each other.
type beside struct{ person, organization int64 }

// listen finds, by the sound of their names, the entries that nothing else has found: among the records, what this
// transaction made, and the other entries.
func (d *directory[T]) listen(ctx context.Context, tx pg.DB, unknown []*entry[T]) error {
	asked := make([][]string, len(unknown))
	for i, e := range unknown {
		asked[i] = d.asked(e)
	}
	here := names.NewIndex(d.sounds.index.Organizations)
	fresh := slices.Concat(asked...)
	for _, e := range d.entries {
		if e.id > 0 || d.kind.identity(e.about).isNew {
			d.hear(here, e)
		}
		if e.id < 0 && d.kind.identity(e.about).isNew {
			fresh = append(fresh, d.asked(e)...)
		}
	}
	if err := d.sounds.index.Lock(ctx, tx, fresh); err != nil {
		return err
	}
	found, err := d.sounds.finder.FindEach(ctx, names.Possible, mostCandidates, asked)
	if err != nil {
		return err
	}
	for i := range found {
		found[i] = append(found[i], spelling.FindIn(d.sounds.made.View(false), names.Possible, mostCandidates, asked[i])...)
	}
	known, err := d.acquaint(ctx, tx, unknown, found)
	if err != nil {
		return err
	}
	for i, e := range unknown {
		d.judge(e, d.likenesses(e, append(found[i], spelling.FindIn(here.View(false), names.Possible, mostCandidates, asked[i])...), known), known)
		d.hear(here, e)
	}
	return nil
}

// asked gives the names of an entry that are looked for: of several with one sound, the first.
func (d *directory[T]) asked(e *entry[T]) []string {
	var list, heard []string
	for _, s := range d.kind.sounding(e.about) {
		sound := d.sounds.index.Sound(s)
		if sound != "" && !slices.Contains(heard, sound) && len(list) < mostAsked {
			list, heard = append(list, s), append(heard, sound)
		}
	}
	return list
}

// hear adds the names of an entry to those of the document.
func (d *directory[T]) hear(here *names.Index, e *entry[T]) {
	here.Set(e.id, append(here.Spellings(e.id), d.kind.spelled(d.lang, e.about)...))
}

// acquaintance is what the registry knows about records that were found.
type acquaintance struct {
	names  map[int64]string
	beside map[beside]string // the organization's name
}

// acquaint reads about the records that were found or given, in the same few queries however many they are.
func (d *directory[T]) acquaint(ctx context.Context, db pg.DB, unknown []*entry[T], found [][]spelling.Match) (k acquaintance, err error) {
	var ids, organizations []int64
	for _, list := range found {
		for _, m := range list {
			ids = append(ids, m.ID)
		}
	}
	for _, e := range d.entries {
		if e.id > 0 {
			ids = append(ids, e.id)
		}
	}
	for _, e := range unknown {
		for _, o := range e.beside {
			if o.id > 0 {
				organizations = append(organizations, o.id)
			}
		}
	}
	if len(ids) == 0 {
		return k, nil
	}
	if len(organizations) > 0 {
		if k.beside, err = d.kind.beside(ctx, db, ids, organizations); err != nil {
			return k, err
		}
	}
	k.names, err = d.namesOf(ctx, db, ids)
	return k, err
}

func (d *directory[T]) namesOf(ctx context.Context, db pg.DB, ids []int64) (map[int64]string, error) {
	rows, err := db.Query(ctx, "SELECT r.id, text_sort_key(r."+d.kind.name+") FROM "+d.kind.table+" r WHERE r.id = ANY(@ids)", pg.Args{"ids": ids})
	if err != nil {
		return nil, pg.Error(err)
	}
	of := map[int64]string{}
	var id int64
	var name string
	_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		of[id] = name
		return nil
	})
	return of, pg.Error(err)
}

// workplaces says which of the people have, or had at a round table, a position in which of the organizations.
func workplaces(ctx context.Context, db pg.DB, people, organizations []int64) (map[beside]string, error) {
	at, err := person.AffiliatedWith(ctx, db, people)
	of := map[beside]string{}
	for id, list := range at {
		for _, o := range list {
			if slices.Contains(organizations, o.ID) {
				of[beside{id, o.ID}], _ = o.Name.In("")
			}
		}
	}
	return of, err
}

// likenesses puts what was found for an entry together, the best first. Records that are gone are left out.
func (d *directory[T]) likenesses(e *entry[T], found []spelling.Match, k acquaintance) []likeness {
	var list []likeness
	for _, m := range found {
		if m.ID > 0 && k.names[m.ID] == "" {
			continue
		}
		i := slices.IndexFunc(list, func(l likeness) bool { return l.ID == m.ID })
		switch {
		case i < 0:
			list = append(list, likeness{m, k.common(m.ID, e.beside)})
		case m.Score > list[i].Score:
			list[i].Match = m
		}
	}
	slices.SortStableFunc(list, func(a, b likeness) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID)) })
	return list
}

// common gives an organization where the person has a position, in the registry and in the document.
func (k acquaintance) common(person int64, organizations []*entry[Organization]) *spelling.Reason {
	for _, o := range organizations {
		if name, ok := k.beside[beside{person, o.id}]; ok {
			return &spelling.Reason{Feature: "organization", Query: cmp.Or(o.about.Name, name), Record: name, Score: spelling.Rounded(o.score)}
		}
	}
	return nil
}

func (l likeness) reasons() []spelling.Reason {
	list := []spelling.Reason{l.Reason()}
	if l.beside != nil {
		list = append(list, *l.beside)
	}
	return list
}

// plausible reports whether it would be a risk to make a new record beside this one.
func (l likeness) plausible() bool {
	return l.Score >= names.Duplicate || l.beside != nil && l.Score >= names.SameBeside
}

// certain reports whether the first can be taken without asking: it is as good as the same, and no other comes near.
func certain(x spelling.Index, list []likeness) bool {
	if len(list) == 0 || list[0].Score < names.Same || !x.Sure(list[0].Asked, list[0].Spelling) {
		return false
	}
	best := list[0]
	return !slices.ContainsFunc(list[1:], func(l likeness) bool {
		return best.Score-l.Score < names.Gap || best.beside == nil && l.beside != nil && l.plausible()
	})
}

// judge decides what an entry is: a record or an entry that is certainly the same, something new, or not for us to say.
func (d *directory[T]) judge(e *entry[T], list []likeness, k acquaintance) {
	if certain(d.sounds.index, list) {
		best := list[0]
		if best.ID < 0 {
			d.unite(e, d.numbered(best.ID), best)
		} else {
			e.take(apperr.Candidate{ID: best.ID, Name: k.names[best.ID], Score: spelling.Rounded(best.Score)}, best.reasons()...)
		}
		return
	}
	name := d.kind.identity(e.about).name
	var candidates []apperr.Candidate
	for _, l := range list[:min(len(list), mostCandidates)] {
		score := spelling.Rounded(l.Score)
		switch {
		case l.ID > 0 && l.plausible():
			candidates = append(candidates, apperr.Candidate{ID: l.ID, Name: k.names[l.ID], Score: score})
		case l.ID > 0:
			e.possible = append(e.possible, PossibleDuplicate{l.ID, k.names[l.ID], score, l.reasons()})
		case l.plausible():
			d.ambiguous = append(d.ambiguous, apperr.At(e.at, "like_another", "name", name, "pointer", d.numbered(l.ID).at))
		}
	}
	if candidates != nil {
		d.ambiguous = append(d.ambiguous, apperr.Field{Pointer: e.at, Code: "ambiguous_name", Args: apperr.Args{"name": name}, Candidates: candidates})
	}
}

// numbered gives the entry of a record that is to be created.
func (d *directory[T]) numbered(id int64) *entry[T] {
	return d.entries[slices.IndexFunc(d.entries, func(e *entry[T]) bool { return e.id == id })]
}

// unite makes two entries one: everything that the document says of x it says of e, and the names of x are other names.
func (d *directory[T]) unite(x, e *entry[T], why likeness) {
	all := append(d.kind.spelled(d.lang, e.about), d.kind.spelled(d.lang, x.about)...)
	fill(&e.about, x.about)
	kept := names.Keys(d.kind.spelled(d.lang, e.about)...)
	for _, s := range all {
		key := names.Key(s)
		if key == "" || slices.Contains(kept, key) {
			continue
		}
		kept = append(kept, key)
		if !d.kind.learn(&e.about, text.OtherName{Text: s, Kind: "alias"}) {
			d.mistakes = append(d.mistakes, apperr.At(x.at, "other_names_full", "max", strconv.Itoa(text.MaxOtherNames)))
			break
		}
	}
	d.united = append(d.united, United{x.at, d.kind.plural, e.at, d.kind.identity(e.about).name, spelling.Rounded(why.Score), why.reasons()})
	d.replace(x, e)
}

// replace puts e wherever x stands.
func (d *directory[T]) replace(x, e *entry[T]) {
	d.entries = slices.DeleteFunc(d.entries, func(other *entry[T]) bool { return other == x })
	for key, other := range d.byName {
		if other == x {
			d.byName[key] = e
		}
	}
	for _, other := range d.entries {
		if other.parent == x {
			other.parent = e
		}
	}
	if e.parent == nil {
		e.parent = x.parent
	}
	e.beside = append(e.beside, x.beside...)
	x.id = e.id
}
