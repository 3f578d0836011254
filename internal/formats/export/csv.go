package export

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// BOM is the byte order mark by which spreadsheets recognize UTF-8.
const BOM = "\ufeff"

// CSVWriter writes rows as CSV (RFC 4180). It does not change the bytes of cells, except by Guard. Rows end in CRLF.
type CSVWriter struct {
	w         *bufio.Writer
	delimiter byte
	guard     bool
	columns   []Column
}

// NewCSVWriter returns a writer for the rows of a table. delimiter separates cells. guard is whether Guard changes the texts.
func NewCSVWriter(w *bufio.Writer, delimiter byte, guard bool, t *Table) *CSVWriter {
	return &CSVWriter{w: w, delimiter: delimiter, guard: guard, columns: t.columns}
}

// Write writes one row.
func (c *CSVWriter) Write(row []string) error {
	for i, cell := range row {
		if i > 0 {
			_ = c.w.WriteByte(c.delimiter) // the writer keeps its first error
		}
		if c.guard && c.columns[i].Type == Text {
			cell = Guard(cell)
		}
		// For any delimiter, since some readers guess it.
		if strings.ContainsAny(cell, "\"\r\n\t,;") || strings.TrimSpace(cell) != cell || cell == Missing {
			cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		_, _ = c.w.WriteString(cell)
	}
	_, err := c.w.WriteString("\r\n")
	return err
}

// Guard prevents a spreadsheet from reading a text as a formula. It puts a "'" before a text that begins with = + - @
// TAB or CR. A text that already begins with such a guard gets another one, so that Unguard restores it.
func Guard(cell string) string {
	if armed(cell) {
		return "'" + cell
	}
	return cell
}

// Unguard removes the guard of a text.
func Unguard(cell string) string {
	if strings.HasPrefix(cell, "'") && armed(cell) {
		return cell[1:]
	}
	return cell
}

// armed reports whether a spreadsheet would read a text as a formula without the "'" before it.
func armed(cell string) bool {
	rest := strings.TrimLeft(cell, "'")
	return rest != "" && strings.IndexByte("=+-@\t\r", rest[0]) >= 0
}

// CSVReader reads rows of CSV that CSVWriter or other programs have written: rows may also end in LF.
type CSVReader struct {
	r         *bufio.Reader
	delimiter byte
	quoted    []bool // of the last row
}

// NewCSVReader returns a reader. It skips a BOM.
func NewCSVReader(r io.Reader, delimiter byte) *CSVReader {
	c := &CSVReader{r: bufio.NewReader(r), delimiter: delimiter}
	if b, err := c.r.Peek(len(BOM)); err == nil && string(b) == BOM {
		_, _ = c.r.Discard(len(BOM))
	}
	return c
}

// ErrQuote is the error for a quoted cell that is not closed or that is followed by other characters.
var ErrQuote = errors.New("a quotation mark is missing or stands inside a cell")

// Read returns the cells of the next row with their guards, or io.EOF after the last row.
func (c *CSVReader) Read() ([]string, error) {
	if _, err := c.r.Peek(1); err != nil {
		return nil, err
	}
	var row []string
	c.quoted = c.quoted[:0]
	for {
		cell, last, err := c.cell()
		if err != nil {
			return nil, err
		}
		if row = append(row, cell); last {
			return row, nil
		}
	}
}

// Quoted reports whether a cell of the last row stood in quotation marks: R writes NA for an empty cell, "NA" for this text.
func (c *CSVReader) Quoted(i int) bool { return c.quoted[i] }

// cell reads up to a delimiter or the end of the row. last reports whether the row ends.
func (c *CSVReader) cell() (cell string, last bool, err error) {
	var b strings.Builder
	next, err := c.r.ReadByte()
	quoted := err == nil && next == '"'
	c.quoted = append(c.quoted, quoted)
	if quoted {
		if err := c.unquote(&b); err != nil {
			return "", false, err
		}
		next, err = c.r.ReadByte()
		if err == nil && next != c.delimiter && next != '\r' && next != '\n' {
			return "", false, ErrQuote
		}
	}
	for ; err == nil; next, err = c.r.ReadByte() {
		switch next {
		case c.delimiter:
			return b.String(), false, nil
		case '\n':
			return b.String(), true, nil
		case '\r':
			if following, err := c.r.Peek(1); err == nil && following[0] == '\n' {
				_, _ = c.r.Discard(1)
			}
			return b.String(), true, nil
		}
		b.WriteByte(next)
	}
	if err == io.EOF {
		return b.String(), true, nil
	}
	return "", false, err
}

// unquote reads up to the closing quotation mark.
func (c *CSVReader) unquote(b *strings.Builder) error {
	for {
		part, err := c.r.ReadString('"')
		if err == io.EOF {
			return ErrQuote
		}
		if err != nil {
			return err
		}
		b.WriteString(part[:len(part)-1])
		if following, err := c.r.Peek(1); err != nil || following[0] != '"' {
			return nil //nolint:nilerr // the end of the file ends the cell, too
		}
		_, _ = c.r.Discard(1)
		b.WriteByte('"')
	}
}
