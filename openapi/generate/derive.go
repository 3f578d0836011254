package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/api"
	"roundtables.kz/registry/internal/aggregate"

	"github.com/swaggo/swag"
)

// The operations of registered resources have no swag comments: derive writes them from the registration.

const apiPackage = "roundtables.kz/registry/api"

// derived returns the annotations of the derived operations, as a Go file of package api.
func derived() (*ast.File, error) {
	file := derivedFile(append(api.Resources(), api.OtherResources()...))
	parsed, err := parser.ParseFile(token.NewFileSet(), "derived.go", file, parser.ParseComments)
	if err != nil {
		err = fmt.Errorf("read the derived annotations: %w", err)
	}
	return parsed, err
}

// derive gives swag the annotations of the derived operations.
func derive(p *swag.Parser) error {
	parsed, err := derived()
	if err != nil {
		return err
	}
	return p.ParseRouterAPIInfo(&swag.AstFileInfo{File: parsed, Path: "derived.go", PackagePath: apiPackage, ParseFlag: swag.ParseAll})
}

func derivedFile(resources []api.Resource) string {
	var functions strings.Builder
	packages := map[string]bool{}
	for _, r := range resources {
		for _, o := range r.Operations {
			types := []reflect.Type{o.Query, o.Body, o.Answer, r.Record}
			if o.Feature == api.AggregateCSV {
				types = append(types, reflect.TypeFor[aggregate.Query]())
			}
			for _, t := range types {
				if t != nil && t.PkgPath() != apiPackage {
					packages[t.PkgPath()] = true
				}
			}
			for _, line := range annotation(r, o, tagOf(r, resources)) {
				functions.WriteString("//\t" + line + "\n")
			}
			functions.WriteString("func " + operationID(r, o.Feature) + "() {}\n\n")
		}
	}
	var imports strings.Builder
	for path := range packages {
		imports.WriteString("import " + strconv.Quote(path) + "\n")
	}
	return "package api\n\n" + imports.String() + "\n" + functions.String()
}

// tagOf returns the tag of a resource: its own, or that of the resource it belongs to.
func tagOf(r api.Resource, resources []api.Resource) string {
	if i := slices.IndexFunc(resources, func(parent api.Resource) bool { return parent.One == r.Of }); r.Of != "" && i >= 0 {
		r = resources[i]
	}
	return strings.ToUpper(r.Many[:1]) + r.Many[1:]
}

// pascal turns "round tables" into "RoundTables", and "API key" into "ApiKey".
func pascal(words string) string {
	var b strings.Builder
	for _, w := range strings.Fields(words) {
		b.WriteString(strings.ToUpper(w[:1]) + strings.ToLower(w[1:]))
	}
	return b.String()
}

func operationID(r api.Resource, f api.Feature) string {
	one, many := pascal(r.One), pascal(r.Many)
	switch f {
	case api.List, api.Export, api.Import, api.Lookup, api.Match:
		return string(f) + many
	case api.Duplicates:
		return "list" + many + "Duplicates"
	case api.Settle:
		return "settle" + many + "Duplicates"
	case api.History:
		return "get" + one + "History"
	case api.Diff:
		return "get" + one + "Diff"
	case api.Aggregate:
		return "aggregate" + many
	case api.AggregateCSV:
		return "aggregate" + many + "AsCsv"
	case api.Order:
		return "order" + many
	case api.Within:
		return "list" + many + "OfRoundTable"
	case api.Template:
		return "get" + many + "Template"
	default:
		return string(f) + one
	}
}

// a puts the article before a noun.
func a(noun string) string {
	if strings.ContainsAny(noun[:1], "aeiouA") {
		return "an " + noun
	}
	return "a " + noun
}

// derivedText is what the annotations of a derived operation say, with {one}, {many}, {a one} and {of parent} for its
// resource and {answer} for the type of its response.
type derivedText struct {
	summary, description, success string
	tag                           string // other than the tag of the resource
	body                          string // other than {one}
	extra                         []string
}

