package imports

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"

	"github.com/xuri/excelize/v2"
)

// The limits of a workbook (XLSX, ISO/IEC 29500). Its parts are read as streams: a small file can unpack to gigabytes, and
// the sizes that it states may be wrong.
const (
	maxUnzipped = 200 << 20 // bytes of the unpacked parts; a shared string counts for each cell that holds it
	maxShared   = 20 << 20  // bytes of the part with the shared strings, which are kept in memory
	maxText     = 32_767    // characters of a cell
	maxToken    = 512 << 10 // bytes of a tag, or of a text between two tags: maxText characters of up to ten bytes
	maxLines    = 1 << 20   // rows, the empty ones included
)

var (
	errTooLarge = apperr.New(apperr.TooLarge, "workbook_too_large", "max", strconv.Itoa(maxUnzipped))
	errLongCell = apperr.New(apperr.Invalid, "workbook_cell_too_long", "max", strconv.Itoa(maxText))
)

// workbook reads the rows of the first visible sheet of a workbook.
type workbook struct {
	ctx       context.Context
	parts     map[string]*zip.File
	left      int64        // bytes that may still be unpacked
	shared    []string     // texts that cells refer to by their index
	formats   []dateFormat // of the styles of cells, by the index of the style
	from1904, // days are counted from 1904, as on old Macintoshes
	stale bool // the values of formulas were not computed
	unread []string // the other sheets that have content
	sheet  *xml.Decoder
	line   int
}

// readWorkbook reads everything but the rows. The reading ends with the context.
func readWorkbook(ctx context.Context, raw []byte) (*workbook, error) {
	if bytes.HasPrefix(raw, []byte(oleBegin)) {
		return nil, apperr.New(apperr.Invalid, "file_old_workbook")
	}
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, noWorkbook(err)
	}
	b := &workbook{ctx: ctx, parts: map[string]*zip.File{}, left: maxUnzipped}
	for _, f := range archive.File {
		b.parts[partName(f.Name)] = f
	}
	sheet, err := b.chooseSheet()
	if err != nil {
		return nil, err
	}
	if err := b.readFormats(); err != nil {
		return nil, err
	}
	if err := b.readShared(); err != nil {
		return nil, err
	}
	b.sheet, err = b.open(sheet, maxUnzipped)
	return b, err
}

// partName returns the name of a part in the form in which parts are compared: they ignore case, and some programs write
// backslashes.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// open returns the tokens of a part, at most most bytes of them. They are raw: the decoder does not remember open elements,
// of which a file can have millions.
func (b *workbook) open(name string, most int64) (*xml.Decoder, error) {
	part := b.parts[partName(name)]
	if part == nil {
		return nil, noWorkbook(errors.New("no part " + name))
	}
	content, err := part.Open()
	if err != nil {
		return nil, noWorkbook(err)
	}
	return xml.NewDecoder(&boundedReader{book: b, content: content, left: most}), nil
}

// boundedReader ends with an error when a part is too large, or one token of it: the decoder keeps a token in memory.
type boundedReader struct {
	book    *workbook
	content io.Reader
	left    int64
	token   int // bytes since the last <
	last    byte
}

func (r *boundedReader) Read(p []byte) (int, error) {
	if err := r.book.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.content.Read(p)
	r.left -= int64(n)
	r.book.left -= int64(n)
	if r.left < 0 || r.book.left < 0 {
		return 0, errTooLarge
	}
	for _, c := range p[:n] {
		switch {
		case c == '<':
			r.token = 0
		case c == '!' && r.last == '<': // comments and the like have no place in a workbook, and may contain <
			return 0, errors.New("a declaration")
		default:
			if r.token++; r.token > maxToken {
				return 0, errLongCell
			}
		}
		r.last = c
	}
	return n, err
}

// failure is the error for a token that cannot be read.
func (b *workbook) failure(err error) error {
	var known *apperr.Error
	if errors.As(err, &known) || b.ctx.Err() != nil {
		return err
	}
	return noWorkbook(err)
}

func noWorkbook(err error) error {
	return &apperr.Error{Kind: apperr.Invalid, Code: "file_no_workbook", Err: err}
}

// each calls f with each token of a part.
func (b *workbook) each(d *xml.Decoder, f func(xml.Token) error) error {
	for {
		token, err := d.RawToken()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return b.failure(err)
		}
		if err := f(token); err != nil {
			return err
		}
	}
}

