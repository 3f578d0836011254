package main

import (
	"fmt"
	"text/tabwriter"
)

type versionCommand struct{}

func (versionCommand) Run(c *call) error {
	r, err := c.runner(nil)
	if err != nil {
		return err
	}
	s, err := r.Status(c.ctx)
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
	r, err := c.runner(nil)
	if err != nil {
		return err
	}
	s, err := r.Status(c.ctx)
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
