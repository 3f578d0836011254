package export

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"

	"github.com/go-json-experiment/json/jsontext"
)

// Missing is what R writes for an empty cell.
const Missing = "NA"

// missing are the cells that statistics programs write for a missing number or date.
var missing = []string{Missing, "NaN", "nan", "NaT", "<NA>"}

// withoutMissing returns a cell without outer spaces, "" for a missing value.
func withoutMissing(cell string) string {
	if cell = strings.TrimSpace(cell); slices.Contains(missing, cell) {
		return ""
	}
	return cell
}

// failed are the texts that spreadsheets show in place of a result that they could not compute, in English and in Russian.
var failed = regexp.MustCompile(`^(#(NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|GETTING_DATA|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|BUSY!|UNKNOWN!` +
	`|ПУСТО!|ДЕЛ/0!|ЗНАЧ!|ССЫЛКА!|ССЫЛ!|ИМЯ\?|ЧИСЛО!|Н/Д)|#{4,}|(Err|Ошибка):5\d\d)$`)

// Failed reports whether a cell holds the error of a formula, or the signs for a column that is too narrow for its content.
func Failed(cell string) bool { return failed.MatchString(strings.TrimSpace(cell)) }

// boolean reads a switch: TRUE as spreadsheets write it, 1 as a workbook stores it.
func boolean(cell string) (jsontext.Value, error) {
	switch strings.ToLower(cell) {
	case "true", "1", "1.0":
		return jsontext.Value("true"), nil
	case "false", "0", "0.0":
		return jsontext.Value("false"), nil
	}
	return nil, badCell(apperr.At("", "cell_expected", "expected", "boolean"))
}

var decimalComma = regexp.MustCompile(`^[+-]?\d+,\d+$`)

// number reads a number. whole is whether it has no decimals: see Whole.
func number(cell string, whole bool) (jsontext.Value, error) {
	expected := "number"
	if whole {
		cell, expected = Whole(cell), "integer"
	}
	v := jsontext.Value(cell)
	switch {
	case !whole && decimalComma.MatchString(cell):
		return nil, badCell(apperr.At("", "decimal_comma", "value", strings.ReplaceAll(cell, ",", ".")))
	case v.Kind() != '0' || !v.IsValid() || whole && strings.ContainsAny(cell, ".eE"):
		return nil, badCell(apperr.At("", "cell_expected", "expected", expected))
	}
	return v, nil
}

// exact bounds the whole numbers that spreadsheets and R write with an exponent without losing digits.
const exact = 1e11

// Whole returns a whole number without decimals: pandas writes 41.0 in a column with empty cells, and R writes 1e+05. It
// returns other cells unchanged.
func Whole(cell string) string {
	cell = strings.TrimSpace(cell)
	n, err := strconv.ParseFloat(cell, 64)
	if err != nil || !strings.ContainsAny(cell, ".eE") || n != math.Trunc(n) || math.Abs(n) >= exact {
		return cell
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

var (
	dayMonthYear = regexp.MustCompile(`^(\d{1,2})\.(\d{1,2})\.(\d{4})$`)
	withTime     = regexp.MustCompile(`^([\d.-]{8,10})[T ]+(\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?)(.*)$`)
	spacedTime   = regexp.MustCompile(`^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:\d\d)$`)
)

// day reads a date, which may lack parts. Its form is checked when the record is decoded. It accepts 27.02.2020, as
// spreadsheets write it in Russian, and a time that is midnight, as pandas writes it. Another time would be lost.
func day(cell string) (string, error) {
	if m := withTime.FindStringSubmatch(cell); m != nil {
		if m[3] != "" || strings.Trim(m[2], "0:.") != "" {
			return "", badCell(apperr.At("", "date_with_time", "value", cell))
		}
		cell = m[1]
	}
	if m := dayMonthYear.FindStringSubmatch(cell); m != nil {
		cell = m[3] + "-" + twoDigits(m[2]) + "-" + twoDigits(m[1])
	}
	return cell, nil
}

func twoDigits(n string) string {
	if len(n) == 1 {
		return "0" + n
	}
	return n
}

// instant reads a time with its offset. pandas writes a space before the time of day.
func instant(cell string) string { return spacedTime.ReplaceAllString(cell, "${1}T$2$3") }
