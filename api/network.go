package api

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net/http"
	"reflect"
	"time"

	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/stats"
	"roundtables.kz/registry/internal/text"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

const networkPath = "/v1/stats/network"

// Network is the response with a network.
//
//	@Description	Who took part together: nodes and the links between them.
type Network struct {
	Nodes     []stats.Node `json:"nodes"`                     // The nodes with the most round tables first; of a path in its order. Nodes without links are left out.
	Links     []stats.Link `json:"links"`                     // The links with the most round tables first; of a path in its order.
	Truncated bool         `json:"truncated" example:"false"` // Whether there are more nodes or links. Of a path: whether the search ended before it looked everywhere.
	Meta      ViewMeta     `json:"meta"`
} //	@name	Network

type networkParams struct {
	Of        string  `query:"of" form:"of" enums:"people,organizations" default:"people"`             // What the nodes are.
	MinWeight int64   `query:"min_weight" form:"min_weight" default:"1" validate:"min=1"`              // Only links with at least so many round tables. Ignored with `path`.
	Limit     int     `query:"limit" form:"limit" default:"200" validate:"min=1"`                      // Nodes, 1 to 1000. A higher number is reduced to 1000.
	Center    int64   `query:"center" form:"center" validate:"omitempty,min=1"`                        // Only the node with this id and its neighbours. Ignored with `path`.
	Path      []int64 `query:"path" form:"path" validate:"omitempty,min=2,max=2,unique" example:"1,2"` // A shortest chain between two nodes, given by their ids, with the round tables of each link.
}

// networkQuery holds the parameters of a network.
type networkQuery struct {
	networkParams
	filter roundtable.Filter
}

func bindNetwork(c echo.Context, extra ...any) (q networkQuery, err error) {
	q.filter, err = roundTableFilter(c, append([]any{&q.networkParams}, extra...)...)
	return q, err
}

// read reads the network.
func (q networkQuery) read(ctx context.Context, tx pgx.Tx) (n stats.Network, err error) {
	if len(q.Path) == 2 {
		n, err = stats.ReadPath(ctx, tx, q.filter, q.Of, q.Path[0], q.Path[1])
	} else {
		n, err = stats.ReadNetwork(ctx, tx, q.filter, stats.NetworkRequest{
			Of: q.Of, MinWeight: q.MinWeight, Limit: min(q.Limit, stats.MaxNodes), Center: q.Center,
		})
	}
	if err == nil && q.filter.Lang != "" {
		text.Localize(n.Nodes, q.filter.Lang)
		text.Localize(n.Links, q.filter.Lang)
	}
	return n, err
}

// getNetwork returns a network as JSON.
//
//	@ID				getNetwork
//	@Summary		Get the network of participants
//	@Description	Returns who took part in the same round tables, of those that match the filters: people that attended, or organizations that
//	@Description	organized, attended or were represented. `center` shows one node and its neighbours, `path` a shortest chain between two.
//	@Description	The response has at most 1000 nodes and 10,000 links; `truncated` says whether there are more.
//	@Tags			Statistics
//	@x-view			true
//	@x-without		["sort","cursor","count","fields"]
//	@Param			params	query		networkParams		false	"-"
//	@Param			filter	query		roundtable.Filter	false	"-"
//	@Success		200		{object}	Network				"The network."
//	@Router			/v1/stats/network [get]
func (s *server) getNetwork(c echo.Context) error {
	q, err := bindNetwork(c)
	if err != nil {
		return err
	}
	return s.sendHeavyView(c, func(ctx context.Context, tx pgx.Tx, meta ViewMeta) (any, error) {
		n, err := q.read(ctx, tx)
		return Network{n.Nodes, n.Links, n.Truncated, meta}, err
	})
}

