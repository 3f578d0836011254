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

// generated lists the members that each server generates itself. Equal responses may differ in them.
var generated = []string{"id", "version", "created_at", "updated_at", "sequence"}

// sameResponses checks that all servers give the same responses, also from the service's cache: every member of a record
// or of a list's data, as JSON values. Otherwise the bare handler could be faster because its responses are smaller.
func (b bench) sameResponses(ctx context.Context, c testCase) error {
	for turn := range uint64(5) {
		theirs, err := b.answersOf(ctx, b.bare, c, turn)
		if err != nil {
			return fmt.Errorf("bare handler: %w", err)
		}
		for _, side := range []*server{b.service, b.service, b.uncached} {
			ours, err := b.answersOf(ctx, side, c, turn)
			if err != nil {
				return fmt.Errorf("service, see %s: %w", side.log, err)
			}
			for i := range ours {
				if at := difference("", ours[i], theirs[i]); at != "" {
					return fmt.Errorf("the response of the bare handler differs: %s", at)
				}
			}
		}
	}
	return nil
}

// answersOf sends the requests of a case to a server and returns the responses without generated members.
func (b bench) answersOf(ctx context.Context, side *server, c testCase, turn uint64) ([]any, error) {
	list, err := answers(ctx, side.address, c.next(rand.New(rand.NewPCG(turn, 0))), c.part)
	if c.writes {
		for _, record := range list {
			for _, name := range generated {
				delete(record.(map[string]any), name)
			}
		}
	}
	return list, err
}

// answers returns the decoded responses of an operation: what part returns of them, or the data of lists, or the records.
func answers(ctx context.Context, address string, op operation, part func(any) any) ([]any, error) {
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
		if part != nil {
			answer = part(answer)
		} else if object, ok := answer.(map[string]any); ok {
			if data, ok := object["data"].([]any); ok {
				answer = data
			}
		}
		if list, isList := answer.([]any); answer == nil || isList && len(list) == 0 {
			return nil, fmt.Errorf("%s: there is nothing to compare", line)
		}
		out = append(out, answer)
	}
	return out, nil
}

// difference describes where two JSON values differ. It returns "" if they are equal.
func difference(at string, a, b any) string {
	switch a := a.(type) {
	case map[string]any:
		other, ok := b.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v, want %v", at, b, a)
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
				return at + "/" + name + " is unexpected"
			}
		}
	case []any:
		other, ok := b.([]any)
		if !ok || len(a) != len(other) {
			return fmt.Sprintf("%s has another length: %v, want %v", at, b, a)
		}
		for i := range a {
			if d := difference(fmt.Sprintf("%s/%d", at, i), a[i], other[i]); d != "" {
				return d
			}
		}
	default:
		if !reflect.DeepEqual(a, b) {
			return fmt.Sprintf("%s is %v, want %v", at, b, a)
		}
	}
	return ""
}
