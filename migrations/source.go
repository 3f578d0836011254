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

// settlingSource is the iofs source whose atomic files end by clearing the dirty mark themselves. The mark and the
// file are then one transaction: whatever is killed and whenever, "dirty" means that the file did not take effect.
// It also makes a file with a single CALL or DO a transaction, which could otherwise commit half way. RESET ALL lets a
// file find the same settings whether it runs after others or alone.
type settlingSource struct {
	source.Driver
	set    Set
	settle string
}

func newSource(files fs.FS, set Set, schema string) (*settlingSource, error) {
	driver, err := iofs.New(files, ".")
	if err != nil {
		return nil, err
	}
	name := pgx.Identifier{schema, table}.Sanitize()
	return &settlingSource{driver, set, fmt.Sprintf("\n;\nUPDATE %s SET dirty = false;\nRESET ALL", name)}, nil
}

// ReadUp gives the file that leads to a version from the one before.
func (s *settlingSource) ReadUp(version uint) (io.ReadCloser, string, error) {
	body, name, err := s.Driver.ReadUp(version)
	return s.read(body, name, err, version, DirectionUp)
}

// ReadDown gives the file that leads from a version to the one before.
func (s *settlingSource) ReadDown(version uint) (io.ReadCloser, string, error) {
	body, name, err := s.Driver.ReadDown(version)
	return s.read(body, name, err, version, DirectionDown)
}

func (s *settlingSource) read(body io.ReadCloser, name string, err error, version uint, d Direction) (io.ReadCloser, string, error) {
	if err != nil || version == 0 || version > s.set.Latest() || !s.set[version-1].script(d).atomic {
		return body, name, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(body, strings.NewReader(s.settle)), body}, name, nil
}
