package paging

import (
	"context"
	"iter"

	"roundtables.kz/registry/internal/pg"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Pages yields the whole list of the records within a parent in order, page by page, each by a query of its own. It ends
// after the first error. Walk is cheaper for long lists, but a transaction can hold only one walk at a time.
func Pages[F, T any](ctx context.Context, db pg.DB,
	list func(ctx context.Context, db pg.DB, parent int64, f F) (Page[T], error), parent int64) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		var f F
		p := ParamsOf(&f)
		p.Limit = MaxLimit
		for {
			page, err := list(ctx, db, parent, f)
			if !yield(page, err) || err != nil || page.Next == nil {
				return
			}
			p.After = page.Next
		}
	}
}

// Stream is a JSON array that is encoded while its elements are read. It calls add for each of them.
type Stream func(add func(element any) error) error

// StreamOf returns the stream of what element returns for the records of pages; nil leaves a record out. flush is
// called after each page.
func StreamOf[T any, E ~map[string]any](pages iter.Seq2[Page[T], error], element func(T) E, flush func() error) Stream {
	return func(add func(any) error) error {
		for page, err := range pages {
			if err != nil {
				return err
			}
			for _, r := range page.Items {
				if e := element(r); e != nil {
					if err := add(e); err != nil {
						return err
					}
				}
			}
			if err := flush(); err != nil {
				return err
			}
		}
		return nil
	}
}

// MarshalJSONTo reads the elements and encodes each of them.
func (s Stream) MarshalJSONTo(e *jsontext.Encoder) error {
	if err := e.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	if err := s(func(element any) error { return json.MarshalEncode(e, element) }); err != nil {
		return err
	}
	return e.WriteToken(jsontext.EndArray)
}
