package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
)

// answer is the result of one query, the best match first.
type answer struct {
	query nameQuery
	found []hit
}

type hit struct {
	ID    int     `json:"id"`
	Score float64 `json:"score"`
	Band  string  `json:"band"`
	shown string
}

// rank returns the rank of the correct person, from 1; 0: not found.
func (a answer) rank() int {
	return 1 + slices.IndexFunc(a.found, func(h hit) bool { return h.ID == a.query.person })
}

// namesClient queries a running service over one connection.
type namesClient struct{ address, key string }

// ask sends requests and passes each response to got.
func (a namesClient) ask(ctx context.Context, requests [][]byte, got func(i, status int, body []byte) error) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", a.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	c := client{conn: conn, in: bufio.NewReader(conn)}
	for i, request := range requests {
		if err := ctx.Err(); err != nil {
			return err
		}
		var body bytes.Buffer
		status, _, err := c.exchange(request, &body)
		if err != nil {
			return err
		}
		if err := got(i, status, body.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

func read(status, want int, body []byte, into any) error {
	if status != want {
		return fmt.Errorf("status %d: %s", status, body)
	}
	return json.Unmarshal(body, into)
}

// matches matches names, a hundred per request.
func (a namesClient) matches(ctx context.Context, queries []nameQuery) ([]answer, error) {
	var requests [][]byte
	for some := range slices.Chunk(queries, 100) {
		in := make([]map[string]string, len(some))
		for i, q := range some {
			in[i] = map[string]string{"name": q.Query}
		}
		requests = append(requests, requester{a.key}.post("/v1/people/match", map[string]any{"queries": in}))
	}
	var all []answer
	err := a.ask(ctx, requests, func(_, status int, body []byte) error {
		var out struct {
			Data []struct {
				Candidates []struct {
					hit
					Name map[string]string `json:"name"`
				} `json:"candidates"`
			} `json:"data"`
		}
		if err := read(status, http.StatusOK, body, &out); err != nil {
			return err
		}
		for _, d := range out.Data {
			one := answer{query: queries[len(all)]}
			for _, c := range d.Candidates {
				for _, c.shown = range c.Name { // it has one entry
				}
				one.found = append(one.found, c.hit)
			}
			all = append(all, one)
		}
		return nil
	})
	return all, err
}

func (a namesClient) lookups(ctx context.Context, queries []nameQuery) ([]answer, error) {
	var requests [][]byte
	for _, q := range queries {
		requests = append(requests, requester{a.key}.get("/v1/people/lookup?limit=10&q=%s", url.QueryEscape(q.Query)))
	}
	all := make([]answer, len(queries))
	err := a.ask(ctx, requests, func(i, status int, body []byte) error {
		var out struct {
			Data []hit `json:"data"`
		}
		if err := read(status, http.StatusOK, body, &out); err != nil {
			return err
		}
		all[i] = answer{queries[i], out.Data}
		return nil
	})
	return all, err
}

// creations creates each person under the other spelling in a dry run, and returns the candidates that the registry reports.
func (a namesClient) creations(ctx context.Context, queries []nameQuery) ([]answer, error) {
	var requests [][]byte
	for _, q := range queries {
		requests = append(requests, requester{a.key}.post("/v1/people?dry_run=true", map[string]any{"name": map[string]string{"en": q.Query}}))
	}
	all := make([]answer, len(queries))
	err := a.ask(ctx, requests, func(i, status int, body []byte) error {
		all[i].query = queries[i]
		if status == http.StatusOK {
			return nil
		}
		var out struct {
			Candidates []hit `json:"candidates"`
		}
		err := read(status, http.StatusConflict, body, &out)
		all[i].found = out.Candidates
		return err
	})
	return all, err
}
