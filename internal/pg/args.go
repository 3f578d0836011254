package pg

import (
	"context"
	"regexp"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Args are named arguments. They are strict: a name that only the SQL or only the map has is an error, not a NULL.
type Args map[string]any

var name = regexp.MustCompile(`@\w+`)

// Of returns the arguments that the SQL uses.
func (a Args) Of(sql string) Args {
	used := Args{}
	for _, n := range name.FindAllString(sql, -1) {
		if value, ok := a[n[1:]]; ok {
			used[n[1:]] = value
		}
	}
	return used
}

// rewritten is a statement with positional arguments.
type rewritten struct {
	sql   string
	names []string // of $1, $2, …
}

// rewrites caches what pgx makes of a statement, because pgx parses the text with every query. The parts of
// statements that vary come from fixed maps, so the texts are few. maxRewrites bounds the memory if that rule is
// broken.
var rewrites = struct {
	sync.RWMutex
	of map[string]rewritten
}{of: map[string]rewritten{}}

const maxRewrites = 1000

// RewriteQuery returns the positional form of a statement. pgx calls it.
func (a Args) RewriteQuery(ctx context.Context, conn *pgx.Conn, sql string, _ []any) (string, []any, error) {
	rewrites.RLock()
	r, ok := rewrites.of[sql]
	rewrites.RUnlock()
	if !ok || len(r.names) != len(a) {
		var err error
		if r, err = a.rewrite(ctx, conn, sql); err != nil {
			return "", nil, err
		}
	}
	values := make([]any, len(r.names))
	for i, name := range r.names {
		value, ok := a[name]
		if !ok {
			_, err := a.rewrite(ctx, conn, sql) // its error names what is missing
			return "", nil, err
		}
		values[i] = value
	}
	return r.sql, values, nil
}

// rewrite lets pgx parse the statement with the names as values, which yields their order.
func (a Args) rewrite(ctx context.Context, conn *pgx.Conn, sql string) (rewritten, error) {
	named := make(pgx.StrictNamedArgs, len(a))
	for name := range a {
		named[name] = name
	}
	text, values, err := named.RewriteQuery(ctx, conn, sql, nil)
	if err != nil {
		return rewritten{}, err
	}
	r := rewritten{sql: text, names: make([]string, len(values))}
	for i, v := range values {
		r.names[i] = v.(string)
	}
	rewrites.Lock()
	defer rewrites.Unlock()
	if len(rewrites.of) >= maxRewrites {
		clear(rewrites.of)
	}
	rewrites.of[sql] = r
	return r, nil
}
