package api

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/aggregate"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/spelling"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// Feature is one thing that a resource takes part in.
type Feature string

// The features of a resource. All but Feed are routes.
const (
	List    Feature = "list"
	Get     Feature = "get"
	Create  Feature = "create"
	Patch   Feature = "patch"
	Delete  Feature = "delete"
	Restore Feature = "restore"
	History Feature = "history"
	Diff    Feature = "diff" // what differs between two states
	Export  Feature = "export"

	Aggregate    Feature = "aggregate"     // numbers of records by up to two dimensions
	AggregateCSV Feature = "aggregate_csv" // the same as a table
	Import       Feature = "import"
	Template     Feature = "template"
	Feed         Feature = "feed" // the change feed, its checkpoints and webhooks

	// Only some resources have these.
	Within     Feature = "within" // the list of one round table
	Lookup     Feature = "lookup"
	Match      Feature = "match"
	Duplicates Feature = "duplicates"
	Settle     Feature = "settle" // decides about pairs of duplicates
	Merge      Feature = "merge"
	Order      Feature = "order" // the places of the parts of one round table
)

// Features lists the features of every resource, in the order of the route table.
var Features = []Feature{List, Create, Get, Patch, Delete, Restore, History, Diff, Aggregate, AggregateCSV, Export, Import, Template, Feed}

// resource is one type of record. Its routes, their documentation, its history, restore, export, import, template and
// feed record follow from this one value.
type resource[I any, T record, F any] struct {
	history.Kind // its type, which is also the word in paths, and how its versions are written back

	one, many string   // its name in sentences: "round table", "round tables"
	about     string   // what the records are, for the table of contents of the documentation
	sorts     []string // what a list can be sorted by, its default order first

	list   func(context.Context, pg.DB, F) (paging.Page[T], error)
	get    func(context.Context, pg.DB, int64) (T, error)
	input  func(*T) *I // the part of a record that clients write
	create func(context.Context, pgx.Tx, I) (int64, error)
	update func(context.Context, pgx.Tx, T, I) error

	// All of the following are optional.

	parent   string                                                           // the path of the record that it belongs to: "/v1/people/:person_id"
	of       string                                                           // that record in sentences: "person"
	in       func(echo.Context, resource[I, T, F]) (resource[I, T, F], error) // binds the functions to the parent in the path
	read     actor.Scope                                                      // required to read; public by default
	write    actor.Scope                                                      // required to write; actor.Write by default
	names    *named[I, F]                                                     // of records that are found and told apart by their names
	uncached func(F) bool                                                     // lists whose content can change without an entry in the change log
	unlogged bool                                                             // records that can change without an entry in the change log
	seen     func(ctx context.Context, db pg.DB, id int64) error              // whether the actor may read the history of a record
	more     map[Feature]Operation                                            // features that only some resources have
	replaced map[Feature]Operation                                            // features with a handler of their own
	only     []Feature                                                        // the features of records that the service itself keeps; all by default
	similar  func(context.Context, pgx.Tx, I) error                           // rejects a record that may exist, if its name does not decide that
	order    *reference.Order                                                 // of parts of a round table: how they are ordered
	placed   func(I) (roundTable int64, place *int64)                         // the round table of a part, and the place that a client gives it
	notes    map[Feature]string                                               // descriptions in the documentation; {description} is the usual one
	lacks    map[Feature]string                                               // features that it does not take part in, with the reason
}

// named is how records are found and told apart by their names.
type named[I, F any] struct {
	finder   func(*server) *spelling.Finder
	search   func(*F) (q string, found **spelling.Found)               // the filter by name
	distinct func(context.Context, pgx.Tx, *spelling.Session, I) error // rejects a record that seems to exist
	spell    func(I) []string                                          // the spellings of a record's name
}

// registered is a resource whatever its types.
type registered interface {
	Describe() Resource
	kind() history.Kind
	feed(ctx context.Context, db pg.DB, ids []int64) (map[int64]any, error)
	archive(ctx context.Context, tx pgx.Tx, to *export.Archive, references map[string]string, sent func() error) error
}

