package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestAnEmptyEnvironmentGivesTheDefaults(t *testing.T) {
	t.Parallel()
	c, err := Read([]string{"ADDR=", "LOG_LEVEL=  "})
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "localhost:8080" || c.PoolSize != 8 || c.RequestTimeout != 30*time.Second || c.AppEnv != "development" {
		t.Errorf("got %+v", c)
	}
}

func TestSettingsAreRead(t *testing.T) {
	t.Parallel()
	c, err := Read([]string{
		"DATABASE_URL=postgres://u:p@h/d", "TRUSTED_PROXIES=10.0.0.0/8, 192.0.2.7", "LOG_LEVEL=Warn",
		"CORS_ORIGINS=https://a.example,https://b.example:8443", "PUBLIC_BASE_URL=https://r.example/", "ADDR=:0",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%v %v %v %v", c.TrustedProxies, c.CORSOrigins, c.PublicBaseURL, c.LogLevel); got != "[10.0.0.0/8 192.0.2.7/32] [https://a.example https://b.example:8443] https://r.example WARN" {
		t.Errorf("got %s", got)
	}
}

func TestAllProblemsAreListedAtOnceAndShowNoSecret(t *testing.T) {
	t.Parallel()
	wrong := map[string]string{
		"APP_ENV": "prod", "DATABASE_URL": "mysql://user:hunter2@h/d", "POOL_SIZE": "many", "STATEMENT_TIMEOUT": "5", "LOCK_TIMEOUT": "0s",
		"START_TIMEOUT": "-1s", "ADDR": "8080", "PUBLIC_BASE_URL": "registry.example.org", "CORS_ORIGINS": "https://a.example/path",
		"TRUSTED_PROXIES": "10.0.0.0/99", "RATE_LIMIT_ANONYMOUS": "-1", "RATE_LIMIT_KEYS": "x", "REQUEST_TIMEOUT": "2m",
		"SHUTDOWN_DELAY": "-1s", "SHUTDOWN_GRACE": "0s", "OPERATOR_KEY": "hunter 2", "LOG_LEVEL": "loud", "LOG_FORMAT": "xml",
	}
	var environ []string
	for name, value := range wrong {
		environ = append(environ, name+"="+value)
	}
	_, err := Read(environ)
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v", err)
	}
	for name := range wrong {
		if n := strings.Count("\n"+strings.Join(problems, "\n"), "\n"+name+": "); n != 1 {
			t.Errorf("%s is listed %d times", name, n)
		}
	}
	if len(problems) != len(wrong) {
		t.Errorf("%d problems for %d wrong settings", len(problems), len(wrong))
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a secret is shown: %v", err)
	}
}

func TestAURLThatCannotBeParsedIsNotQuoted(t *testing.T) {
	t.Parallel()
	_, err := Read([]string{"DATABASE_URL=postgres://user:hun%ter2@h:port/d"})
	if err == nil || !strings.Contains(err.Error(), "DATABASE_URL: cannot be parsed") || strings.Contains(err.Error(), "ter2") {
		t.Errorf("got %v", err)
	}
}

func TestTheDatabaseURLCanComeFromAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte("postgres://u:p@h/d\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Read([]string{"DATABASE_URL_FILE=" + file})
	if err != nil || c.DatabaseURL != "postgres://u:p@h/d" {
		t.Errorf("got %q, %v", string(c.DatabaseURL), err)
	}
	for name, environ := range map[string][]string{
		"both set": {"DATABASE_URL=postgres://u:p@h/d", "DATABASE_URL_FILE=" + file},
		"no such":  {"DATABASE_URL_FILE=" + file + ".no"},
	} {
		if _, err := Read(environ); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSecretsPrintAsStars(t *testing.T) {
	t.Parallel()
	c := Config{DatabaseURL: "hunter2", OperatorKey: "hunter2"}
	inJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprintf("%v", c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), c.OperatorKey.String(), string(inJSON)} {
		if strings.Contains(text, "hunter2") || !strings.Contains(text, "***") {
			t.Errorf("got %s", text)
		}
	}
}

func TestTheTableListsEverySettingWithItsDefaultAndMeaning(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../deployments/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(content)) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "`"); ok && strings.HasPrefix(line, "| `") && name == strings.ToUpper(name) {
			got = append(got, strings.TrimSpace(line))
		}
	}
	if want := table(t); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the table of deployments/README.md should be:\n%s", strings.Join(want, "\n"))
	}
}

// table returns the lines of the table of deployments/README.md, built from the struct and its comments.
func table(t *testing.T) (lines []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	comments := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if f, ok := n.(*ast.Field); ok && f.Tag != nil {
			comments[reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("env")] = strings.TrimSpace(f.Comment.Text())
		}
		return true
	})
	for _, s := range Settings() {
		if comments[s.Name] == "" {
			t.Errorf("%s has no comment", s.Name)
		}
		standard := ""
		if s.Default != "" {
			standard = "`" + s.Default + "`"
		}
		lines = append(lines, fmt.Sprintf("| `%s` | %s | %s |", s.Name, standard, comments[s.Name]))
	}
	return lines
}

func TestAShortOperatorKeyIsForDevelopmentOnly(t *testing.T) {
	environ := []string{"OPERATOR_KEY=short", "APP_ENV=development"}
	if _, err := Read(environ); err != nil {
		t.Errorf("in development: %v", err)
	}
	environ[1] = "APP_ENV=production"
	if _, err := Read(environ); err == nil || !strings.Contains(err.Error(), "OPERATOR_KEY") {
		t.Errorf("in production: %v", err)
	}
}
