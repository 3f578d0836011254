package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/linked"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// Documents of others.

// importTime is how long an import may take.
const importTime = 10 * time.Minute

func isImport(path string) bool { return strings.HasPrefix(path, "/v1/imports/") }

// extendForImport gives the request of an import the time that a large file takes, to come in and to be written.
func extendForImport(c echo.Context, limit time.Duration) time.Duration {
	control := http.NewResponseController(c.Response())
	end := time.Now().Add(importTime)
	_, _ = control.SetReadDeadline(end), control.SetWriteDeadline(end) // writers of tests have none
	return max(limit, importTime)
}

// popoloImportParams are what an import of Popolo takes.
type popoloImportParams struct {
	duplicateParams
	OnError  string `query:"on_error" form:"on_error" enums:"abort,skip" default:"abort"`           // Whether a mistake in one object refuses the whole document, or only that object and what refers to it.
	Language string `query:"language" form:"language" validate:"omitempty,language" example:"ru"`   // The language of texts that do not say theirs. Left out, it is guessed: Kazakh or Russian by the letters, else English.
	Source   string `query:"source" form:"source" validate:"omitempty,max=40" example:"parliament"` // Whose document it is, in small letters: its ids are kept as external ids, `source:id`, and its objects are found by them the next time.
}

// PopoloReport is what became of a document.
//
//	@Description	What became of a document.
type PopoloReport struct {
	DryRun  bool         `json:"dry_run" example:"false"` // Whether nothing was written.
	Totals  PopoloTotals `json:"totals"`                  // How many objects became what.
	Ignored []string     `json:"ignored" example:"areas"` // Members of the document that are not read.
	Objects []PopoloRow  `json:"objects"`                 // What became of each object, in the order in which they were written: organizations, people, memberships, events.
} //	@name	PopoloReport

// PopoloTotals counts objects.
//
//	@Description	How many objects became what.
type PopoloTotals struct {
	Created   int `json:"created" example:"3"`
	Updated   int `json:"updated" example:"1"`
	Unchanged int `json:"unchanged" example:"278"`
	Error     int `json:"error" example:"0"`
} //	@name	PopoloTotals

// PopoloRow is what became of one object.
//
//	@Description	What became of one object of the document.
type PopoloRow struct {
	*linked.Result
	Errors []ProblemError `json:"errors"` // What is wrong with it.
} //	@name	PopoloRow

// importPopolo takes a Popolo document.
//
//	@ID				importPopolo
//	@Summary		Import people, organizations, memberships and events from Popolo
//	@Description	A document as `GET /v1/exports/popolo.json` sends it, or another one of the Popolo project's terms (`persons`, `organizations`, `memberships`, `posts`, `events`), up to 20 MiB. It is held against the project's schemas. People and organizations are found by our id where the name agrees, by `identifiers`, or by the exact name where it leaves no doubt (of people also by their organization); who may be several records is refused with the candidates unless `allow_duplicate=true`. Memberships become affiliations, events become drafts of round tables.
//	@Description	The import adds what the registry lacks and replaces nothing: `kept` names the properties of which the registry has another value, `ignored` those that it has no place for. The same document again changes nothing. Try it with `dry_run=true` first.
//	@Tags			Imports
//	@Param			params		query		popoloImportParams	false	"-"
//	@Param			document	body		object				true	"The document."
//	@Success		200			{object}	PopoloReport		"What became of each object."
//	@Router			/v1/imports/popolo [post]
func (s *server) importPopolo(c echo.Context) error {
	raw, err := readJSON(c, "application/json")
	if err != nil {
		return err
	}
	doc, err := linked.ReadPopolo(raw)
	if err != nil {
		return err
	}
	var p popoloImportParams
	var results []*linked.Result
	err = s.writeWith(c, &p, &p.writeParams, func(ctx context.Context, tx pgx.Tx) (err error) {
		if p.Source != "" && !externalID.MatchString(p.Source+":1") {
			return apperr.BadQuery([]apperr.Field{apperr.In("source", "bad_value")})
		}
		results, err = linked.Import(ctx, tx, doc, linked.Options{
			Base: linked.Base(s.config.PublicBaseURL), Lang: p.Language, Source: p.Source, AllowDuplicate: p.AllowDuplicate,
			People: s.people, Organizations: s.organizations, Check: check,
		})
		if err != nil || p.OnError == "skip" {
			return err
		}
		var mistakes []apperr.Field
		for _, r := range results {
			mistakes = append(mistakes, r.Mistakes...)
		}
		return apperr.Validation(mistakes)
	})
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, popoloReport(doc, results, p.DryRun, messageLanguage(c.Request())))
}

func popoloReport(doc *linked.Document, results []*linked.Result, dryRun bool, lang string) PopoloReport {
	report := PopoloReport{DryRun: dryRun, Ignored: doc.Ignored, Objects: []PopoloRow{}}
	for _, r := range results {
		switch r.Action {
		case "created":
			report.Totals.Created++
			if dryRun {
				r.ID = nil
			}
		case "updated":
			report.Totals.Updated++
		case "unchanged":
			report.Totals.Unchanged++
		default:
			report.Totals.Error++
		}
		report.Objects = append(report.Objects, PopoloRow{r, problemErrors(r.Mistakes, lang)})
	}
	return report
}

func problemErrors(fields []apperr.Field, lang string) []ProblemError {
	list := make([]ProblemError, len(fields))
	for i, f := range fields {
		list[i] = ProblemError{f.Pointer, f.Parameter, f.Code, apperr.Message(f.Code, lang, f.Args), f.Allowed, f.Candidates}
	}
	return list
}
