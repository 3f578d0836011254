package migrations_test

import (
	"errors"
	"strings"
	"testing"

	"roundtables.kz/registry/migrations"
)

func TestAnInvalidDatabaseURLIsExplainedWithoutQuotingIt(t *testing.T) {
	for url, want := range map[string]string{
		"":                                           "no database URL is set",
		"  ":                                         "no database URL is set",
		"mysql://u:s3cret@h/db":                      "does not start with postgres://",
		"postgres://u:s3cret/x@h:5432/db":            "write @ as %40",
		"postgres://u:12/s3cret@h:5432/db":           "write @ as %40",
		"postgres://u:12?s3cret@h:5432/db":           "write @ as %40",
		"postgres://u:12#s3cret@h:5432/db":           "# as %23",
		"postgres://u:s3cret%zz@h:5432/db":           "cannot be parsed",
		"postgres://u:s3cret@h:port/db":              "cannot be parsed",
		"postgres://u:s3cret@h/db?sslmode=":          "",
		"postgres://u:s3cret@h/db?sslmode=sometimes": "sslmode",
		"postgres://u:s3cret@h/db?target_session_attrs=sometimes": "target_session_attrs",
		"u:s3cret@h/db":             "cannot be parsed",
		"host=h password='s3cret":   "cannot be parsed",
		"postgres://u:s3 cret@h/db": "",
	} {
		_, err := migrations.New(migrations.FS, url, migrations.Options{})
		if want == "" && err == nil {
			continue
		}
		var wrong *migrations.URLError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
		if err != nil && (strings.Contains(err.Error(), "s3") || strings.Contains(err.Error(), "cret")) {
			t.Errorf("%s: the password is in %q", url, err)
		}
	}
}

func TestDatabaseURLsInAllCommonFormsAreAccepted(t *testing.T) {
	for _, url := range []string{
		"postgres://u:p@h:5432/db?sslmode=disable",
		"postgresql://u:p%40ss%2Fword@h/db",
		"postgres://u:p@h1:5432,h2:5433/db?target_session_attrs=primary",
		"postgres:///db?host=/var/run/postgresql",
		"postgres://u:p@h/db?pool_max_conns=10&lock_timeout=100",
		"host=h user=u password=p@ss dbname=db",
	} {
		if _, err := migrations.New(migrations.FS, url, migrations.Options{}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}
