package internal

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "roundtables.kz/registry/"

// layers lists the packages from the bottom up: a package imports only from lower layers.
var layers = [][]string{
	{ // 0 knows no resource. Its packages are ordered: each may import those before it.
		"internal/apperr", "internal/pg", "internal/date", "internal/paging", "internal/text", "internal/vocabulary", "internal/names", "internal/actor",
		"internal/input", "internal/aggregate", "internal/spelling", "internal/reference", "internal/config", "internal/embeddedpg", "migrations",
	},
	{"internal/changes"}, // 1 is used by every write
	{ // 2: the resources
		"internal/roundtable", "internal/person", "internal/affiliation", "internal/organization", "internal/organizer",
		"internal/attendee", "internal/role", "internal/statement", "internal/topic", "internal/place", "internal/document",
		"internal/recommendation", "internal/apikey", "internal/idempotency", "internal/distinction", "internal/webhook",
	},
	{"internal/history"},        // restores earlier content of any of them
	{"internal/formats/export"}, // rows of tables, which imports read, too
	{"internal/imports"},        // the import engine and its ledger
	{ // 3: across resources
		"internal/check", "internal/bundle", "internal/match", "internal/search", "internal/merge", "internal/privacy", "internal/profile",
		"internal/stats", "internal/formats/calendar", "internal/formats/feed", "internal/formats/popolo", "internal/formats/schemaorg",
	},
	{"internal/sample"},      // the sample is a list of bundles
	{"openapi"},              // the document; the service serves it
	{"api/docs", "api/site"}, // HTML; they do not know package api
	{"api"},
	{"internal/bench"}, // measures the service beside a bare handler
	{"cmd", "openapi/generate", "migrations/dump", "deployments"},
}

// ordered is the layer whose packages may import those before them.
const ordered = 0

// forTests are the packages that only tests import; they may import everything below api.
var forTests = []string{"internal/dbtest", "internal/fixture"}

// Exceptions, each with its reason.
var (
	mayKnowEcho = map[string]string{
		"api":            "the HTTP surface",
		"internal/bench": "compares with a bare handler",
	}
	mayReadEnvironment = map[string]string{
		"cmd":                 "only commands have an environment",
		"internal/embeddedpg": "looks for the server's programs in PATH and hands the environment on to them",
		"internal/dbtest":     "finds out where tests may put their server",
		"internal/bench":      "hands PATH on to the programs it measures",
	}
	noNames = []string{"util", "utils", "common", "helpers", "types", "models", "dto", "service", "repository"}
)

// source is what the rules look at in one Go file.
type source struct {
	path    string // below the module, with slashes
	imports []string
	calls   []string // "os.Getenv", "c.Bind"
}

func TestImportsGoDownOnly(t *testing.T) {
	t.Parallel()
	sources := sourcesBelow(t, "..")
	if len(sources) < 50 {
		t.Fatalf("only %d files were found: the search is broken", len(sources))
	}
	for _, s := range sources {
		for _, problem := range problemsOf(s) {
			t.Errorf("%s: %s", s.path, problem)
		}
	}
}

