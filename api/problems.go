package api

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"

	"roundtables.kz/registry/internal/apperr"

	"github.com/labstack/echo/v4"
)

// Explanation is the answer at the address in `type` of a problem.
//
//	@Description	What a code of a problem or of a mistake means.
type Explanation struct {
	Code string `json:"code" example:"stale_version"` // The code.
	// The text by language. A name in braces stands for what is filled in.
	Text map[string]string `json:"text" example:"en:The record has changed since you read it."`
} //	@name	Explanation

var explanationPage = template.Must(template.New("explanation").Parse(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Code}}</title></head>
<body>
<h1><code>{{.Code}}</code></h1>
{{range $lang, $text := .Text}}<p lang="{{$lang}}">{{$text}}</p>
{{end}}<p>Programs should look at the member <code>code</code> of a problem, never at its texts.</p>
<p><a href="/docs/">Documentation</a></p>
</body>
</html>
`))

// explainProblem explains a code: in a page to browsers, in JSON to other clients.
//
//	@ID				explainProblem
//	@Summary		What does this code mean?
//	@Description	The address in `type` of every problem. Browsers get a page.
//	@Tags			Service
//	@Produce		json,html
//	@Param			code	path		string		true	"Code of a problem or of a mistake."
//	@Success		200		{object}	Explanation	"What the code means, in three languages."
//	@Failure		404		{object}	Problem		"There is no such code."
//	@Router			/problems/{code} [get]
func (s *server) explainProblem(c echo.Context) error {
	e := Explanation{Code: c.Param("code"), Text: apperr.Texts(c.Param("code"))}
	if e.Text == nil {
		return apperr.New(apperr.NotFound, "not_found")
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "public, max-age=3600")
	h.Add(echo.HeaderVary, echo.HeaderAccept)
	if !prefers(c.Request(), echo.MIMETextHTML) {
		return send(c, http.StatusOK, echo.MIMEApplicationJSON, e)
	}
	var page bytes.Buffer
	if err := explanationPage.Execute(&page, e); err != nil {
		return fmt.Errorf("write the page of a code: %w", err)
	}
	return c.HTMLBlob(http.StatusOK, page.Bytes())
}
