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
	Name string `arg:"" help:"What the migration does: lower-case letters, digits and underscores, such as add_rooms."`
	Dir  string `default:"migrations" help:"Where the migrations are."`
}

const upHeader = `-- %s: write here why the schema changes; it is the first thing that a reader wants to know.
--
-- The file runs as one transaction: no BEGIN, no COMMIT. A statement that cannot run in one (CREATE INDEX CONCURRENTLY)
-- goes alone into a migration of its own, with IF NOT EXISTS. Releases of before and after run side by side for a
-- while: add first, remove in a later release.

`

const downHeader = `-- Takes back %s, so that the schema is the same as before it.

`

var separators = regexp.MustCompile(`[^a-z0-9]+`)

func (n createCommand) Run(c *call) error {
	if !migrations.ValidName(n.Name) {
		text := fmt.Sprintf("%q cannot be the name of a migration: lower-case letters, digits and underscores, a letter first", n.Name)
		better := strings.Trim(separators.ReplaceAllString(strings.ToLower(n.Name), "_"), "_")
		if migrations.ValidName(better) {
			text += fmt.Sprintf("; did you mean %s?", better)
		}
		return usage("%s", text)
	}
	if info, err := os.Stat(n.Dir); err != nil || !info.IsDir() {
		return usage("there is no directory %s here; run this where the source code is, or give --dir", n.Dir)
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

// writeNew writes a file that must not exist yet.
func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("create a migration: %w", err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("create a migration: %w", err)
	}
	return nil
}
