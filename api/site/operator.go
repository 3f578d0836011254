package site

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"roundtables.kz/registry/internal/vocabulary"
)

// operatorData is the page for operators. A script fills it from the API with the key of the operator, which stays in the tab.
type operatorData struct {
	Texts      map[string]string
	Dates      map[string]string // of dateForms
	Operations []operation
}

// operation is an operation of the API that changes something, for links to Swagger UI.
type operation struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	ID     string `json:"id"`
	Tag    string `json:"tag"`
}

// operatorTexts are the texts of the script.
var operatorTexts = []string{
	"op_signed_in", "op_refused", "op_no_scope", "op_failed", "op_drafts", "op_no_drafts", "op_check", "op_no_findings", "op_open", "op_back", "op_error",
	"op_warning", "op_findings", "op_public_page", "op_draft_mark", "undated", "attendees", "statements", "organizers_of", "name_not_shown",
	"op_more", "op_loading", "op_other_event",
}

// dateForms returns how dates are written: a year by "", a month by "02" and a day by "02-", with {year} and {day} to replace. Browsers
// lack the month names of some languages.
func dateForms(lang string) map[string]string {
	const year, day = "9999", "99"
	in := strings.NewReplacer(year, "{year}", day, "{day}")
	forms := map[string]string{"": in.Replace(date(lang, year))}
	for month := time.January; month <= time.December; month++ {
		number := fmt.Sprintf("%02d", month)
		forms[number] = in.Replace(date(lang, year+"-"+number))
		forms[number+"-"] = in.Replace(dayIn(lang, day, month, year))
	}
	return forms
}

func operator(v *view) (show, error) {
	v.keep("round_table")
	d := operatorData{Texts: map[string]string{}, Dates: dateForms(v.lang)}
	for _, key := range operatorTexts {
		d.Texts[key] = v.text(key)
	}
	for key := range v.site.texts {
		if strings.HasPrefix(key, "finding_") {
			d.Texts[key] = v.text(key)
		}
	}
	for _, of := range []string{"publication", "format", "act"} {
		for code, name := range vocabulary.Labels(of, v.lang) {
			d.Texts[of+"_"+code] = name
		}
	}
	var err error
	if d.Operations, err = v.operations(); err != nil {
		return show{}, err
	}
	return show{template: "operator", Title: v.text("operator"), Description: v.text("operator_description"), Data: d, Hidden: true}, nil
}

// operations returns the operations that change something. The document is large and only changes with the program: it is read once
// for each language.
func (v *view) operations() ([]operation, error) {
	v.site.mu.Lock()
	known := v.site.operations[v.lang]
	v.site.mu.Unlock()
	if known != nil {
		return known, nil
	}
	document, err := get[struct {
		Paths map[string]map[string]struct {
			OperationID string   `json:"operationId"`
			Tags        []string `json:"tags"`
		} `json:"paths"`
	}](v, "/openapi-3.0.json?lang="+v.lang)
	if err != nil {
		return nil, err
	}
	operations := []operation{}
	for path, methods := range document.Paths {
		for method, o := range methods {
			if slices.Contains([]string{"patch", "post", "put", "delete"}, method) && len(o.Tags) > 0 {
				operations = append(operations, operation{strings.ToUpper(method), path, o.OperationID, o.Tags[0]})
			}
		}
	}
	slices.SortFunc(operations, func(a, b operation) int { return strings.Compare(a.Path+a.Method, b.Path+b.Method) })
	v.site.mu.Lock()
	v.site.operations[v.lang] = operations
	v.site.mu.Unlock()
	return operations, nil
}