func TestEachRuleOfTheLayersIsChecked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source source
		want   string
	}{
		"down":                            {source{path: "internal/topic/store.go", imports: []string{module + "internal/changes", module + "internal/pg", "errors"}}, ""},
		"up":                              {source{path: "internal/changes/a.go", imports: []string{module + "internal/topic"}}, "internal/topic is not below internal/changes"},
		"sideways":                        {source{path: "internal/topic/store.go", imports: []string{module + "internal/place"}}, "internal/place is not below internal/topic"},
		"up in the ordered layer":         {source{path: "internal/pg/a.go", imports: []string{module + "internal/paging"}}, "internal/paging is not below internal/pg"},
		"down in the ordered layer":       {source{path: "internal/paging/a.go", imports: []string{module + "internal/pg"}}, ""},
		"an unknown package":              {source{path: "internal/gossip/a.go"}, "internal/gossip is not in the list of layers"},
		"a test of an unknown package":    {source{path: "internal/gossip/a_test.go"}, "internal/gossip is not in the list of layers"},
		"an import of an unknown package": {source{path: "cmd/registry/a.go", imports: []string{module + "internal/gossip"}}, "internal/gossip is not in the list of layers"},
		"a command":                       {source{path: "cmd/registry/a.go", imports: []string{module + "api"}, calls: []string{"os.Getenv"}}, ""},
		"a command of another":            {source{path: "cmd/registry/a.go", imports: []string{module + "cmd/migrate"}}, "cmd/migrate is not below cmd/registry"},
		"fixtures outside of tests":       {source{path: "internal/bundle/a.go", imports: []string{module + "internal/fixture"}}, "internal/fixture is for tests only"},
		"fixtures in a test":              {source{path: "internal/topic/a_test.go", imports: []string{module + "internal/fixture", module + "internal/place"}}, ""},
		"fixtures of a resource":          {source{path: "internal/fixture/topic.go", imports: []string{module + "internal/topic", module + "internal/dbtest"}}, ""},
		"fixtures of the service":         {source{path: "internal/fixture/topic.go", imports: []string{module + "api"}}, "api is not below internal/fixture"},
		"a router elsewhere":              {source{path: "internal/topic/a.go", imports: []string{"github.com/labstack/echo/v4"}}, "only api knows Echo"},
		"a router's part elsewhere":       {source{path: "cmd/registry/a.go", imports: []string{"github.com/labstack/echo/v4/middleware"}}, "only api knows Echo"},
		"a router in a test":              {source{path: "internal/topic/a_test.go", imports: []string{"github.com/labstack/echo/v4"}}, "only api knows Echo"},
		"the environment elsewhere":       {source{path: "internal/config/a.go", calls: []string{"os.LookupEnv"}}, "os.LookupEnv: only cmd reads the environment"},
		"the environment in a test":       {source{path: "internal/config/a_test.go", calls: []string{"os.LookupEnv"}}, ""},
		"the router's binder":             {source{path: "api/a.go", imports: []string{"github.com/labstack/echo/v4"}, calls: []string{"c.Bind"}}, "c.Bind: bodies and parameters are read by package input"},
		"a part of the router's binder":   {source{path: "api/a.go", imports: []string{"github.com/labstack/echo/v4"}, calls: []string{"echo.QueryParamsBinder"}}, "echo.QueryParamsBinder: bodies"},
		"another Bind":                    {source{path: "internal/topic/a.go", calls: []string{"w.Bind"}}, ""},
		"a name that says nothing":        {source{path: "internal/topic/util/a.go"}, "util says nothing"},
	} {
		got := problemsOf(c.source)
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) == 0 || !strings.HasPrefix(got[0], c.want)) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func problemsOf(s source) (problems []string) {
	dir := filepath.ToSlash(filepath.Dir(s.path))
	test := strings.HasSuffix(s.path, "_test.go")
	if dir == "." || dir == "internal" { // the list itself
		return nil
	}
	if name := filepath.Base(dir); slices.Contains(noNames, name) {
		problems = append(problems, name+" says nothing: name the package after what it holds")
	}
	if !slices.Contains(forTests, dir) && layerOf(dir) < 0 {
		problems = append(problems, dir+" is not in the list of layers")
	}
	for _, path := range s.imports {
		if strings.HasPrefix(path, "github.com/labstack/echo") && mayKnowEcho[dir] == "" {
			problems = append(problems, "only api knows Echo")
		}
		if own, ok := strings.CutPrefix(path, module); ok && !test {
			problems = append(problems, problemOfImport(dir, own)...)
		}
	}
	echo := slices.ContainsFunc(s.imports, func(path string) bool { return strings.HasPrefix(path, "github.com/labstack/echo") })
	for _, call := range s.calls {
		_, name, _ := strings.Cut(call, ".")
		switch {
		case strings.HasPrefix(call, "os.") && !test && mayReadEnvironment[entry(dir)] == "":
			problems = append(problems, call+": only cmd reads the environment")
		case !strings.HasPrefix(call, "os.") && !strings.HasPrefix(call, "input.") && echo && slices.Contains(binders, name):
			problems = append(problems, call+": bodies and parameters are read by package input, which is strict")
		}
	}
	return problems
}

func problemOfImport(dir, own string) []string {
	switch {
	case own == dir:
		return nil
	case slices.Contains(forTests, own):
		if slices.Contains(forTests, dir) {
			return nil
		}
		return []string{own + " is for tests only"}
	case layerOf(own) < 0:
		return []string{own + " is not in the list of layers"}
	}
	from, to := layerOf(dir), layerOf(own)
	if slices.Contains(forTests, dir) {
		from = layerOf("api")
	}
	if to < from || from == to && from == ordered && slices.Index(layers[ordered], own) < slices.Index(layers[ordered], dir) {
		return nil
	}
	return []string{fmt.Sprintf("%s is not below %s", own, dir)}
}

// layerOf returns the layer of a package, -1 for one that is not listed.
func layerOf(dir string) int {
	return slices.IndexFunc(layers, func(packages []string) bool { return slices.Contains(packages, entry(dir)) })
}

// entry is how a package is listed: all commands share one entry.
func entry(dir string) string {
	if strings.HasPrefix(dir, "cmd/") {
		return "cmd"
	}
	return dir
}

var (
	environment = []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"}
	binders     = []string{"Bind", "BindBody", "BindQueryParams", "BindPathParams", "BindHeaders", "DefaultBinder", "QueryParamsBinder", "PathParamsBinder", "FormFieldBinder"}
)

// sourcesBelow reads the Go files below root.
func sourcesBelow(t *testing.T, root string) (sources []source) {
	t.Helper()
	files := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_") || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		below, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		sources = append(sources, read(filepath.ToSlash(below), file))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

func read(path string, file *ast.File) source {
	s := source{path: path}
	for _, i := range file.Imports {
		imported, _ := strconv.Unquote(i.Path.Value) // the parser has checked it
		s.imports = append(s.imports, imported)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			of, name := "", selector.Sel.Name
			if ident, ok := selector.X.(*ast.Ident); ok {
				of = ident.Name
			}
			if of == "os" && slices.Contains(environment, name) || slices.Contains(binders, name) {
				s.calls = append(s.calls, of+"."+name)
			}
		}
		return true
	})
	return s
}
