package migrations

import (
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/golang-migrate/migrate/v4/source"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"
)

// atomicSource is the iofs source with a suffix after each atomic file that clears the dirty mark. The file and the mark
// then are one transaction: "dirty" always means that the file had no effect. The suffix also makes a file with a single
// CALL or DO a transaction, which otherwise could commit in between. RESET ALL gives each file the same initial settings.
type atomicSource struct {
	source.Driver
	set    Set
	suffix string
}

func newSource(files fs.FS, set Set, schema string) (*atomicSource, error) {
	driver, err := iofs.New(files, ".")
	if err != nil {
		return nil, err
	}
	name := pgx.Identifier{schema, table}.Sanitize()
	return &atomicSource{driver, set, fmt.Sprintf("\n;\nUPDATE %s SET dirty = false;\nRESET ALL", name)}, nil
}

// ReadUp returns the file that migrates from the previous version to a version.
func (s *atomicSource) ReadUp(version uint) (io.ReadCloser, string, error) {
	body, name, err := s.Driver.ReadUp(version)
	return s.read(body, name, err, version, DirectionUp)
}

// ReadDown returns the file that migrates from a version to the previous one.
func (s *atomicSource) ReadDown(version uint) (io.ReadCloser, string, error) {
	body, name, err := s.Driver.ReadDown(version)
	return s.read(body, name, err, version, DirectionDown)
}

func (s *atomicSource) read(body io.ReadCloser, name string, err error, version uint, d Direction) (io.ReadCloser, string, error) {
	if err != nil || version == 0 || version > s.set.Latest() || !s.set[version-1].Atomic(d) {
		return body, name, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(body, strings.NewReader(s.suffix)), body}, name, nil
}