// getNetworkGraphML returns a network for Gephi and other programs.
//
//	@ID				getNetworkGraphML
//	@Summary		Get the network as GraphML
//	@Description	The network as an undirected graph for Gephi and other programs: nodes with `label` and `count`, edges with `weight`. The
//	@Description	labels are in the language `lang`, or else in the first available of ru, en, kk.
//	@Tags			Statistics
//	@Produce		application/graphml+xml
//	@x-file			true
//	@x-without		["sort","cursor","count","fields"]
//	@Param			params	query		networkParams		false	"-"
//	@Param			filter	query		roundtable.Filter	false	"-"
//	@Success		200		{string}	string				"The file."
//	@Router			/v1/stats/network.graphml [get]
func (s *server) getNetworkGraphML(c echo.Context) error {
	q, err := bindNetwork(c)
	if err != nil {
		return err
	}
	return s.sendNetworkFile(c, q, "graphml", "application/graphml+xml", func(n stats.Network) ([]byte, error) {
		return n.GraphML(q.filter.Lang), nil
	})
}

// getNetworkCSV returns the links of a network as a table.
//
//	@ID				getNetworkCsv
//	@Summary		Get the links of the network as CSV
//	@Description	The links of the network as a table, for spreadsheets and Gephi, with the names of both nodes.
//	@Tags			Statistics
//	@Produce		text/csv
//	@x-file			true
//	@x-without		["sort","cursor","count","fields"]
//	@Param			params	query		networkParams		false	"-"
//	@Param			filter	query		roundtable.Filter	false	"-"
//	@Param			file	query		exportParams		false	"-"
//	@Success		200		{string}	string				"The file."
//	@Router			/v1/stats/network.csv [get]
func (s *server) getNetworkCSV(c echo.Context) error {
	var file exportParams
	q, err := bindNetwork(c, &file)
	if err != nil {
		return err
	}
	return s.sendNetworkFile(c, q, "csv", export.MediaTypes["csv"], func(n stats.Network) ([]byte, error) { return networkTable(n, file) })
}

// sendNetworkFile sends a network as a file, or 304 if the client has the current one.
func (s *server) sendNetworkFile(c echo.Context, q networkQuery, extension, mediaType string, write func(stats.Network) ([]byte, error)) error {
	cached := s.cacheable(c)
	if done, err := cached.sendUnmodified(c); done || err != nil {
		return err
	}
	held, err := s.aggregates.enter(c)
	if err != nil {
		return err
	}
	defer s.aggregates.leave(held)
	var body []byte
	_, state, err := s.readHeavyView(c, func(ctx context.Context, tx pgx.Tx, _ ViewMeta) (any, error) {
		n, err := q.read(ctx, tx)
		if err == nil {
			body, err = write(n)
		}
		return nil, err
	})
	if err != nil {
		return err
	}
	h := c.Response().Header()
	cached.describe(h, state, paging.Dated{})
	h.Set("X-Change-Cursor", s.changeCursor(c.Request().Context(), state.Head))
	h.Set(echo.HeaderContentDisposition, `attachment; filename="network-`+s.config.Now().UTC().Format(time.DateOnly)+"."+extension+`"`)
	return c.Blob(http.StatusOK, mediaType, body)
}

// networkRow is a link as a row of a table.
type networkRow struct {
	Source      int64    `json:"source"`
	Target      int64    `json:"target"`
	Weight      int64    `json:"weight"`
	SourceLabel text.Map `json:"source_label"`
	TargetLabel text.Map `json:"target_label"`
}

// networkTable writes the links of a network as CSV.
func networkTable(n stats.Network, params exportParams) (_ []byte, err error) {
	var body bytes.Buffer
	w := bufio.NewWriter(&body)
	file, err := export.NewFile(w, "csv", export.FileOptions{
		Options: export.Options{Fields: []string{"source", "target", "weight", "source_label", "target_label"}},
		Record:  reflect.TypeFor[networkRow](), Delimiter: params.Delimiter, BOM: params.BOM != "0", Unguarded: params.Guard == "0",
	})
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it is written to memory
	labels := map[int64]text.Map{}
	for _, node := range n.Nodes {
		labels[node.ID] = node.Label
	}
	for _, l := range n.Links {
		raw, err := json.Marshal(networkRow{l.Source, l.Target, l.Weight, labels[l.Source], labels[l.Target]}, input.JSON)
		if err == nil {
			err = file.Add(raw)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := errors.Join(file.End(""), w.Flush()); err != nil {
		return nil, err
	}
	return body.Bytes(), nil
}
