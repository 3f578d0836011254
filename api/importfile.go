package api

import (
	"cmp"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/imports"

	"github.com/labstack/echo/v4"
)

const (
	mediaForm  = "multipart/form-data"
	mediaExcel = "application/vnd.ms-excel" // browsers on Windows send it with CSV and with workbooks
)

// importFormats maps the media types of files to their formats. The content of a file of mediaExcel decides.
var importFormats = map[string]string{
	"text/csv": "csv", "application/x-ndjson": "ndjson", export.MediaTypes["xlsx"]: "xlsx", mediaExcel: "",
}

// importTypes are the media types that an import accepts.
var importTypes = append(slices.Sorted(maps.Keys(importFormats)), mediaForm)

// isForm reports whether a body is a form with files (RFC 7578).
func isForm(r *http.Request) bool {
	media, _, _ := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	return media == mediaForm
}

// readFile reads the file of an import and returns its format. The file is the body, or the only part of a form.
func readFile(c echo.Context) (format string, raw []byte, err error) {
	media, parameters, err := mediaType(c, importTypes...)
	if err != nil {
		return "", nil, err
	}
	if media != mediaForm {
		if raw, err = readAll(c); err != nil {
			return "", nil, err
		}
		return cmp.Or(importFormats[media], imports.FormatOf("", raw)), raw, nil
	}
	err = readWith(c, func(body io.Reader) (err error) {
		format, raw, err = readForm(body, parameters["boundary"])
		return err
	})
	return format, raw, err
}

// readForm reads a form with one file. Fields beside it are rejected: an option such as dry_run would have no effect there.
func readForm(body io.Reader, boundary string) (format string, raw []byte, err error) {
	notOne := apperr.New(apperr.Malformed, "form_not_one_file")
	if boundary == "" {
		return "", nil, notOne
	}
	form := multipart.NewReader(body, boundary)
	part, err := form.NextRawPart()
	if errors.Is(err, io.EOF) || errors.Is(err, multipart.ErrMessageTooLarge) {
		return "", nil, notOne
	}
	if err != nil {
		return "", nil, err
	}
	if raw, err = io.ReadAll(io.LimitReader(part, maxFile+1)); err != nil {
		return "", nil, err
	}
	if len(raw) > maxFile {
		return "", nil, apperr.New(apperr.TooLarge, "body_too_large", "max", strconv.Itoa(maxFile))
	}
	if _, err = form.NextRawPart(); err == nil {
		return "", nil, notOne
	}
	if !errors.Is(err, io.EOF) {
		return "", nil, err
	}
	media, _, _ := mime.ParseMediaType(part.Header.Get(echo.HeaderContentType))
	return cmp.Or(importFormats[media], imports.FormatOf(part.FileName(), raw)), raw, nil
}
