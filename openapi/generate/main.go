package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// run writes the documents into the directory openapi of the module it is started in.
func run() error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	documents, err := build(root)
	if err != nil {
		return err
	}
	for name, b := range documents {
		if err := os.WriteFile(filepath.Join(root, "openapi", name), b, 0o644); err != nil { //nolint:gosec // it is published
			return err
		}
	}
	return nil
}

// moduleRoot finds the directory of go.mod, here or above.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		_, err := os.Stat(filepath.Join(dir, "go.mod"))
		if err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if !errors.Is(err, fs.ErrNotExist) || parent == dir {
			return "", fmt.Errorf("find go.mod: %w", err)
		}
		dir = parent
	}
}
