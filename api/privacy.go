package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/privacy"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

const (
	erasePath      = "/v1/people/:id/erase"
	disclosurePath = "/v1/people/:id/disclosure" // also returns HTML
)

// erasePerson erases a person.
//
//	@ID				erasePerson
//	@Summary		Erase a person
//	@Description	Deletes the person, and records merged into the person, for good: names, biography, identifiers, notes, contacts
//	@Description	and positions, in the records, in the change log, in reports of imports and in stored responses.
//	@Description
//	@Description	Attendances and statements stay, with roles and organizations. They no longer refer to the person:
//	@Description	`name_as_listed` and `attribution` are empty, and attendees have the description `Name erased`. The address of the
//	@Description	person returns 410 with the code `erased`, and the change feed reports `erase`. The log keeps who erased the
//	@Description	person, when, and why (`X-Change-Reason`, which must not name the person).
//	@Description
//	@Description	The response lists texts that seem to name the person, for you to review. `dry_run=true` returns the same report
//	@Description	without erasing anything. A deleted person can be erased, too. An erasure cannot be undone. See
//	@Description	[Keys and scopes](/docs/guides/keys#erase-a-person).
//	@Tags			People
//	@x-if-match		true
//	@Param			id		path		int				true	"The person."
//	@Param			params	query		writeParams		false	"-"
//	@Success		200		{object}	privacy.Erasure	"What was erased, and what is left to review."
//	@Router			/v1/people/{id}/erase [post]
func (s *server) erasePerson(c echo.Context) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	version, err := ifMatch(c.Request())
	if err != nil {
		return err
	}
	var report privacy.Erasure
	_, err = s.write(c, func(ctx context.Context, tx pgx.Tx) error {
		current, err := privacy.Lock(ctx, tx, n)
		if err != nil {
			return err
		}
		if version != 0 && version != current {
			return stale(current)
		}
		report, err = privacy.Erase(ctx, tx, n)
		return err
	})
	if err != nil {
		return err
	}
	s.cache.clear() // outdated responses are never sent, but they stay in memory for a while
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, report)
}

// disclosureParams are the parameters of a disclosure.
type disclosureParams struct {
	Lang string `query:"lang" form:"lang" validate:"omitempty,language"` // Adds `<field>_text` and `<field>_lang` to every text, in this language or, if missing, the first available of ru, en, kk. A page is in this language, if it is en, ru or kk.
}

// disclosePerson sends everything that the registry holds about a person.
//
//	@ID				getPersonDisclosure
//	@Summary		Get everything held about a person
//	@Description	For a person who requests their data: the record with internal notes, contacts, positions, attendances, statements,
//	@Description	every change of them, and who read them. Includes what only keys with the scope `read` see otherwise. The person
//	@Description	may be restricted or deleted. With `Accept: text/html`, returns a page to print, in English, Russian or Kazakh. The
//	@Description	read is recorded.
//	@Tags			People
//	@Produce		json,html
//	@Param			id		path		int				true	"The person."
//	@Param			params	query		disclosureParams	false	"-"
//	@Success		200		{object}	privacy.Report	"What the registry holds."
//	@Router			/v1/people/{id}/disclosure [get]
func (s *server) disclosePerson(c echo.Context) error {
	var p disclosureParams
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &p)); err != nil {
		return err
	}
	n, err := id(c)
	if err != nil {
		return err
	}
	var report privacy.Report
	err = changes.Snapshot(c.Request().Context(), s.db, func(tx pgx.Tx) (err error) {
		report, err = privacy.Disclose(c.Request().Context(), tx, n)
		return err
	})
	if err != nil {
		return err
	}
	if !prefers(c.Request(), echo.MIMETextHTML) {
		return show(c, http.StatusOK, &report, itemParams{Lang: p.Lang}, nil)
	}
	if p.Lang == "" {
		p.Lang = messageLanguage(c.Request())
	}
	var page bytes.Buffer
	if err := disclosurePage(p.Lang).Execute(&page, disclosed{report, p.Lang, s.config.Now()}); err != nil {
		return fmt.Errorf("write the page of a disclosure: %w", err)
	}
	isolate(c)
	c.Response().Header().Set("Content-Security-Policy", disclosurePolicy)
	return c.HTMLBlob(http.StatusOK, page.Bytes())
}

// disclosed is what the page shows.
type disclosed struct {
	privacy.Report
	Lang string
	At   time.Time
}

var (
	//go:embed disclosure.html
	disclosureHTML string
	//go:embed disclosure.css
	disclosureCSS string
	//go:embed disclosure.json
	disclosureLabels []byte
)

// disclosurePolicy allows the style of the page only.
var disclosurePolicy = func() string {
	sum := sha256.Sum256([]byte(disclosureCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// disclosurePage returns the template of the page in a language.
func disclosurePage(lang string) *template.Template {
	labels := map[string]map[string]string{}
	if err := json.Unmarshal(disclosureLabels, &labels); err != nil {
		panic(err) // it is part of the program
	}
	return template.Must(template.New("disclosure").Funcs(template.FuncMap{
		"style": func() template.CSS { return template.CSS(disclosureCSS) }, //nolint:gosec // it is part of the program
		"label": func(key string) string {
			if in, ok := labels[key][lang]; ok {
				return in
			}
			return labels[key]["en"]
		},
		"in":   func(m text.Map) string { value, _ := m.In(lang); return value },
		"day":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") },
		"join": strings.Join,
		"json": func(v any) string {
			if v == nil {
				return "—"
			}
			if s, ok := v.(string); ok {
				return s
			}
			b, _ := json.Marshal(v) // it was read from JSON
			return string(b)
		},
	}).Parse(disclosureHTML))
}

// listReads lists reads of personal data.
//
//	@ID				listPersonalDataReads
//	@Summary		List reads of personal data
//	@Description	Who read contacts or a disclosure, when, and whose. Reads change no record, so they are not in the audit of changes.
//	@Tags			Changes
//	@x-sort			["-id", "at"]
//	@x-fresh		true
//	@Param			filter	query		person.ReadFilter	false	"-"
//	@Success		200		{object}	Page[person.Read]	"A page of reads."
//	@Router			/v1/audit/reads [get]
func (s *server) listReads(c echo.Context) error { return uncachedListOf(s, c, person.ListReads) }

// audited records reads of personal data. If a read cannot be recorded, nothing is sent.
func (s *server) audited(r Route, handle echo.HandlerFunc) echo.HandlerFunc {
	if r.Method != http.MethodGet || r.Scope != actor.PII {
		return handle
	}
	data, id := person.Contacts, "person_id"
	if r.reveals != "" {
		data, id = r.reveals, "id"
	}
	return func(c echo.Context) error {
		response, err := capture(c, nil, handle)
		if err != nil {
			return err
		}
		of, err := pathID(c, id)
		if err != nil {
			return err
		}
		ctx := c.Request().Context()
		if err := person.RecordRead(ctx, s.db, actor.From(ctx).String(), of, data); err != nil {
			return err
		}
		return response.send(s, c)
	}
}

// purgeContacts erases contacts from the change log that were deleted long ago.
func (s *server) purgeContacts(ctx context.Context) error {
	return changes.Write(ctx, s.db, changes.Options{}, func(tx pgx.Tx) error {
		return person.PurgeContacts(ctx, tx, s.config.Now().Add(-s.config.ContactRetention))
	})
}
