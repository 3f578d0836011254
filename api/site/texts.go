package site

import (
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/vocabulary"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// text returns a text of the catalogue with its arguments, as fmt.Sprintf does. A missing text shows its key; a test finds it.
func (s *Site) text(lang, key string, arguments ...any) string {
	found, ok := s.texts[key][lang]
	if !ok {
		return key
	}
	if len(arguments) == 0 {
		return found
	}
	return fmt.Sprintf(found, arguments...)
}

// number returns "5 round tables" in a language: the form of the noun, after the number. The forms of a text are separated by "|":
// one, other in English; one, few, many in Russian; Kazakh has one form after numbers.
func (s *Site) number(lang, key string, n int64) string {
	return digits(lang, n) + "\u00a0" + s.noun(lang, key, n)
}

// noun returns the form of a noun after a number, without the number.
func (s *Site) noun(lang, key string, n int64) string {
	forms := strings.Split(s.text(lang, key), "|")
	return forms[min(form(lang, n), len(forms)-1)]
}

// form returns the index of the plural form of a number (CLDR).
func form(lang string, n int64) int {
	switch lang {
	case "en":
		if n == 1 {
			return 0
		}
		return 1
	case "ru":
		ones, tens := n%10, n%100
		switch {
		case ones == 1 && tens != 11:
			return 0
		case ones >= 2 && ones <= 4 && (tens < 12 || tens > 14):
			return 1
		}
		return 2
	}
	return 0
}

var printers = map[string]*message.Printer{
	"kk": message.NewPrinter(language.Kazakh), "ru": message.NewPrinter(language.Russian), "en": message.NewPrinter(language.English),
}

// digits returns a number with the separators of a language.
func digits(lang string, n int64) string { return printers[lang].Sprintf("%d", n) }

var months = map[string][12]string{
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	"ru": {"январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь"},
	"kk": {"қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде", "тамыз", "қыркүйек", "қазан", "қараша", "желтоқсан"},
}

// monthsOfDays are the months in Russian after the number of a day.
var monthsOfDays = [12]string{
	"января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря",
}

// date returns a partial date, YYYY, YYYY-MM or YYYY-MM-DD, in words. Other texts are returned unchanged.
func date(lang, s string) string {
	if len(s) > len(time.DateOnly) {
		s = s[:len(time.DateOnly)]
	}
	if len(s) != 4 && len(s) != 7 && len(s) != 10 {
		return s
	}
	t, err := time.Parse(time.DateOnly[:len(s)], s)
	if err != nil {
		return s
	}
	year, month := strconv.Itoa(t.Year()), months[lang][t.Month()-1]
	switch {
	case len(s) == 4:
		return map[string]string{"en": year, "ru": year + " год", "kk": year + " жыл"}[lang]
	case len(s) == 7:
		return map[string]string{"en": month + " " + year, "ru": month + " " + year + " года", "kk": year + " жылғы " + month}[lang]
	}
	return dayIn(lang, strconv.Itoa(t.Day()), t.Month(), year)
}

func dayIn(lang, days string, month time.Month, year string) string {
	switch lang {
	case "ru":
		return days + "\u00a0" + monthsOfDays[month-1] + " " + year + " года"
	case "kk":
		return year + " жылғы " + days + "\u00a0" + months[lang][month-1]
	}
	return days + "\u00a0" + months[lang][month-1] + " " + year
}

// kazakhCases are the endings of the last words of dates: of the dative, "until", and of the ablative, "since".
var kazakhCases = map[string][2]string{
	"жыл": {"ға", "дан"}, "қаңтар": {"ға", "дан"}, "ақпан": {"ға", "нан"}, "наурыз": {"ға", "дан"}, "сәуір": {"ге", "ден"}, "мамыр": {"ға", "дан"},
	"маусым": {"ға", "нан"}, "шілде": {"ге", "ден"}, "тамыз": {"ға", "дан"}, "қыркүйек": {"ке", "тен"}, "қазан": {"ға", "нан"},
	"қараша": {"ға", "дан"}, "желтоқсан": {"ға", "нан"},
}

// bound names a span of time that is open on one side. key is "since", "before" or "until". Russian and Kazakh decline the date.
func (s *Site) bound(lang, key, day string) string {
	in := date(lang, day)
	switch lang {
	case "ru":
		if key == "until" {
			break // the accusative of years and months is their nominative
		}
		nominative := months["ru"]
		first, rest, _ := strings.Cut(in, " ")
		if i := slices.Index(nominative[:], first); i >= 0 {
			in = monthsOfDays[i] + " " + rest
		} else if rest == "год" {
			in += "а"
		}
	case "kk":
		for word, endings := range kazakhCases {
			if strings.HasSuffix(in, word) {
				in += map[bool]string{true: endings[1], false: endings[0]}[key == "since"]
				break
			}
		}
	}
	return s.text(lang, key, in)
}

// clock returns the time of day of an event in its time zone, "10:00–13:00 (Asia/Almaty)".
func clock(from, until *string, zone string) string {
	place, err := time.LoadLocation(zone)
	if err != nil || from == nil {
		return ""
	}
	start, err := time.Parse(time.RFC3339, *from)
	if err != nil {
		return ""
	}
	s := start.In(place).Format("15:04")
	if until != nil {
		if end, err := time.Parse(time.RFC3339, *until); err == nil {
			s += "–" + end.In(place).Format("15:04")
		}
	}
	return s + " (" + zone + ")"
}

// precise cuts a date to the precision that the source gives.
func precise(day, precision string) string {
	if len(day) != len(time.DateOnly) {
		return ""
	}
	switch precision {
	case "month":
		return day[:7]
	case "year":
		return day[:4]
	case "unknown":
		return ""
	}
	return day
}

// period returns the days of an event in words, as precise as they are known; empty without a date.
func period(lang, from string, until *string, precision string) string {
	first := precise(from, precision)
	if first == "" {
		return ""
	}
	if until == nil || *until == from {
		return date(lang, first)
	}
	last := precise(*until, precision)
	switch {
	case first == last:
		return date(lang, first)
	case len(first) == 10 && first[:7] == last[:7]:
		t, err := time.Parse(time.DateOnly, first)
		end, err2 := time.Parse(time.DateOnly, last)
		if err == nil && err2 == nil {
			return dayIn(lang, strconv.Itoa(t.Day())+"–"+strconv.Itoa(end.Day()), t.Month(), strconv.Itoa(t.Year()))
		}
	}
	return date(lang, first) + " – " + date(lang, last)
}

// label returns the label of a code of a vocabulary, or the code.
func label(lang, name, code string) string {
	if found, _ := vocabulary.Label(name, code).In(lang); found != "" {
		return found
	}
	return code
}

// marked returns a text of the registry as HTML. A text in another language than the page says so, for screen readers, hyphenation
// and the direction of writing.
func marked(lang string, m text.Map) template.HTML {
	s, used := m.In(lang)
	return inLanguage(lang, used, s)
}

func inLanguage(lang, used, s string) template.HTML {
	escaped := template.HTMLEscapeString(s)
	if used == lang || s == "" {
		return template.HTML(escaped) // #nosec G203 -- it is escaped
	}
	return template.HTML(`<span lang="` + template.HTMLEscapeString(used) + `" dir="auto">` + escaped + `</span>`) // #nosec G203 -- it is escaped
}

// functions are the functions of the templates in a language.
func (s *Site) functions(lang string) template.FuncMap {
	return template.FuncMap{
		"t":      func(key string, arguments ...any) string { return s.text(lang, key, arguments...) },
		"n":      func(key string, n int64) string { return s.number(lang, key, n) },
		"noun":   func(key string, n int64) string { return s.noun(lang, key, n) },
		"digits": func(n int64) string { return digits(lang, n) },
		"bound":  func(key, day string) string { return s.bound(lang, key, day) },
		"date":   func(d string) string { return date(lang, d) },
		"period": func(from *string, until *string, precision string) string {
			if from == nil {
				return ""
			}
			return period(lang, *from, until, precision)
		},
		"clock":    clock,
		"precise":  func(from *string, precision string) string { return preciseOf(from, precision) },
		"text":     func(m text.Map) template.HTML { return marked(lang, m) },
		"plain":    func(m text.Map) string { found, _ := m.In(lang); return found },
		"spoken":   func(used, text string) template.HTML { return inLanguage(lang, used, text) },
		"label":    func(name, code string) string { return label(lang, name, code) },
		"language": func(code string) string { return label(lang, vocabulary.Languages, code) },
		"href": func(path string, query ...string) string {
			values := url.Values{}
			for i := 0; i+1 < len(query); i += 2 {
				values.Set(query[i], query[i+1])
			}
			return s.href(lang, path, values)
		},
		"api":   func(path string) string { return s.root + path },
		"id":    func(id int64) string { return strconv.FormatInt(id, 10) },
		"deref": func(p *string) string { return *p },
		"year":  func(day *string) string { return (*day)[:4] },
		"wide":  func(n int) int64 { return int64(n) },
		"value": func(p *int64) int64 { return *p },
	}
}

func preciseOf(from *string, precision string) string {
	if from == nil {
		return ""
	}
	return precise(*from, precision)
}
