package pg

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Args are named arguments. They are strict: a name that the SQL uses and the map lacks, or the other way round, is an
// error instead of a NULL.
type Args map[string]any

// rewritten is a statement with positional arguments.
type rewritten struct {
	sql   string
	names []string // of $1, $2, …
}

// rewrites keeps what pgx made of a statement, for it would read the text anew with every query. What varies in a statement comes
// from fixed maps, so the texts are few; so many of them that it hurts would be a mistake, which must not cost memory.
var rewrites = struct {
	sync.RWMutex
	of map[string]rewritten
}{of: map[string]rewritten{}}

const maxRewrites = 1000

// RewriteQuery is how pgx asks for the positional form.
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
			_, err := a.rewrite(ctx, conn, sql) // which knows what is missing and says it
			return "", nil, err
		}
		values[i] = value
	}
	return r.sql, values, nil
}

// rewrite has pgx read the statement, with the names as values, so that it gives their order.
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