// Resource describes a registered resource to the generator of the documents and to tests.
type Resource struct {
	Type, Table   string
	One, Many     string // "round table", "round tables"
	Of            string // the One of the resource that it belongs to
	About         string
	Sorts         []string
	Input, Record reflect.Type
	Operations    []Operation
	Notes, Lacks  map[Feature]string

	Dimensions map[string]paging.Dimension // what aggregates group the records by
	Metrics    []string                    // what aggregates count
}

// Operation is a route of a registered resource, with the types of its query, body and response.
type Operation struct {
	Route

	Feature             Feature
	Query, Body, Answer reflect.Type
	Sorts               []string // what a list can be sorted by, its default order first
	Produces            string   // the media types of the response; JSON by default
	Dimensions          []string // what the facets of a list count its records by
	Unlogged            bool     // the response can change without an entry in the change log
}

// with is an operation with the types of its query and its response.
func with[Q, A any](handle func(*server, echo.Context) error, sorts ...string) Operation {
	return Operation{Route: Route{handle: handle}, Query: reflect.TypeFor[Q](), Answer: reflect.TypeFor[A](), Sorts: sorts}
}

// at is the operation with a route.
func (o Operation) at(method, path string, scope actor.Scope) Operation {
	o.Method, o.Path, o.Scope = method, path, scope
	return o
}

// having is the operation with properties.
func (o Operation) having(p properties) Operation {
	o.properties = p
	return o
}

// within is the list of the parts of one round table.
func within[F any, T paging.Row](list func(context.Context, pg.DB, int64, F) (paging.Page[T], error), sorts ...string) Operation {
	return with[F, Page[T]](func(s *server, c echo.Context) error { return withinOf(s, c, list) }, sorts...)
}

func (r resource[I, T, F]) kind() history.Kind { return r.Kind }

// Describe expands the resource into its routes.
func (r resource[I, T, F]) Describe() Resource {
	d := Resource{
		Type: r.Type, Table: r.Table, One: r.one, Many: r.many, Of: r.of, About: r.about, Sorts: r.sorts,
		Input: reflect.TypeFor[I](), Record: reflect.TypeFor[T](), Notes: r.notes, Lacks: r.lacks,
	}
	for _, f := range slices.Concat(Features, r.further()) {
		if _, lacks := r.lacks[f]; lacks || f == Feed || r.only != nil && !slices.Contains(r.only, f) {
			continue
		}
		o := r.operation(f)
		o.Feature = f
		if own, ok := r.replaced[f]; ok {
			o.handle, o.properties, o.Query, o.Answer, o.Produces = own.handle, own.properties, own.Query, own.Answer, own.Produces
		}
		switch _, lacks := r.lacks[Restore]; { // what cannot be restored has no past states
		case f == Get && r.only == nil && !lacks:
			o.past = r.Type
		case f == Within:
			o.past = roundtable.Type
		}
		d.Operations = append(d.Operations, o)
	}
	if !slices.ContainsFunc(d.Operations, func(o Operation) bool { return o.Feature == Aggregate }) {
		return d
	}
	source := r.source()
	d.Dimensions, d.Metrics = source.Dimensions, append([]string{"count"}, slices.Sorted(maps.Keys(source.Metrics))...)
	for i, o := range d.Operations {
		if o.Feature == List || o.Feature == Within {
			d.Operations[i] = o.faceted(d.Dimensions)
		}
	}
	return d
}

// source returns how the list reads the records for callers who see everything. It reads none.
func (r resource[I, T, F]) source() (source paging.Source) {
	var f F
	paging.Instead(&f, func(_ context.Context, _ pg.DB, s paging.Source, _ pg.Where) (paging.State, error) {
		source = s
		return paging.State{}, nil
	})
	if _, err := r.list(actor.With(context.Background(), actor.System("describe")), nil, f); err != nil {
		panic(fmt.Sprintf("describe %s: %v", r.Type, err))
	}
	return source
}

