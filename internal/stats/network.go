package stats

import (
	"context"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// Node is a person or an organization in a network.
//
//	@Description	A person or an organization.
type Node struct {
	ID    int64      `json:"id" db:"id" example:"1"`
	Label text.Map   `json:"label" db:"label" validate:"required"` // The name.
	Count int64      `json:"count" db:"count" example:"12"`        // The round tables that the node took part in.
	Added text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	NetworkNode

// Link joins two nodes that took part in the same round tables.
//
//	@Description	Two nodes that took part in the same round tables. Links have no direction; `source` is the smaller id, except in a path.
type Link struct {
	Source int64                `json:"source" db:"source" example:"1"`
	Target int64                `json:"target" db:"target" example:"2"`
	Weight int64                `json:"weight" db:"weight" example:"3"` // How many round tables.
	Events []text.RoundTableRef `json:"events,omitzero" db:"-"`         // In a path: the round tables, the latest 10.
} //	@name	NetworkLink

// Network is a network of who took part together.
type Network struct {
	Nodes     []Node
	Links     []Link
	Truncated bool // whether the bounds left nodes or links out
}

// NetworkRequest says which part of a network to read.
type NetworkRequest struct {
	Of        string // people or organizations
	MinWeight int64  // links with fewer round tables are left out
	Limit     int    // nodes
	Center    int64  // only this node and its neighbours; 0: all nodes
}

// The bounds of a network.
const (
	MaxNodes   = 1000
	maxLinks   = 10000
	maxSteps   = 6     // links of a path
	maxVisited = 50000 // nodes that the search for a path looks at
	maxEvents  = 10    // of a link of a path
)

// kind is a type of nodes.
type kind struct {
	table, label string
	pairs        string // a SELECT of round table and node
	visible      string // predicate on the node n
}

// kinds returns the types of nodes, as the public or others see them. It counts who attended, not who was only invited.
func kinds(public bool) map[string]kind {
	visible := "true"
	if public {
		visible = reference.Public("n")
	}
	return map[string]kind{
		"people": {"people", "n.name", "SELECT a.round_table_id, " + reference.Unrestricted("a.person_id", public) +
			" FROM attendees a WHERE a.attendance NOT IN ('invited', 'absent')", visible},
		"organizations": {"organizations", "n.name", reference.EventOrganizations("").Pairs, "true"},
	}
}

// members are common table expressions: matched, and members with each node of each round table once.
func (k kind) members(s paging.Source, w *pg.Where) string {
	return matched(s, w) + ", members AS MATERIALIZED (SELECT DISTINCT p.event, p.node FROM (" + k.pairs +
		") p(event, node) JOIN matched ON matched.id = p.event WHERE p.node IS NOT NULL)"
}

// ReadNetwork returns the network of the round tables that match a filter. Without a center it has the nodes with the most round
// tables. Nodes without links are left out, except the center. A center that the actor may not see is apperr.NotFound.
func ReadNetwork(ctx context.Context, tx pgx.Tx, f roundtable.Filter, r NetworkRequest) (n Network, err error) {
	k := kinds(actor.From(ctx).SeesOnlyPublished())[r.Of]
	if r.Center != 0 {
		if err := k.see(ctx, tx, r.Center); err != nil {
			return n, err
		}
	}
	err = matching(ctx, tx, f, func(s paging.Source, w pg.Where) error {
		with := "WITH " + k.members(s, &w) + `,
			chosen AS MATERIALIZED (SELECT m.node, count(*) AS n FROM members m GROUP BY m.node ORDER BY n DESC, m.node LIMIT @limit::bigint + 1)`
		w.Bind("limit", r.Limit, "min_weight", r.MinWeight, "most", maxLinks+1)
		if r.Center != 0 {
			with = "WITH " + k.members(s, &w) + `,
			chosen AS MATERIALIZED ((SELECT m.node, count(*) AS n FROM members m WHERE m.node = @center GROUP BY m.node)
				UNION ALL (SELECT m.node, count(*) AS n FROM members m
					WHERE m.node <> @center AND m.event IN (SELECT c.event FROM members c WHERE c.node = @center)
					GROUP BY m.node HAVING count(*) >= @min_weight::bigint ORDER BY n DESC, m.node LIMIT @limit::bigint))`
			w.Bind("center", r.Center)
		}
		// One node more than the limit tells that there are more. It has no links.
		links := with + `, kept AS MATERIALIZED (SELECT c.event, c.node FROM members c JOIN (SELECT node FROM chosen LIMIT @limit::bigint) k USING (node))
			SELECT a.node AS source, b.node AS target, count(*) AS weight FROM kept a JOIN kept b ON b.event = a.event AND b.node > a.node
			GROUP BY 1, 2 HAVING count(*) >= @min_weight::bigint ORDER BY 3 DESC, 1, 2 LIMIT @most::bigint`
		rows, err := tx.Query(ctx, links, w.Args().Of(links))
		if err != nil {
			return err
		}
		if n.Links, err = pgx.CollectRows(rows, pgx.RowToStructByNameLax[Link]); err != nil {
			return err
		}
		nodes := with + " SELECT n.id, " + k.label + ` AS label, total.count FROM (SELECT node, row_number() OVER () AS i FROM chosen) c
			JOIN (SELECT node, count(*) AS count FROM members GROUP BY node) total USING (node) JOIN ` + k.table + " n ON n.id = c.node ORDER BY c.i"
		args := w.Args()
		args["limit"] = r.Limit
		if rows, err = tx.Query(ctx, nodes, args.Of(nodes)); err != nil {
			return err
		}
		n.Nodes, err = pgx.CollectRows(rows, pgx.RowToStructByName[Node])
		return err
	})
	if err != nil {
		return n, err
	}
	if n.Truncated = len(n.Nodes) > r.Limit || len(n.Links) > maxLinks; n.Truncated {
		n.Nodes, n.Links = n.Nodes[:min(len(n.Nodes), r.Limit)], n.Links[:min(len(n.Links), maxLinks)]
	}
	n.dropUnlinked(r.Center)
	if r.Center != 0 && len(n.Nodes) == 0 { // it took part in no round table that matches
		node, err := k.nodes(ctx, tx, []int64{r.Center})
		n.Nodes = node
		return n, err
	}
	return n, nil
}

// dropUnlinked removes the nodes without links, except the center.
func (n *Network) dropUnlinked(center int64) {
	linked := map[int64]bool{center: true}
	for _, l := range n.Links {
		linked[l.Source], linked[l.Target] = true, true
	}
	kept := []Node{}
	for _, node := range n.Nodes {
		if linked[node.ID] {
			kept = append(kept, node)
		}
	}
	n.Nodes = kept
}

// see returns apperr.NotFound unless the actor sees the node.
func (k kind) see(ctx context.Context, tx pgx.Tx, id int64) error {
	found, err := k.nodes(ctx, tx, []int64{id})
	if err == nil && len(found) == 0 {
		err = apperr.New(apperr.NotFound, "not_found")
	}
	return err
}

// nodes returns the visible nodes with these ids, in this order, without counts.
func (k kind) nodes(ctx context.Context, tx pgx.Tx, ids []int64) ([]Node, error) {
	rows, err := tx.Query(ctx, "SELECT n.id, "+k.label+" AS label, 0::bigint AS count FROM unnest(@ids::bigint[]) WITH ORDINALITY asked(id, i) JOIN "+
		k.table+" n ON n.id = asked.id WHERE "+k.visible+" ORDER BY asked.i", pg.Args{"ids": ids})
	if err != nil {
		return nil, pg.Error(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Node])
	return found, pg.Error(err)
}
