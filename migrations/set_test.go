package migrations_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"roundtables.kz/registry/migrations"
)

func files(texts map[string]string) fstest.MapFS {
	fs := fstest.MapFS{}
	for name, text := range texts {
		fs[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fs
}

func TestMigrationsAreNumberedWithoutGapsAndCanBeReverted(t *testing.T) {
	set, err := migrations.Load(migrations.FS)
	if err != nil {
		t.Fatal(err)
	}
	if set.Latest() == 0 || set.Latest() != migrations.Latest() {
		t.Errorf("Latest is %d, the set has %d", migrations.Latest(), set.Latest())
	}
}

func TestMigrationsBeginWithTheirReason(t *testing.T) {
	set, err := migrations.Load(migrations.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range set {
		text, err := migrations.FS.ReadFile(m.File(migrations.DirectionUp))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "-- ") {
			t.Errorf("%s does not begin with a comment that explains why", m.File(migrations.DirectionUp))
		}
	}
}

func TestInvalidSetsAreRejectedWithAllProblems(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		want  []string
	}{
		"a gap":             {[]string{"000001_a.up.sql", "000001_a.down.sql", "000003_c.up.sql", "000003_c.down.sql"}, []string{"000002 is missing"}},
		"from zero":         {[]string{"000000_a.up.sql", "000000_a.down.sql"}, []string{"000001 is missing"}},
		"no down file":      {[]string{"000001_a.up.sql"}, []string{"000001_a.up.sql has no matching .down.sql file"}},
		"no up file":        {[]string{"000001_a.down.sql"}, []string{"000001_a.down.sql has no matching .up.sql file"}},
		"two names":         {[]string{"000001_a.up.sql", "000001_b.down.sql"}, []string{"must have the same name"}},
		"one number twice":  {[]string{"000001_a.up.sql", "000001_a.down.sql", "000001_b.up.sql", "000001_b.down.sql"}, []string{"000001_b.up.sql: the number is already used by 000001_a.up.sql", "000001_b.down.sql"}},
		"a short number":    {[]string{"1_a.up.sql", "000001_a.up.sql", "000001_a.down.sql"}, []string{"1_a.up.sql: the name must look like"}},
		"a capital":         {[]string{"000001_A.up.sql"}, []string{"in lower case"}},
		"problems together": {[]string{"x.up.sql", "000001_a.up.sql"}, []string{"x.up.sql", "000001_a.up.sql has no"}},
	} {
		texts := map[string]string{}
		for _, f := range c.files {
			texts[f] = ""
		}
		_, err := migrations.Load(files(texts))
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
	}
}

func TestOtherFilesAreIgnored(t *testing.T) {
	set, err := migrations.Load(files(map[string]string{"000001_a.up.sql": "", "000001_a.down.sql": "", "schema.sql": "", "README.md": ""}))
	if err != nil || set.Latest() != 1 {
		t.Errorf("%v, %v", set, err)
	}
}