// further returns the features that only some resources have.
func (r resource[I, T, F]) further() []Feature {
	list := slices.Sorted(maps.Keys(r.more))
	if r.order != nil {
		list = append(list, Order)
	}
	return list
}

// operation is what a feature does unless the resource replaces it.
func (r resource[I, T, F]) operation(f Feature) Operation {
	const get, post = http.MethodGet, http.MethodPost
	record, input := reflect.TypeFor[T](), reflect.TypeFor[I]()
	item, writing := reflect.TypeFor[itemParams](), reflect.TypeFor[writeParams]()
	read, write := r.read, cmp.Or(r.write, actor.Write)
	list := cmp.Or(r.parent, "/v1") + "/" + r.Type
	one := list + "/:id"
	switch f {
	case List:
		return Operation{
			Route: route(get, list, read, r.bound(resource[I, T, F].handleList)),
			Query: reflect.TypeFor[F](), Answer: reflect.TypeFor[Page[T]](), Sorts: r.sorts, Unlogged: r.unlogged,
		}
	case Create:
		o := Operation{Route: route(post, list, write, r.bound(func(r resource[I, T, F], s *server, c echo.Context) error {
			return createOf(s, c, r.creating(), r.get)
		})), Query: writing, Body: input, Answer: record}
		if r.names != nil {
			o.handle, o.Query = r.createDistinct, reflect.TypeFor[duplicateParams]()
		} else if r.similar != nil {
			o.handle, o.Query = r.createUnlike, reflect.TypeFor[duplicateParams]()
		}
		return o
	case Get:
		return Operation{Route: route(get, one, read, r.bound(func(r resource[I, T, F], s *server, c echo.Context) error {
			return itemOf(s, c, r.get)
		})), Query: item, Answer: record}
	case Patch:
		return Operation{Route: route(http.MethodPatch, one, write, r.bound(func(r resource[I, T, F], s *server, c echo.Context) error {
			return patchOf(s, c, r.get, r.input, r.updating())
		})), Query: writing, Body: input, Answer: record}
	case Delete:
		return Operation{Route: route(http.MethodDelete, one, write, r.bound(func(r resource[I, T, F], s *server, c echo.Context) error {
			return deleteOf(s, c, r.Kind, r.get)
		})), Query: writing}
	case Restore:
		return Operation{Route: route(post, one+"/restore", write, r.bound(func(r resource[I, T, F], s *server, c echo.Context) error {
			return restoreOf(s, c, r.Kind, r.get)
		})), Query: writing, Body: reflect.TypeFor[RestoreInput](), Answer: record}
	case History:
		return with[historyQuery, Page[changes.Detailed]](r.bound(func(r resource[I, T, F], s *server, c echo.Context) error {
			return historyOf(s, c, r.Type, r.seen)
		}), "-changed_at").at(get, one+"/history", cmp.Or(read, actor.Read))
	case Diff:
		return with[changes.DiffQuery, changes.Diff](r.bound(func(r resource[I, T, F], s *server, c echo.Context) error {
			return diffOf(s, c, r.Type, r.seen)
		})).at(get, one+"/diff", cmp.Or(read, actor.Read))
	case Export:
		at := route(get, "/v1/exports/"+r.Type+".:format", read, r.export).with(properties{streams: true})
		return Operation{Route: at, Query: reflect.TypeFor[F](), Sorts: r.sorts}
	case Aggregate:
		return Operation{
			Route: route(get, list+"/aggregate", read, r.aggregate), Query: reflect.TypeFor[F](), Answer: reflect.TypeFor[aggregate.Result](),
			Unlogged: r.unlogged,
		}
	case AggregateCSV:
		return Operation{
			Route: route(get, list+"/aggregate.csv", read, r.aggregateCSV), Query: reflect.TypeFor[F](), Produces: "text/csv", Unlogged: r.unlogged,
		}
	case Import:
		return Operation{Route: route(post, importsPath+r.Type, write, func(s *server, c echo.Context) error {
			return importOf(s, c, r.collection(s))
		}).with(properties{slow: true, file: true, translated: true}), Query: reflect.TypeFor[importParams](), Answer: reflect.TypeFor[imports.Import]()}
	case Within:
		return r.more[f].at(get, "/v1/"+roundtable.Type+"/:id/"+r.Type, read)
	case Order:
		o := with[writeParams, Ordered](func(s *server, c echo.Context) error { return orderOf(s, c, *r.order) })
		o.Body = reflect.TypeFor[OrderInput]()
		return o.at(post, "/v1/"+roundtable.Type+"/:id/"+r.Type+"/order", write)
	case Lookup:
		return r.more[f].at(get, list+"/lookup", read)
	case Match:
		return r.more[f].at(post, list+"/match", read)
	case Duplicates:
		return r.more[f].at(get, list+"/duplicates", actor.Read)
	case Settle:
		return r.more[f].at(post, list+"/duplicates", write)
	case Merge:
		return r.more[f].at(post, one+"/merge", write)
	default:
		return Operation{Route: route(get, importsPath+"templates/"+r.Type+".csv", actor.Public, func(_ *server, c echo.Context) error {
			return templateOf(c, input)
		}), Produces: "text/csv"}
	}
}

