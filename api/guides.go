package api

import (
	"fmt"
	"io/fs"
	"sync"

	"roundtables.kz/registry/api/docs"
	"roundtables.kz/registry/openapi"

	"github.com/labstack/echo/v4"
)

// guides are the rendered guides: the pages by name, and the links to them in order.
type guides struct {
	pages map[string]docs.File
	links []docs.Link
}

// newGuides renders the guides when the first client asks for one. address is the public address of the service.
func newGuides(address string) func() (guides, error) {
	return sync.OnceValues(func() (g guides, err error) {
		g.pages, g.links, err = docs.Guides(openapi.Guides, address)
		if err != nil {
			err = fmt.Errorf("render the guides: %w", err)
		}
		return g, err
	})
}

// showGuide sends the page of a guide, or the index of guides.
func (s *server) showGuide(c echo.Context) error {
	g, err := s.guides()
	if err != nil {
		return err
	}
	return servePage(c, g.pages, c.Param("name"))
}

// examples are the programs that the guides link to, by their path under openapi/examples.
var examples = sync.OnceValue(func() map[string]docs.File {
	files := map[string]docs.File{}
	root, err := fs.Sub(openapi.Guides, "examples")
	if err != nil {
		panic(err) // it is part of the program
	}
	_ = fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, path)
		files[path] = docs.NewFile("text/plain; charset=utf-8", content)
		return err
	})
	return files
})

// showExample sends an example program as text.
func (s *server) showExample(c echo.Context) error {
	return servePage(c, examples(), c.Param("*"))
}
