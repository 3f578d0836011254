package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"reflect"
	"slices"
)

// own are the members that differ between two answers that are the same: what both sides number or time by themselves.
var own = []string{"id", "version", "created_at", "updated_at", "sequence"}

// same checks that all sides give the same answers, the service also what it has kept: every member of the service's record
// or of its list's data, as JSON values. A bare handler that answers less would be quick for the wrong reason.
func (b bench) same(ctx context.Context, c testCase) error {
	for turn := range uint64(5) {
		theirs, err := b.answersOf(ctx, b.bare, c, turn)
		if err != nil {
			return fmt.Errorf("bare handler: %w", err)
		}
		for _, side := range []*server{b.service, b.service, b.anew} {
			ours, err := b.answersOf(ctx, side, c, turn)
			if err != nil {
				return fmt.Errorf("service, see %s: %w", side.log, err)
			}
			for i := range ours {
				if at := difference("", ours[i], theirs[i]); at != "" {
					return fmt.Errorf("the bare handler does not answer the same: %s", at)
				}
			}
		}
	}
	return nil
}

// answersOf asks a side for what a case asks for in a turn, and leaves out what each side makes by itself.
func (b bench) answersOf(ctx context.Context, side *server, c testCase, turn uint64) ([]any, error) {
	list, err := answers(ctx, side.address, c.next(rand.New(rand.NewPCG(turn, 0))))
	if c.writes {
		for _, record := range list {
			for _, name := range own {
				delete(record.(map[string]any), name)
			}
		}
	}
	return list, err
}

// answers gives the decoded answers of an operation: the data of lists, the records of items.
func answers(ctx context.Context, address string, op operation) ([]any, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	c := client{conn: conn, in: bufio.NewReader(conn)}
	var out []any
	for _, request := range op {
		var body bytes.Buffer
		status, _, err := c.exchange(request, &body)
		line, _, _ := bytes.Cut(request, []byte("\r"))
		if err == nil && status >= 300 {
			err = fmt.Errorf("status %d: %.1000s", status, body.String())
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		var answer any
		if err := json.Unmarshal(body.Bytes(), &answer); err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		if object, ok := answer.(map[string]any); ok {
			if data, ok := object["data"].([]any); ok {
				if len(data) == 0 {
					return nil, fmt.Errorf("%s: the list is empty", line)
				}
				answer = data
			}
		}
		out = append(out, answer)
	}
	return out, nil
}

// difference says where two JSON values differ, or "".
func difference(at string, a, b any) string {
	switch a := a.(type) {
	case map[string]any:
		other, ok := b.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v, not %v", at, b, a)
		}
		names := make([]string, 0, len(a))
		for name := range a {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			value, ok := other[name]
			if !ok {
				return at + "/" + name + " is missing"
			}
			if d := difference(at+"/"+name, a[name], value); d != "" {
				return d
			}
		}
		for name := range other {
			if _, ok := a[name]; !ok {
				return at + "/" + name + " is too much"
			}
		}
	case []any:
		other, ok := b.([]any)
		if !ok || len(a) != len(other) {
			return fmt.Sprintf("%s has another length: %v, not %v", at, b, a)
		}
		for i := range a {
			if d := difference(fmt.Sprintf("%s/%d", at, i), a[i], other[i]); d != "" {
				return d
			}
		}
	default:
		if !reflect.DeepEqual(a, b) {
			return fmt.Sprintf("%s is %v, not %v", at, b, a)
		}
	}
	return ""
}
