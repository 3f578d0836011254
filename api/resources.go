package api

import (
	"context"
	"slices"
	"sync"

	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/pg"
)

// What follows from the registered resources as a whole: their descriptions, the lists of their types, and the records of changes.

// Resources describes all registered resources, in the order in which they refer to each other.
func Resources() []Resource { return slices.Clone(describedResources()) }

var describedResources = sync.OnceValue(func() []Resource { return describe(resources) })

// OtherResources describes the registered records that the service itself keeps: merges, imports, keys, webhooks.
func OtherResources() []Resource { return describe(otherResources) }

func describe(list []registered) []Resource {
	all := make([]Resource, len(list))
	for i, r := range list {
		all[i] = r.Describe()
	}
	return all
}

// Kinds returns how the records of each resource are written back, in the order in which they refer to each other.
func Kinds() history.Kinds {
	all := make(history.Kinds, len(resources))
	for i, r := range resources {
		all[i] = r.kind()
	}
	return all
}

// FeedTypes returns the types of the change feed, in the order in which records refer to each other.
func FeedTypes() []string { return slices.Clone(feedTypes) }

// The lists of types that the tag `enums` names.
var (
	feedTypes = input.DefineEnum("feed", typesOf(Resources(), func(r Resource) bool { return r.Lacks[Feed] == "" }))
	_         = input.DefineEnum("imports", append(typesOf(Resources(), func(r Resource) bool { return r.Lacks[Import] == "" }), "popolo"))
	_         = input.DefineEnum("log", typesOf(append(Resources(), OtherResources()...), func(r Resource) bool { return r.Table != "" }))
)

func typesOf(list []Resource, takesPart func(Resource) bool) (types []string) {
	for _, r := range list {
		if takesPart(r) {
			types = append(types, r.Type)
		}
	}
	return types
}

// wanted returns the named types, in the order of the feed; all of them if none is named.
func wanted(named []string) []string {
	if len(named) == 0 {
		return feedTypes
	}
	return slices.DeleteFunc(FeedTypes(), func(t string) bool { return !slices.Contains(named, t) })
}

// withData adds the records to the changes that report one. The number of statements depends on the types only.
func withData(ctx context.Context, db pg.DB, list []Change) error {
	ids := map[string][]int64{}
	for _, c := range list {
		if c.Op == "upsert" {
			ids[c.Type] = append(ids[c.Type], c.ID)
		}
	}
	for _, r := range resources {
		recordType := r.kind().Type
		if len(ids[recordType]) == 0 {
			continue
		}
		records, err := r.feed(ctx, db, ids[recordType])
		if err != nil {
			return err
		}
		for i, c := range list {
			if c.Type == recordType && c.Op == "upsert" {
				list[i].Data = records[c.ID]
			}
		}
	}
	return nil
}