// bound binds the functions of the resource to the parent in the path before it handles a request.
func (r resource[I, T, F]) bound(handle func(resource[I, T, F], *server, echo.Context) error) func(*server, echo.Context) error {
	return func(s *server, c echo.Context) (err error) {
		of := r
		if r.in != nil {
			if of, err = r.in(c, r); err != nil {
				return err
			}
		}
		return handle(of, s, c)
	}
}

func (r resource[I, T, F]) handleList(s *server, c echo.Context) error {
	uncached := r.unlogged
	if r.uncached != nil {
		f, _, err := facetQuery[F](s, c)
		if err != nil {
			return err
		}
		uncached = r.uncached(f)
	}
	if uncached {
		return uncachedListOf(s, c, r.list)
	}
	return listOf(s, c, r.list)
}

func (r resource[I, T, F]) export(s *server, c echo.Context) error {
	return exportOf(s, c, r.look(s), r.uncached, r.list)
}

// look returns a function that completes a filter with the phonetic matches of a name; nil if the records are not found by names.
func (r resource[I, T, F]) look(s *server) func(context.Context, *F) error {
	if r.names == nil {
		return nil
	}
	return func(ctx context.Context, f *F) (err error) {
		q, found := r.names.search(f)
		*found, err = sought(ctx, r.names.finder(s), q)
		return err
	}
}

// collection is the resource for the import engine.
func (r resource[I, T, F]) collection(s *server) imports.Collection[I, T] {
	of := imports.Collection[I, T]{Kind: r.Kind, Get: r.get, Input: r.input, Create: r.create, Update: r.update, Similar: r.similar}
	if r.names != nil {
		of.Finder, of.Distinct, of.Spellings = r.names.finder(s), r.names.distinct, r.names.spell
	}
	return of
}

// ownRecord holds the members that change only with the version of a record: nothing derived, and nothing of other records.
// So equal versions mean equal content.
type ownRecord[I any] struct {
	ID        int64     `json:"id"`
	Version   int64     `json:"version"`
	Written   *I        `json:",embed"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// feed reads the own members of records by their ids, as the actor may see them.
func (r resource[I, T, F]) feed(ctx context.Context, db pg.DB, ids []int64) (map[int64]any, error) {
	var f F
	reflect.ValueOf(&f).Elem().FieldByName("ID").Set(reflect.ValueOf(ids)) // every filter has it: a test checks that
	p := paging.ParamsOf(&f)
	p.Sort, p.Limit = "id", paging.MaxLimit
	page, err := r.list(ctx, db, f)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]any, len(page.Items))
	for i := range page.Items {
		meta := page.Items[i].Meta()
		byID[meta.ID] = ownRecord[I]{meta.ID, meta.Version, r.input(&page.Items[i]), meta.CreatedAt, meta.UpdatedAt}
	}
	return byID, nil
}
