package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// run writes the documents, plain and compressed, to the directory openapi of the current module.
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
		file := filepath.Join(root, "openapi", name)
		served, err := compact(b)
		if err := errors.Join(err, write(file, b), compress(file+".gz", served)); err != nil {
			return err
		}
	}
	return nil
}

func write(file string, content []byte) error {
	return os.WriteFile(file, content, 0o644) // it is published
}

// compact removes the space between the tokens of a document. The service sends it like this: in half the size.
func compact(document []byte) ([]byte, error) {
	var b bytes.Buffer
	err := json.Compact(&b, document)
	return b.Bytes(), err
}

// compress writes content with gzip, unless the file already contains it. Another version of Go may compress it to other
// bytes, and a correct file must not change for that.
func compress(file string, content []byte) error {
	if held, err := decompress(file); err == nil && bytes.Equal(held, content) {
		return nil
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(content); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return write(file, b.Bytes())
}

func decompress(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// moduleRoot returns the directory of go.mod: the current one or a parent.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, err = os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if parent := filepath.Dir(dir); errors.Is(err, fs.ErrNotExist) && parent != dir {
			dir, err = parent, nil
		}
	}
	return "", fmt.Errorf("find go.mod: %w", err)
}
