package imports

import (
	"encoding/xml"
	"errors"
	"path"
	"strings"
)

const (
	maxSheets    = 255 // of a workbook
	maxSheetName = 31  // characters, as in spreadsheets
)

// sheetPrefix precedes the name of a sheet in the list of what is not read.
const sheetPrefix = "sheet:"

// sheet is a sheet of a workbook.
type sheet struct {
	name   string
	part   string
	hidden bool
}

// chooseSheet returns the part of the first visible sheet. Other sheets with content are unread.
func (b *workbook) chooseSheet() (part string, err error) {
	sheets, err := b.sheets()
	if err != nil {
		return "", err
	}
	chosen := 0
	for chosen < len(sheets)-1 && sheets[chosen].hidden {
		chosen++
	}
	for i, s := range sheets {
		if i == chosen {
			continue
		}
		filled, err := b.hasContent(s.part)
		if err != nil {
			return "", err
		}
		if filled {
			b.unread = append(b.unread, sheetPrefix+s.name)
		}
	}
	return sheets[chosen].part, nil
}

// sheets returns the sheets in their order, at least one, and reads the settings of the workbook.
func (b *workbook) sheets() (list []sheet, err error) {
	const folder = "xl/"
	var ids []string // of their relationships
	if err := b.eachElement(folder+"workbook.xml", func(e xml.StartElement) error {
		switch e.Name.Local {
		case "workbookPr":
			b.from1904 = isSet(attribute(e, "date1904"))
		case "calcPr":
			b.stale = isSet(attribute(e, "fullCalcOnLoad"))
		case "sheet":
			name := []rune(attribute(e, "name"))
			hidden := strings.Contains(strings.ToLower(attribute(e, "state")), "hidden")
			list = append(list, sheet{name: string(name[:min(len(name), maxSheetName)]), hidden: hidden})
			if ids = append(ids, attribute(e, "id")); len(ids) > maxSheets {
				return noWorkbook(errors.New("too many sheets"))
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	targets := map[string]string{}
	if err := b.eachElement(folder+"_rels/workbook.xml.rels", func(e xml.StartElement) error {
		if kind := attribute(e, "Type"); e.Name.Local != "Relationship" || kind != "" && !strings.HasSuffix(kind, "/worksheet") { // not a chart
			return nil
		}
		target := attribute(e, "Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(folder, target)
		}
		targets[attribute(e, "Id")] = target
		return nil
	}); err != nil {
		return nil, err
	}
	found := list[:0]
	for i, s := range list {
		if s.part = targets[ids[i]]; s.part != "" {
			found = append(found, s)
		}
	}
	if len(found) == 0 {
		return nil, noWorkbook(errors.New("no sheet"))
	}
	return found, nil
}

// isSet reads a switch of XML.
func isSet(attribute string) bool { return attribute == "1" || attribute == "true" }

// eachElement calls f with the beginning of each element of a part.
func (b *workbook) eachElement(part string, f func(xml.StartElement) error) error {
	d, err := b.open(part, maxShared)
	if err != nil {
		return err
	}
	return b.each(d, func(token xml.Token) error {
		if e, ok := token.(xml.StartElement); ok {
			return f(e)
		}
		return nil
	})
}

var errFound = errors.New("found")

// hasContent reports whether a sheet has a cell that is not empty.
func (b *workbook) hasContent(part string) (bool, error) {
	d, err := b.open(part, maxUnzipped)
	if err != nil {
		return false, err
	}
	err = b.each(d, func(token xml.Token) error {
		if e, ok := token.(xml.StartElement); ok && (e.Name.Local == "v" || e.Name.Local == "t" || e.Name.Local == "f") {
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		return true, nil
	}
	return false, err
}
