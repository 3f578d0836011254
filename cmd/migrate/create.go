package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"roundtables.kz/registry/migrations"
)

type createCommand struct {
	Name string `arg:"" help:"What the migration does, in lower-case letters, digits and underscores, such as add_rooms."`
	Dir  string `default:"migrations" help:"Directory of the migrations."`
}

const upHeader = `-- %s: explain here why the schema changes.
--
-- The file runs as one transaction: do not write BEGIN or COMMIT. Put a statement that cannot run in a transaction
-- (CREATE INDEX CONCURRENTLY) alone into a migration of its own, with IF NOT EXISTS. The previous and the new release
-- run at the same time for a while: add things first, and remove old ones in a later release.

`

const downHeader = `-- Reverts %s. The schema is then the same as before it.

`

var separators = regexp.MustCompile(`[^a-z0-9]+`)

func (n createCommand) Run(c *call) error {
	if !migrations.ValidName(n.Name) {
		text := fmt.Sprintf("%q is not a valid name: use lower-case letters, digits and underscores, and begin with a letter", n.Name)
		better := strings.Trim(separators.ReplaceAllString(strings.ToLower(n.Name), "_"), "_")
		if migrations.ValidName(better) {
			text += fmt.Sprintf("; did you mean %s?", better)
		}
		return usage("%s", text)
	}
	if info, err := os.Stat(n.Dir); err != nil || !info.IsDir() {
		return usage("there is no directory %s here; run this command in the directory of the source code, or set --dir", n.Dir)
	}
	set, err := migrations.Load(os.DirFS(n.Dir))
	if err != nil {
		return fmt.Errorf("number the new migration: %w", err)
	}
	version := set.Latest() + 1
	upName := migrations.FileName(version, n.Name, migrations.DirectionUp)
	up := filepath.Join(n.Dir, upName)
	down := filepath.Join(n.Dir, migrations.FileName(version, n.Name, migrations.DirectionDown))
	if err := writeNew(up, fmt.Sprintf(upHeader, n.Name)); err != nil {
		return err
	}
	if err := writeNew(down, fmt.Sprintf(downHeader, upName)); err != nil {
		return errors.Join(err, os.Remove(up))
	}
	if c.JSON {
		return c.print(struct {
			Version uint     `json:"version"`
			Files   []string `json:"files"`
		}{version, []string{up, down}})
	}
	_, err = fmt.Fprintf(c.stdout, "%s\n%s\n", up, down)
	return err
}

// writeNew writes a new file. It returns an error if the file exists.
func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) // #nosec G302 -- a source file
	if err != nil {
		return fmt.Errorf("create a migration: %w", err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("create a migration: %w", err)
	}
	return nil
}