var derivedTexts = map[api.Feature]derivedText{
	api.List: {
		summary: "List {many}{of parent}", success: `200 {object} {answer} "A page of {many}."`,
		description: "Returns the {many} that match all filters. `page.next_cursor` leads to the next page.",
	},
	api.Within: {
		summary: "List {many} of a round table", tag: "Round tables", success: `200 {object} {answer} "A page of {many}."`,
		description: "The list of {many}, limited to one round table.",
	},
	api.Order: {
		summary: "Order the {many} of a round table", tag: "Round tables", success: `200 {object} {answer} "The order of the {many}."`, body: "order",
		description: "Puts the {many} of a round table into the order of the list. The list names each of them once. Those that move get a new version.",
	},
	api.Lookup: {summary: "Find {many} by name while typing", success: `200 {object} {answer} "The best matches."`},
	api.Match: {
		summary: "Match names with {many}", success: `200 {object} {answer} "The candidates for each name."`, body: "names",
		description: "Returns the {many} that each name may refer to, the best match first, and why. Writes nothing.",
	},
	api.Duplicates: {
		summary: "List possible duplicates of {many}", success: `200 {object} {answer} "A page of pairs."`,
		description: "Pairs of {many} with similar names. Those that most other records refer to come first: they matter most. `reasons` says " +
			"why a pair is listed. Decide with `POST` about up to ten pairs at once: the pair is then no longer listed. A page is computed " +
			"for two seconds at most, " +
			"so it can be short or empty although `next_cursor` leads to more pairs.",
	},
	api.Settle: {
		summary: "Decide about duplicates of {many}", success: `200 {object} {answer} "What became of each pair."`, body: "decisions",
		description: "Merges the {many} of a pair, or records that they are not the same, for up to ten pairs, all or none. Merges can be undone, " +
			"and distinctions deleted. `dry_run=true` validates without saving.",
	},
	api.Merge: {summary: "Merge {a one} into another one", success: `200 {object} {answer} "What the merge changed."`, body: "{one} that stays"},
	api.Create: {
		summary: "Create {a one}{of parent}", success: `201 {object} {answer} "The new {one}."`,
		description: "Stores a new {one} and returns it with its id. `dry_run=true` validates without saving.",
	},
	api.Get: {
		summary: "Get {a one}{of parent}", success: `200 {object} {answer} "The {one}."`,
		description: "Returns one {one}. `ETag` contains its version, which changes require in `If-Match`.",
	},
	api.Patch: {
		summary: "Update {a one}{of parent}", success: `200 {object} {answer} "The updated {one}."`,
		description: "Changes the members that the body contains, and keeps the others (JSON Merge Patch). `null` clears a member.",
	},
	api.Delete: {
		summary: "Delete {a one}{of parent}", success: `204 "The {one} is deleted. After a dry run it is not."`,
		description: "Rejected with 409 while other records refer to the {one}.",
	},
	api.Restore: {
		summary: "Restore {a one}{of parent}", success: `200 {object} {answer} "The restored {one}."`,
		description: "Restores a deleted {one}, or an earlier version of one. The records that it refers to must exist.",
	},
	api.History: {
		summary: "Get the history of {a one}{of parent}", success: `200 {object} {answer} "A page of changes, the newest first."`,
		description: "Returns who changed which fields, when and why, the newest change first. Deleted records keep their history.",
	},
	api.Diff: {
		summary: "Compare two states of {a one}{of parent}", success: `200 {object} {answer} "The members that differ."`,
		description: "Returns the members that differ between two versions of one {one}, or between its states at two times, with the value before " +
			"and after.",
	},
	api.Export: {summary: "Export {many}", success: `200 {string} string "The file."`, tag: "Exports", extra: []string{"@x-export true"}},
	api.Aggregate: {
		summary: "Aggregate {many}", success: `200 {object} {answer} "The numbers, and the groups that they belong to."`,
		description: "Counts the {many} that match the filters of the list, by up to two dimensions: one request for one chart. " +
			"`data` has flat rows; `groups` and `groups2` are the axes in drawing order, with labels, totals and the `list` of exactly " +
			"their records. The cells, `meta.other`, `meta.missing` and `meta.imprecise` add up to `meta.total`.",
		extra: []string{"@x-aggregate true"},
	},
	api.AggregateCSV: {
		summary: "Aggregate {many} as CSV", success: `200 {string} string "The rows of the chart, with the labels of their groups."`,
		description: "The rows of the aggregate as a table, for spreadsheets. Only the JSON has `meta`.",
		extra:       []string{"@x-aggregate true", "@x-file true"},
	},
	api.Import: {
		summary: "Import {many}", tag: "Imports", success: `201 {object} {answer} "The report on each row."`,
		extra: []string{"@x-import true", "@Accept " + strings.Join(fileTypes, ","), `@Param file body string true "The file."`},
	},
	api.Template: {
		summary: "Get a CSV template for {many}", tag: "Imports",
		description: "Returns the header line of a CSV file that `POST /v1/imports/{collection}` accepts. Fill in the rows below it.",
		success:     "200 {string} string \"A header line with all columns. The columns `id` and `version` may be left out or empty.\"",
	},
}

