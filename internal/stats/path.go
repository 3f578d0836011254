package stats

import (
	"context"
	"slices"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// ReadPath returns a shortest chain between two nodes in the network of the round tables that match a filter: each took part in a
// round table with the next one. Of several chains it is the one with the smallest ids. A network without nodes says that there is
// none; it is truncated if the search was too long. A node that the actor may not see is apperr.NotFound.
func ReadPath(ctx context.Context, tx pgx.Tx, f roundtable.Filter, of string, from, to int64) (n Network, err error) {
	k := kinds(actor.From(ctx).SeesOnlyPublished())[of]
	for _, id := range []int64{from, to} {
		if err := k.see(ctx, tx, id); err != nil {
			return n, err
		}
	}
	n.Nodes, n.Links = []Node{}, []Link{}
	err = matching(ctx, tx, f, func(s paging.Source, w pg.Where) error {
		with := "WITH " + k.members(s, &w)
		via, complete, err := search(ctx, tx, with, w, from, to)
		if err != nil {
			return err
		}
		if _, found := via[to]; !found {
			n.Truncated = !complete
			return nil
		}
		return n.chain(ctx, tx, k, with, w, via, from, to)
	})
	return n, err
}

// search looks for a node in breadth. It returns the node before each that it has found, and whether it looked at all of them.
func search(ctx context.Context, tx pgx.Tx, with string, w pg.Where, from, to int64) (via map[int64]int64, complete bool, err error) {
	via = map[int64]int64{from: 0}
	seen, frontier := []int64{from}, []int64{from}
	sql := with + ` SELECT b.node, min(a.node) FROM members a JOIN members b ON b.event = a.event
		WHERE a.node = ANY(@frontier::bigint[]) AND NOT (b.node = ANY(@seen::bigint[])) GROUP BY b.node ORDER BY b.node`
	for range maxSteps {
		args := w.Args()
		args["frontier"], args["seen"] = frontier, seen
		rows, err := tx.Query(ctx, sql, args.Of(sql))
		if err != nil {
			return nil, false, err
		}
		frontier = nil
		var node, before int64
		_, err = pgx.ForEachRow(rows, []any{&node, &before}, func() error {
			via[node] = before
			frontier = append(frontier, node)
			return nil
		})
		if err != nil {
			return nil, false, err
		}
		if _, found := via[to]; found || len(frontier) == 0 {
			return via, true, nil
		}
		if seen = append(seen, frontier...); len(seen) > maxVisited {
			break
		}
	}
	return via, false, nil
}

// chain sets the nodes and links of the path, each with its round tables.
func (n *Network) chain(ctx context.Context, tx pgx.Tx, k kind, with string, w pg.Where, via map[int64]int64, from, to int64) error {
	ids := []int64{to}
	for at := to; at != from; {
		at = via[at]
		ids = append(ids, at)
	}
	slices.Reverse(ids)
	var err error
	if n.Nodes, err = k.nodes(ctx, tx, ids); err != nil {
		return err
	}
	sql := with + " SELECT asked.i, " + reference.RoundTable("r") + `, count(*) OVER (PARTITION BY asked.i), total.n
		FROM unnest(@ids::bigint[], @next::bigint[]) WITH ORDINALITY asked(id, next, i)
		JOIN members a ON a.node = asked.id JOIN members b ON b.event = a.event AND b.node = asked.next
		JOIN round_tables r ON r.id = a.event JOIN (SELECT node, count(*) AS n FROM members GROUP BY node) total ON total.node = asked.id
		ORDER BY asked.i, r.starts_key DESC, r.id DESC`
	args := w.Args()
	args["ids"], args["next"] = ids, append(slices.Clone(ids[1:]), ids[len(ids)-1])
	rows, err := tx.Query(ctx, sql, args.Of(sql))
	if err != nil {
		return err
	}
	links := make([]Link, len(ids)-1)
	for i := range links {
		links[i] = Link{Source: ids[i], Target: ids[i+1]}
	}
	var i, weight, count int64
	var event text.RoundTableRef
	_, err = pgx.ForEachRow(rows, []any{&i, &event, &weight, &count}, func() error {
		n.Nodes[i-1].Count = count
		if int(i) <= len(links) {
			l := &links[i-1]
			l.Weight = weight
			if len(l.Events) < maxEvents {
				l.Events = append(l.Events, event)
			}
		}
		event = text.RoundTableRef{}
		return nil
	})
	n.Links = links
	return err
}
