package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/api"

	"github.com/swaggo/swag"
)

// The operations of registered resources have no swag comments: derive writes them from the registration.

const (
	apiPackage = "roundtables.kz/registry/api"
	fileTypes  = "text/csv,application/x-ndjson,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// derive gives swag the annotations of the derived operations, as a Go file of package api.
func derive(p *swag.Parser) error {
	file := derivedFile(append(api.Resources(), api.OtherResources()...))
	parsed, err := parser.ParseFile(token.NewFileSet(), "derived.go", file, parser.ParseComments)
	if err != nil {
		return fmt.Errorf("read the derived annotations: %w", err)
	}
	return p.ParseRouterAPIInfo(&swag.AstFileInfo{File: parsed, Path: "derived.go", PackagePath: apiPackage, ParseFlag: swag.ParseAll})
}

func derivedFile(resources []api.Resource) string {
	var functions strings.Builder
	packages := map[string]bool{}
	for _, r := range resources {
		for _, o := range r.Operations {
			for _, t := range []reflect.Type{o.Query, o.Body, o.Answer, r.Record} {
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
	case api.History:
		return "get" + one + "History"
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

// annotation writes the swag comment of a derived operation.
func annotation(r api.Resource, o api.Operation, tag string) []string {
	one, many, of := r.One, r.Many, ""
	owner, given := one, one // what the id of the path names, and what the body holds
	if o.Feature == api.Within {
		owner = "round table"
	}
	if r.Of != "" && !strings.HasPrefix(one, r.Of) { // "a webhook delivery" already names the webhook
		of = " of " + a(r.Of)
	}
	var summary, description, success string
	params := []string{}
	param := func(name, in, kind, description string) {
		params = append(params, fmt.Sprintf("@Param %s %s %s true %q", name, in, kind, description))
	}
	for _, m := range pathParameter.FindAllStringSubmatch(o.Path, -1) {
		switch m[1] {
		case "id":
			param("id", "path", "int", "The id of the "+owner+".")
		case "format":
			params = append(params, `@Param format path string true "The format of the file." Enums(csv, ndjson, xlsx)`)
		default:
			param(m[1], "path", "int", "The id of the "+r.Of+".")
		}
	}
	answer := func(status int, description string) string {
		return fmt.Sprintf("@Success %d {object} %s %q", status, nameInAPI(o.Answer), description)
	}
	extra := []string{}
	switch o.Feature {
	case api.List:
		summary, success = "List "+many+of, answer(http.StatusOK, "A page of "+many+".")
	case api.Within:
		summary, success = "List "+many+" of a round table", answer(http.StatusOK, "A page of "+many+".")
		description = "The list of " + many + ", limited to one round table."
		tag = "Round tables"
	case api.Lookup:
		summary, success = "Find "+many+" by name while typing", answer(http.StatusOK, "The best matches.")
	case api.Match:
		summary, success = "Match names with "+many, answer(http.StatusOK, "The candidates for each name.")
		given = "names"
	case api.Duplicates:
		summary, success = "List possible duplicates of "+many, answer(http.StatusOK, "A page of pairs.")
		description = "Pairs of " + many + " with similar names, the most similar of each page first. Merge the two, or record with " +
			"`POST /v1/distinctions` that they are different: the pair is then no longer listed. A page is computed for two seconds at most, " +
			"so it can be short or empty although `next_cursor` leads to more pairs."
	case api.Merge:
		summary, success = "Merge "+a(one)+" into another one", answer(http.StatusOK, "What the merge changed.")
		given = one + " that stays"
	case api.Create:
		summary, success = "Create "+a(one)+of, answer(http.StatusCreated, "The new "+one+".")
	case api.Get:
		summary, success = "Get "+a(one)+of, answer(http.StatusOK, "The "+one+".")
	case api.Patch:
		summary, success = "Update "+a(one)+of, answer(http.StatusOK, "The updated "+one+".")
	case api.Delete:
		summary, success = "Delete "+a(one)+of, fmt.Sprintf("@Success 204 \"The %s is deleted. After a dry run it is not.\"", one)
		description = "Rejected with 409 while other records refer to the " + one + "."
	case api.Restore:
		summary, success = "Restore "+a(one)+of, answer(http.StatusOK, "The restored "+one+".")
		description = "Restores a deleted " + one + ", or an earlier version of one. The records that it refers to must exist."
	case api.History:
		summary, success = "Get the history of "+a(one)+of, answer(http.StatusOK, "A page of changes, the newest first.")
	case api.Export:
		summary, success = "Export "+many, `@Success 200 {string} string "The file."`
		extra = append(extra, "@x-export true")
		tag = "Exports"
	case api.Import:
		summary, success = "Import "+many, answer(http.StatusCreated, "The report on each row.")
		params = append(params, `@Param file body string true "The file."`)
		extra = append(extra, "@x-import true", "@Accept "+fileTypes)
		tag = "Imports"
	case api.Template:
		summary = "Get a CSV template for " + many
		success = "@Success 200 {string} string \"A header line with all columns. The columns `id` and `version` may be left out or empty.\""
		tag = "Imports"
	}
	if len(o.Sorts) > 0 {
		extra = append(extra, sorts(o.Sorts))
	}
	if o.Produces != "" {
		extra = append(extra, "@Produce "+o.Produces)
	}
	if o.Unlogged {
		extra = append(extra, "@x-fresh true")
	}
	if note := r.Notes[o.Feature]; note != "" {
		description = note
	}
	if o.Query != nil {
		params = append(params, fmt.Sprintf("@Param query query %s false \"-\"", nameInAPI(o.Query)))
	}
	if o.Feature == api.Export {
		params = append(params, `@Param params query exportParams false "-"`)
	}
	if o.Body != nil {
		required := o.Feature != api.Restore
		params = append(params, fmt.Sprintf("@Param body body %s %t \"The %s.\"", nameInAPI(o.Body), required, given))
	}
	lines := []string{"@ID " + operationID(r, o.Feature), "@Summary " + summary}
	if description != "" {
		lines = append(lines, "@Description "+description)
	}
	lines = append(lines, "@Tags "+tag)
	lines = append(lines, extra...)
	lines = append(lines, params...)
	path := pathParameter.ReplaceAllString(o.Path, "{$1}")
	return append(lines, success, fmt.Sprintf("@Router %s [%s]", path, strings.ToLower(o.Method)))
}

func sorts(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = strconv.Quote(n)
	}
	return "@x-sort [" + strings.Join(quoted, ", ") + "]"
}

// nameInAPI writes a type as package api names it: Page[topic.Topic].
func nameInAPI(t reflect.Type) string {
	name := strings.ReplaceAll(t.String(), "roundtables.kz/registry/internal/", "")
	name = strings.ReplaceAll(name, apiPackage+".", "")
	return strings.TrimPrefix(name, "api.")
}