// annotation writes the swag comment of a derived operation.
func annotation(r api.Resource, o api.Operation, tag string) []string {
	text := derivedTexts[o.Feature]
	if note := r.Notes[o.Feature]; note != "" {
		text.description = strings.ReplaceAll(note, "{description}", text.description)
	}
	lines := append([]string{"@ID " + operationID(r, o.Feature), "@Summary " + text.summary, "@Success " + text.success}, text.extra...)
	if text.description != "" {
		lines = append(lines, "@Description "+text.description)
	}
	if len(o.Sorts) > 0 {
		lines = append(lines, `@x-sort `+list(o.Sorts))
	}
	if o.Produces != "" {
		lines = append(lines, "@Produce "+o.Produces)
	}
	if o.Unlogged {
		lines = append(lines, "@x-fresh true")
	}
	for _, m := range pathParameter.FindAllStringSubmatch(o.Path, -1) {
		switch m[1] {
		case "id":
			owner := "{one}"
			if o.Feature == api.Within || o.Feature == api.Order {
				owner = "round table"
			}
			lines = append(lines, `@Param id path int true "The id of the `+owner+`."`)
		case "format":
			lines = append(lines, `@Param format path string true "The format of the file." Enums(csv, ndjson, xlsx)`)
		default:
			lines = append(lines, fmt.Sprintf(`@Param %s path int true "The id of the %s."`, m[1], r.Of))
		}
	}
	if o.Query != nil {
		lines = append(lines, fmt.Sprintf(`@Param query query %s false "-"`, nameInAPI(o.Query)))
	}
	if len(o.Dimensions) > 0 {
		lines = append(lines, `@Param facets query facetParams false "-"`, `@x-dimensions `+list(o.Dimensions))
	}
	if o.Feature == api.Aggregate || o.Feature == api.AggregateCSV {
		lines = append(lines, `@Param aggregate query aggregate.Query false "-"`,
			`@x-dimensions `+list(slices.Sorted(maps.Keys(r.Dimensions))), `@x-metrics `+list(r.Metrics))
	}
	if o.Feature == api.Export {
		lines = append(lines, `@Param params query exportParams false "-"`)
	}
	if o.Feature == api.AggregateCSV {
		lines = append(lines, `@Param params query csvParams false "-"`)
	}
	if o.Body != nil {
		lines = append(lines, fmt.Sprintf(`@Param body body %s %t "The %s."`, nameInAPI(o.Body), o.Feature != api.Restore, cmp.Or(text.body, "{one}")))
	}
	path := pathParameter.ReplaceAllString(o.Path, "{$1}")
	lines = append(lines, "@Tags "+cmp.Or(text.tag, tag), fmt.Sprintf("@Router %s [%s]", path, strings.ToLower(o.Method)))
	of, answer := "", ""
	if r.Of != "" && !strings.HasPrefix(r.One, r.Of) { // "a webhook delivery" already names the webhook
		of = " of " + a(r.Of)
	}
	if o.Answer != nil {
		answer = nameInAPI(o.Answer)
	}
	words := strings.NewReplacer("{collection}", r.Type, "{one}", r.One, "{many}", r.Many, "{a one}", a(r.One), "{of parent}", of, "{answer}", answer)
	for i, line := range lines {
		lines[i] = words.Replace(line)
	}
	return lines
}

// list writes names as an annotation lists them.
func list(names []string) string {
	b, _ := json.Marshal(append([]string{}, names...)) // texts always encode
	return string(b)
}

// nameInAPI writes a type as package api names it: Page[topic.Topic].
func nameInAPI(t reflect.Type) string {
	name := strings.ReplaceAll(t.String(), "roundtables.kz/registry/internal/", "")
	name = strings.ReplaceAll(name, apiPackage+".", "")
	return strings.TrimPrefix(name, "api.")
}
