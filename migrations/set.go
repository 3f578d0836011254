package migrations

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
)

// Direction is the direction of a migration.
type Direction string

// The two directions. Each has its own file.
const (
	DirectionUp   Direction = "up"
	DirectionDown Direction = "down"
)

// Migration is one numbered step of the schema.
type Migration struct {
	Version uint
	Name    string // as in the file name: lower case, digits, underscores
	scripts map[Direction]script
}

// File returns the file name of one direction, such as 000003_people.up.sql.
func (m Migration) File(d Direction) string { return FileName(m.Version, m.Name, d) }

// Atomic reports whether the file of one direction runs as one transaction.
func (m Migration) Atomic(d Direction) bool { return m.scripts[d].atomic }

// FileName returns the file name of a migration.
func FileName(version uint, name string, d Direction) string {
	return fmt.Sprintf("%06d_%s.%s.sql", version, name, d)
}

// ValidName reports whether a name is valid for a migration: lower-case letters, digits and underscores, a letter first.
func ValidName(name string) bool { return validName.MatchString(name) }

var (
	validName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,99}$`)
	fileName  = regexp.MustCompile(`^([0-9]{6})_([a-z][a-z0-9_]{0,99})\.(up|down)\.sql$`)
)

// Set is a complete list of migrations. The migration of version n is at index n-1.
type Set []Migration

// Latest returns the newest version of the set, or 0 if the set is empty.
func (s Set) Latest() uint { return uint(len(s)) }

// Load reads and checks the .up.sql and .down.sql files in the root of files: valid names, no missing or duplicate numbers
// (golang-migrate never runs a number below the current one), both directions, no BEGIN or COMMIT, and statements that
// cannot run in a transaction alone in their file. The error lists all problems.
func Load(files fs.FS) (Set, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	var problems []error
	found := map[uint]map[Direction]string{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".up.sql") && !strings.HasSuffix(e.Name(), ".down.sql") {
			continue
		}
		parts := fileName.FindStringSubmatch(e.Name())
		if parts == nil {
			problems = append(problems, fmt.Errorf("%s: the name must look like 000001_name.up.sql, in lower case", e.Name()))
			continue
		}
		number, _ := strconv.ParseUint(parts[1], 10, 64) // six digits
		version, direction := uint(number), Direction(parts[3])
		if other, taken := found[version][direction]; taken {
			problems = append(problems, fmt.Errorf("%s: the number is already used by %s", e.Name(), other))
			continue
		}
		if found[version] == nil {
			found[version] = map[Direction]string{}
		}
		found[version][direction] = e.Name()
	}
	set := make(Set, 0, len(found))
	for version := uint(1); len(set) < len(found); version++ {
		pair, ok := found[version]
		if !ok {
			problems = append(problems, fmt.Errorf("%06d is missing: numbers must start at 000001 without gaps", version))
			break
		}
		m := Migration{Version: version, scripts: map[Direction]script{}}
		problems = append(problems, m.load(files, pair)...)
		set = append(set, m)
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("invalid migrations: %w", errors.Join(problems...))
	}
	return set, nil
}

// load reads and checks the two files of a migration.
func (m *Migration) load(files fs.FS, pair map[Direction]string) (problems []error) {
	for _, d := range []Direction{DirectionUp, DirectionDown} {
		file, ok := pair[d]
		if !ok {
			problems = append(problems, fmt.Errorf("%s has no matching .%s.sql file", pair[opposite(d)], d))
			continue
		}
		m.Name = cmp.Or(m.Name, fileName.FindStringSubmatch(file)[2])
		if file != m.File(d) {
			problems = append(problems, fmt.Errorf("%s and %s must have the same name", pair[DirectionUp], file))
		}
		text, err := fs.ReadFile(files, file)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if m.scripts[d], err = newScript(string(text)); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", file, err))
		}
	}
	return problems
}

func opposite(d Direction) Direction {
	if d == DirectionUp {
		return DirectionDown
	}
	return DirectionUp
}
