package api

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"

	"roundtables.kz/registry/internal/apperr"

	"github.com/labstack/echo/v4"
)

// Explanation explains an error code.
//
//	@Description	The meaning of an error code.
type Explanation struct {
	Code string `json:"code" example:"stale_version"` // The code.
	// The text in each language. A name in braces is a placeholder.
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

// explainProblem explains an error code: a page for browsers, JSON for other clients.
//
//	@ID				explainProblem
//	@Summary		Explain an error code
//	@Description	The member `type` of every problem links here. Browsers get a page.
//	@Tags			Service
//	@Produce		json,html
//	@Param			code	path		string		true	"The code of a problem or of a field error."
//	@Success		200		{object}	Explanation	"The meaning of the code, in three languages."
//	@Failure		404		{object}	Problem		"The code does not exist."
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
