package api

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

const (
	archivePath = "/v1/exports/registry.zip"
	mediaZIP    = "application/zip"
)

const archiveDescription = indexDescription + ` Each file is a collection in CSV, as the exports of the API write it: UTF-8 without a byte ` +
	`order mark. %s References are in the columns whose names end in "_id"; the foreign keys say to what. All files show one moment of the registry: ` +
	`pass "changeCursor" to /v1/changes to get later changes. "hash" and "bytes" are those of the file, "rows" is the number of its records.`

// How an archive has the texts.
const (
	guardedTexts   = `A "'" precedes texts that begin with = + - @ TAB or CR, so that spreadsheets do not read them as formulas.`
	unguardedTexts = `Texts are as they are stored. Do not open the files in a spreadsheet: it would read texts that begin with = as formulas.`
)

// archiveParams are the parameters of the archive.
type archiveParams struct {
	Guard string `query:"guard" form:"guard" enums:"0,1"` // Whether the CSV files have a `'` before texts that begin with `=` `+` `-` `@` TAB or CR, `1` by default. Spreadsheets need it. Use `0` for programs, which get the texts as they are stored.
}

// exportRegistry sends all collections in one archive.
//
//	@ID				exportRegistry
//	@Summary		Export the whole registry
//	@Description	Returns a ZIP archive with all collections that you may read: a CSV file for each, and `datapackage.json`, which
//	@Description	describes them by the rules of [Data Package](https://datapackage.org) 2: columns with their types and
//	@Description	descriptions, keys, foreign keys, the number of rows, and the size and SHA-256 of each file. The archive shows one
//	@Description	moment of the registry; `X-Change-Cursor` and `changeCursor` hold its change cursor. A file comes after the files that
//	@Description	it refers to, and its rows are sorted by `id`.
//	@Tags			Exports
//	@Produce		application/zip
//	@x-file			true
//	@Param			params	query		archiveParams	false	"-"
//	@Success		200		{string}	string			"The archive."
//	@Router			/v1/exports/registry.zip [get]
func (s *server) exportRegistry(c echo.Context) error {
	var p archiveParams
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &p)); err != nil {
		return err
	}
	guard, texts := p.Guard != "0", guardedTexts
	if !guard {
		texts = unguardedTexts
	}
	now := s.config.Now().UTC().Truncate(time.Second)
	return s.sendFile(c, s.cacheable(c), mediaZIP, "registry-"+now.Format(time.DateOnly)+".zip", func(ctx context.Context, tx pgx.Tx, to *download) error {
		keys, err := pg.ForeignKeys(ctx, tx)
		if err != nil {
			return err
		}
		archive := export.NewArchive(to, export.DataPackage{
			Name: "registry-of-round-tables", Title: indexTitle, Description: fmt.Sprintf(archiveDescription, texts),
			Homepage: s.config.PublicBaseURL, Created: now,
			Licenses: []export.License{{Name: licenseName, Path: License, Title: licenseTitle}},
		}, guard)
		list := exportedTo(actor.From(ctx))
		for _, r := range list {
			err := r.archive(ctx, tx, archive, referencesOf(r, list, keys), func() error { return errors.Join(archive.Flush(), to.send()) })
			if err != nil {
				return err
			}
		}
		return archive.End(to.header.Get("X-Change-Cursor"))
	})
}

// exported is a resource with an export, and its description.
type exported struct {
	registered
	Resource
}

// exportedTo returns the resources with an export that an actor may read, each after those that it refers to.
func exportedTo(who actor.Actor) (list []exported) {
	for i, d := range describedResources() {
		if slices.ContainsFunc(d.Operations, func(o Operation) bool { return o.Feature == Export && who.Can(o.Scope) }) {
			list = append(list, exported{resources[i], d})
		}
	}
	return list
}

// archive writes the whole list, as the actor sees it, into a file of the archive. It calls sent after each page.
func (r resource[I, T, F]) archive(ctx context.Context, tx pgx.Tx, to *export.Archive, references map[string]string,
	sent func() error) (err error) {
	words, err := readDescriptions()
	if err != nil {
		return err
	}
	if words.records[r.Type] == nil {
		return fmt.Errorf("the OpenAPI document does not describe %s", r.Type)
	}
	file, err := to.Add(export.Collection{
		Name: r.Type, Title: sentenceCase(r.many), Description: r.about, Record: reflect.TypeFor[T](),
		Describe: func(member string) string { return words.of(r.Type, member) }, References: references,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var f F
	paging.ParamsOf(&f).Sort = "id"
	for page, err := range paging.Walk(ctx, tx, r.list, f) {
		if err != nil {
			return err
		}
		if err := errors.Join(addAll(file, page.Items, "", nil), sent()); err != nil {
			return err
		}
	}
	return file.End("")
}

// referencesOf returns the types of the records that the columns of a table refer to, as far as the list has them.
func referencesOf(r exported, list []exported, keys []pg.ForeignKey) map[string]string {
	types := map[string]string{}
	for _, target := range list {
		types[target.Table] = target.Type
	}
	references := map[string]string{}
	for _, k := range keys {
		if to := types[k.Target]; k.Table == r.Table && to != "" {
			references[k.Column] = to
		}
	}
	return references
}
