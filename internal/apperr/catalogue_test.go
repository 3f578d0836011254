package apperr

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// takesCode maps each function that makes errors to the index of its argument that is a code.
var takesCode = map[string]int{"New": 1, "At": 1, "In": 1, "BadValue": 0, "Malformed": 0, "Suggest": 1, "field": 1, "atLine": 1, "unreadable": 1, "unknown": 1, "Mistakes": 1, "Message": 0}

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
			if rest := placeholder.ReplaceAllString(texts[lang], ""); strings.ContainsAny(rest, "{}") {
				t.Errorf("%s: %s has a brace that looks like a placeholder: %s", code, lang, texts[lang])
			}
		}
	}
}

// programmersWords are words that an office worker cannot be expected to know.
var programmersWords = map[string]*regexp.Regexp{
	"en": regexp.MustCompile(`(?i)\b(objects?|integers?|null|arrays?|strings?|booleans?|floats?|payload|body|element)\b`),
	"ru": regexp.MustCompile(`(?i)объект|массив|булев|целочислен|элемент|строк\S* (json|запроса)|тел\S* запроса` + latinTypes),
	"kk": regexp.MustCompile(`(?i)объект|нысан|массив|бульдік|элемент` + latinTypes),
}

const latinTypes = `|\b(object|integer|null|array|string|boolean|float)\b`

func TestNoTextHasAWordOfProgrammers(t *testing.T) {
	quoted := regexp.MustCompile("`[^`]*`") // names of fields, headers and addresses stay as they are
	for name, c := range map[string]catalogue{"messages.json": messages, "types.json": types} {
		for code, texts := range c {
			for _, lang := range Languages {
				if word := programmersWords[lang].FindString(quoted.ReplaceAllString(texts[lang], "")); word != "" {
					t.Errorf("%s: %s says %q in %s: %s", name, code, word, lang, texts[lang])
				}
			}
		}
	}
}

func TestEveryTypeThatAnErrorExpectsIsDescribedInEveryLanguageAndNoDescriptionIsUnused(t *testing.T) {
	used := typesOfTheSources(t, "../..")
	for _, name := range []string{"integer", "array", "date-time", "UTF-8", "uri"} {
		if used[name] == "" {
			t.Fatalf("the type %s was not found in the sources: the search is broken", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(used)) {
		for _, lang := range Languages {
			if strings.TrimSpace(types[name][lang]) == "" {
				t.Errorf("the type %s has no text in %s; it is used at %s", name, lang, used[name])
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(types)) {
		if used[name] == "" {
			t.Errorf("no error expects the type %s", name)
		}
	}
}

func TestAMessageDescribesTheExpectedTypeInWords(t *testing.T) {
	for lang, want := range map[string]string{
		"en": "must be a whole number, such as 12",
		"ru": "укажите целое число, например 12",
		"kk": "мұнда бүтін сан (мысалы, 12) болуы керек",
	} {
		for _, expected := range []string{"integer", "null, integer"} {
			if got := Message("wrong_type", lang, Args{"expected": expected}); got != want {
				t.Errorf("%s, %s: got %s, want %s", lang, expected, got, want)
			}
		}
	}
	if got := Message("wrong_type", "ru", Args{"expected": "tensor"}); got != "укажите tensor" {
		t.Errorf("an unknown type became %s", got)
	}
}

func TestAValueIsNeverTakenForAPlaceholder(t *testing.T) {
	got := Message("unknown_field_hint", "en", Args{"value": "{hint}", "hint": "{value}"})
	if want := `"{hint}" is not a field here; did you mean "{value}"?`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// codesOfTheSources returns the codes in the Go files below root, and where each one is used.
func codesOfTheSources(t *testing.T, root string) map[string]string {
	used := map[string]string{}
	isCode := regexp.MustCompile(`^[a-z][a-z0-9_]+$`)
	inTag := regexp.MustCompile(`\b(?:any_of|not_with)=(\w+)`) // rules that name the code of their error
	inspectSources(t, root, func(files *token.FileSet, file *ast.File, n ast.Node) {
		if field, ok := n.(*ast.Field); ok && field.Tag != nil {
			for _, found := range inTag.FindAllStringSubmatch(field.Tag.Value, -1) {
				used[found[1]] = files.Position(field.Pos()).String()
			}
		}
		if file.Name.Name != "apperr" && file.Name.Name != "api" && !imports(file, "/internal/apperr") && !imports(file, "/internal/pg") {
			return
		}
		noteCodes(n, func(e ast.Expr) {
			if code, ok := literal(e); ok && isCode.MatchString(code) {
				used[code] = files.Position(e.Pos()).String()
			}
		})
	})
	return used
}

// typesOfTheSources returns the names of types that errors expect, and where each one is used: the literals in Go files
// and the types and formats of the JSON schemas below root.
func typesOfTheSources(t *testing.T, root string) map[string]string {
	used := map[string]string{}
	inspectSources(t, root, func(files *token.FileSet, _ *ast.File, n ast.Node) {
		noteTypes(n, func(e ast.Expr) {
			if name, ok := literal(e); ok {
				used[name] = files.Position(e.Pos()).String()
			}
		})
	})
	inSchema := regexp.MustCompile(`"(?:type|format)": (?:\[([^\]]*)\]|("[a-z-]+"))`)
	walk(t, root, ".schema.json", func(path string) error {
		raw, err := os.ReadFile(path)
		for _, found := range inSchema.FindAllSubmatch(raw, -1) {
			for name := range strings.SplitSeq(string(found[1])+string(found[2]), ", ") {
				if name = strings.Trim(name, `"`); name != "null" {
					used[name] = path
				}
			}
		}
		return err
	})
	return used
}

// noteTypes finds the names of types: what follows the argument "expected", the arguments of a closure wrong, what
// kindName returns, and the member Expected of an error.
func noteTypes(n ast.Node, note func(ast.Expr)) {
	switch n := n.(type) {
	case *ast.CallExpr:
		for i, arg := range n.Args {
			if name, ok := literal(arg); ok && name == "expected" && i+1 < len(n.Args) {
				note(n.Args[i+1])
			}
		}
		if nameOf(n.Fun) == "wrong" && len(n.Args) == 1 {
			note(n.Args[0])
		}
	case *ast.FuncDecl:
		if n.Name.Name != "kindName" {
			return
		}
		ast.Inspect(n, func(n ast.Node) bool {
			if r, ok := n.(*ast.ReturnStmt); ok {
				note(r.Results[0])
			}
			return true
		})
	case *ast.KeyValueExpr:
		if nameOf(n.Key) == "Expected" {
			note(n.Value)
		}
	}
}

// inspectSources calls f for each node of the Go files below root, except tests.
func inspectSources(t *testing.T, root string, f func(*token.FileSet, *ast.File, ast.Node)) {
	files := token.NewFileSet()
	walk(t, root, ".go", func(path string) error {
		if strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			f(files, file, n)
			return true
		})
		return nil
	})
}

// walk calls f for each file below root whose name ends with suffix.
func walk(t *testing.T, root, suffix string, f func(path string) error) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, suffix):
			return nil
		}
		return f(path)
	})
	if err != nil {
		t.Fatal(err)
	}
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
	return s, err == nil
}

func isCode(e ast.Expr) bool {
	name := nameOf(e)
	return strings.HasSuffix(name, "Code") || name == "code"
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
