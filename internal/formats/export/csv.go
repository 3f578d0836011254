package export

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// BOM tells spreadsheets that a file is UTF-8.
const BOM = "\ufeff"

// CSVWriter writes rows as CSV (RFC 4180): cells are kept byte by byte, rows end in CRLF.
type CSVWriter struct {
	w         *bufio.Writer
	delimiter byte
	guarded   []bool
}

// NewCSVWriter makes a writer for the rows of a table; delimiter stands between cells.
func NewCSVWriter(w *bufio.Writer, delimiter byte, t *Table) *CSVWriter {
	c := &CSVWriter{w: w, delimiter: delimiter}
	for _, column := range t.columns {
		c.guarded = append(c.guarded, column.Kind == Text)
	}
	return c
}

// Write writes one row, with its texts guarded.
func (c *CSVWriter) Write(row []string) error {
	for i, cell := range row {
		if i > 0 {
			_ = c.w.WriteByte(c.delimiter) // the writer keeps its first error
		}
		if c.guarded[i] {
			cell = Guard(cell)
		}
		if strings.ContainsAny(cell, "\"\r\n\t,;") || strings.TrimSpace(cell) != cell { // whatever the delimiter is: some readers guess it
			cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		_, _ = c.w.WriteString(cell)
	}
	_, err := c.w.WriteString("\r\n")
	return err
}

// Guard keeps a spreadsheet from taking a text for a formula: what begins with one of = + - @ TAB CR gets a "'" before it,
// and so does what begins with such a guard already, so that Unguard can tell.
func Guard(cell string) string {
	if armed(cell) {
		return "'" + cell
	}
	return cell
}

// Unguard takes away what Guard has put before a text.
func Unguard(cell string) string {
	if strings.HasPrefix(cell, "'") && armed(cell) {
		return cell[1:]
	}
	return cell
}

// armed reports whether a text begins with something that spreadsheets run, after any number of "'".
func armed(cell string) bool {
	rest := strings.TrimLeft(cell, "'")
	return rest != "" && strings.IndexByte("=+-@\t\r", rest[0]) >= 0
}

// CSVReader reads rows of CSV as CSVWriter writes them and as other programs do: rows may end in LF, too.
type CSVReader struct {
	r         *bufio.Reader
	delimiter byte
	begun     bool
}

// NewCSVReader makes a reader; a BOM is left out.
func NewCSVReader(r io.Reader, delimiter byte) *CSVReader {
	return &CSVReader{r: bufio.NewReader(r), delimiter: delimiter}
}

// ErrQuote is a quoted cell that is not closed, or something behind its end.
var ErrQuote = errors.New("a quotation mark is missing or stands inside a cell")

// Read gives the cells of the next row as they stand, with their guards; io.EOF after the last one.
func (c *CSVReader) Read() ([]string, error) {
	if !c.begun {
		c.begun = true
		if b, err := c.r.Peek(len(BOM)); err == nil && string(b) == BOM {
			_, _ = c.r.Discard(len(BOM))
		}
	}
	if _, err := c.r.Peek(1); err != nil {
		return nil, err
	}
	var row []string
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

// cell reads up to a delimiter or the end of the row, which makes it the last one.
func (c *CSVReader) cell() (cell string, last bool, err error) {
	var b strings.Builder
	next, err := c.r.ReadByte()
	if err == nil && next == '"' {
		if err := c.quoted(&b); err != nil {
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

// quoted reads what stands between quotation marks, of which the first has been read.
func (c *CSVReader) quoted(b *strings.Builder) error {
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