// attribute returns an attribute of an element. That of a sheet is "r:id", beside "sheetId".
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// cellText collects the text of a cell or of a shared string: that of its elements t and v, without pronunciations (rPh).
type cellText struct {
	value  strings.Builder
	inside bool
	spoken bool
}

func (t *cellText) add(token xml.Token) error {
	switch e := token.(type) {
	case xml.StartElement:
		t.inside = e.Name.Local == "t" || e.Name.Local == "v"
		t.spoken = t.spoken || e.Name.Local == "rPh"
	case xml.EndElement:
		t.inside = false
		t.spoken = t.spoken && e.Name.Local != "rPh"
	case xml.CharData:
		if t.inside && !t.spoken {
			if t.value.Len()+len(e) > maxToken {
				return errLongCell
			}
			t.value.Write(e)
		}
	}
	return nil
}

// escaped is a character that XML cannot hold, as workbooks write it.
var escaped = regexp.MustCompile("_x[0-9A-Fa-f]{4}_")

// take returns the text and begins another one.
func (t *cellText) take() (string, error) {
	s := t.value.String()
	t.value.Reset()
	if strings.Contains(s, "_x") {
		s = escaped.ReplaceAllStringFunc(s, func(code string) string {
			n, _ := strconv.ParseUint(code[2:6], 16, 16) // the pattern has four digits
			return string(rune(n))
		})
	}
	if utf8.RuneCountInString(s) > maxText {
		return "", errLongCell
	}
	return s, nil
}

// readShared reads the shared strings, if there are any.
func (b *workbook) readShared() error {
	const part = "xl/sharedStrings.xml"
	if b.parts[partName(part)] == nil {
		return nil
	}
	d, err := b.open(part, maxShared)
	if err != nil {
		return err
	}
	var item cellText
	return b.each(d, func(token xml.Token) error {
		if e, ok := token.(xml.EndElement); ok && e.Name.Local == "si" {
			s, err := item.take()
			b.shared = append(b.shared, s)
			return err
		}
		return item.add(token)
	})
}

// next returns the next row, or io.EOF. It keeps the first most cells, and one more if there is a further one that is not
// empty. Merged cells among the first most are an error.
func (b *workbook) next(most int) (cells []cell, err error) {
	var value cellText
	var now cellXML
	column, inRow := 0, false
	for {
		token, err := b.sheet.RawToken()
		if err == io.EOF {
			return nil, err
		}
		if err != nil {
			return nil, b.failure(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "row":
				inRow = true
				if err := b.begin(attribute(e, "r")); err != nil {
					return nil, err
				}
			case "c":
				now = cellXML{kind: attribute(e, "t"), style: attribute(e, "s")}
				column++
				if r := attribute(e, "r"); r != "" {
					if column, _, err = excelize.CellNameToCoordinates(r); err != nil {
						return nil, noWorkbook(err)
					}
				}
			case "f":
				now.formula = true
			case "v":
				now.computed = true
			}
		case xml.EndElement:
			switch {
			case e.Name.Local == "sheetData":
				return nil, b.end(most)
			case e.Name.Local == "row" && inRow:
				return cells, nil
			case e.Name.Local == "c" && inRow:
				c, err := b.cell(&value, now)
				if err != nil {
					return nil, err
				}
				if at := min(column-1, most); c.text != "" {
					for len(cells) <= at {
						cells = append(cells, cell{})
					}
					cells[at] = c
				}
			}
		}
		if err := value.add(token); err != nil {
			return nil, err
		}
	}
}

// end reads what follows the rows. It returns io.EOF, or an error if some of the first most columns have merged cells: only
// one of these has a value, and the others would empty their records.
func (b *workbook) end(most int) error {
	err := b.each(b.sheet, func(token xml.Token) error {
		e, ok := token.(xml.StartElement)
		if !ok || e.Name.Local != "mergeCell" {
			return nil
		}
		ref := attribute(e, "ref")
		first, _, _ := strings.Cut(ref, ":")
		column, _, err := excelize.CellNameToCoordinates(first)
		if err != nil {
			return noWorkbook(err)
		}
		if column <= most {
			return apperr.New(apperr.Invalid, "workbook_merged_cells", "cells", ref)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return io.EOF
}

// begin counts a row. Its number is optional; rows are in order.
func (b *workbook) begin(number string) error {
	line := b.line + 1
	if n, err := strconv.Atoi(number); err == nil && n > line {
		line = n
	}
	if b.line = line; line > maxLines {
		return apperr.New(apperr.Invalid, "file_too_many_rows", "max", strconv.Itoa(MaxRows))
	}
	return nil
}
