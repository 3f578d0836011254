package apperr

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// takesCode tells at which argument the functions that make errors take a code.
var takesCode = map[string]int{"New": 1, "At": 1, "In": 1, "BadValue": 0, "malformed": 0, "field": 1}

func TestEveryCodeInTheSourcesHasATextInEveryLanguageAndNoTextIsUnused(t *testing.T) {
	used := codesOfTheSources(t, "../..")
	if len(used) < 50 {
		t.Fatalf("only %d codes were found: the search is broken", len(used))
	}
	for _, code := range slices.Sorted(maps.Keys(used)) {
		for _, lang := range Languages {
			if strings.TrimSpace(messages[code][lang]) == "" {
				t.Errorf("%s has no text in %s; it is used at %s", code, lang, used[code])
			}
		}
	}
	for _, code := range slices.Sorted(maps.Keys(messages)) {
		if used[code] == "" {
			t.Errorf("no code of the sources is %s", code)
		}
		for lang := range messages[code] {
			if !slices.Contains(Languages, lang) {
				t.Errorf("%s has a text in %q, which is no language of messages", code, lang)
			}
		}
	}
}

func TestTheTextsOfACodeFillInTheSameThingsInEveryLanguage(t *testing.T) {
	placeholder := regexp.MustCompile(`\{[a-z_]+\}`)
	in := func(text string) []string {
		found := placeholder.FindAllString(text, -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	for code, texts := range messages {
		for _, lang := range Languages {
			if got, want := in(texts[lang]), in(texts["en"]); !slices.Equal(got, want) {
				t.Errorf("%s: %s fills in %v, en %v", code, lang, got, want)
			}
		}
	}
}

func TestAValueIsNeverTakenForAPlaceholder(t *testing.T) {
	got := Message("unknown_field_hint", "en", Args{"value": "{hint}", "hint": "{value}"})
	if want := `"{hint}" is not a field here; did you mean "{value}"?`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// codesOfTheSources gives the codes that stand in the Go files below root, and where.
func codesOfTheSources(t *testing.T, root string) map[string]string {
	used := map[string]string{}
	files := token.NewFileSet()
	note := func(e ast.Expr) {
		if code, ok := literal(e); ok {
			used[code] = files.Position(e.Pos()).String()
		}
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2 {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if file.Name.Name != "apperr" && !imports(file, "/internal/apperr") && !imports(file, "/internal/pg") && file.Name.Name != "api" {
			return nil
		}
		ast.Inspect(file, func(n ast.Node) bool {
			noteCodes(n, note)
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return used
}

// noteCodes finds the codes in a call, a key-value pair or an assignment.
func noteCodes(n ast.Node, note func(ast.Expr)) {
	switch n := n.(type) {
	case *ast.CallExpr:
		at, ok := takesCode[nameOf(n.Fun)]
		if ok && at < len(n.Args) {
			note(n.Args[at])
		}
	case *ast.KeyValueExpr:
		if isCode(n.Key) {
			note(n.Value)
		}
		if strings.HasPrefix(selector(n.Key), "http.Status") { // codes of the router's own errors
			note(n.Value)
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			if isCode(left) && len(n.Rhs) == len(n.Lhs) {
				note(n.Rhs[i])
			}
		}
	}
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil && regexp.MustCompile(`^[a-z][a-z0-9_]+$`).MatchString(s)
}

func isCode(e ast.Expr) bool {
	name := nameOf(e)
	return name == "Code" || name == "code"
}

func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func selector(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		return nameOf(s.X) + "." + s.Sel.Name
	}
	return ""
}

func imports(file *ast.File, suffix string) bool {
	return slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool { return strings.HasSuffix(strings.Trim(i.Path.Value, `"`), suffix) })
}
