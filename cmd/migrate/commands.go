package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"roundtables.kz/registry/migrations"
)

type upCommand struct{}

func (upCommand) Run(c *call) error {
	return c.move(func(r *migrations.Runner) (uint, error) { return r.Up(c.ctx) })
}

type downCommand struct {
	N uint `arg:"" name:"N" help:"Number of migrations to revert, at least 1."`
}

func (d downCommand) Run(c *call) error {
	if d.N == 0 {
		return usage("down requires a number of at least 1")
	}
	return c.move(func(r *migrations.Runner) (uint, error) { return r.Down(c.ctx, d.N) })
}

type gotoCommand struct {
	V uint `arg:"" name:"V" help:"Target version."`
}

func (g gotoCommand) Run(c *call) error {
	return c.move(func(r *migrations.Runner) (uint, error) { return r.Goto(c.ctx, g.V) })
}

type forceCommand struct {
	V uint `arg:"" name:"V" help:"Actual version of the schema."`
}

func (f forceCommand) Run(c *call) error {
	return c.move(func(r *migrations.Runner) (uint, error) { return f.V, r.Force(c.ctx, f.V) })
}

// move runs do, which changes the database, and reports the applied files. With --json, progress goes to stderr.
func (c *call) move(do func(*migrations.Runner) (uint, error)) error {
	type step struct {
		migrations.Step
		Seconds float64 `json:"seconds"`
	}
	steps := []step{}
	progress := c.stdout
	if c.JSON {
		progress = c.stderr
	}
	r, err := c.runner(func(s migrations.Step) {
		steps = append(steps, step{s, s.Took.Seconds()})
		fmt.Fprintf(progress, "applied %s (%v)\n", s.File, s.Took.Round(time.Millisecond))
	})
	if err != nil {
		return err
	}
	version, err := do(r)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.print(struct {
			Version uint   `json:"version"`
			Applied []step `json:"applied"`
		}{version, steps})
	}
	if len(steps) == 0 {
		fmt.Fprint(c.stdout, "nothing applied; ")
	}
	_, err = fmt.Fprintf(c.stdout, "the database is at version %d\n", version)
	return err
}

// print writes a result as JSON.
func (c *call) print(result any) error {
	w := json.NewEncoder(c.stdout)
	w.SetIndent("", "  ")
	return w.Encode(result)
}

// status reads the state of the database.
func (c *call) status() (s migrations.Status, err error) {
	r, err := c.runner(nil)
	if err != nil {
		return s, err
	}
	return r.Status(c.ctx)
}

type versionCommand struct{}

func (versionCommand) Run(c *call) error {
	s, err := c.status()
	if err != nil {
		return err
	}
	if c.JSON {
		err = c.print(struct {
			Version uint `json:"version"`
			Dirty   bool `json:"dirty"`
			Latest  uint `json:"latest"`
		}{s.Version, s.Dirty, s.Latest})
	} else {
		_, err = fmt.Fprintln(c.stdout, s.Version)
	}
	if err != nil {
		return err
	}
	return s.Err()
}

type statusCommand struct{}

func (statusCommand) Run(c *call) error {
	s, err := c.status()
	if err != nil {
		return err
	}
	if c.JSON {
		if err := c.print(s); err != nil {
			return err
		}
		return s.Err()
	}
	state := "up to date"
	switch {
	case s.Version > s.Latest:
		state = "ahead of this program"
	case s.Version < s.Latest:
		state = fmt.Sprintf("%d pending", s.Latest-s.Version)
	}
	if s.Dirty && s.Running == nil {
		state += ", DIRTY"
	}
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "database\t%s\n", s.Database)
	fmt.Fprintf(w, "version\t%d of %d, %s\n", s.Version, s.Latest, state)
	if s.Running != nil {
		fmt.Fprintf(w, "running\tanother migration: %s\n", s.Running)
	}
	for _, name := range s.InvalidIndexes {
		fmt.Fprintf(w, "invalid\tindex %s: being built, or left by a failed CREATE INDEX CONCURRENTLY (then drop it)\n", name)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(c.stdout)
	for _, m := range s.Migrations {
		fmt.Fprintf(w, "%06d\t%s\t%s\n", m.Version, m.State, m.Name)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return s.Err()
}
