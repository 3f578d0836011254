package api

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

// Content negotiation (RFC 9110, section 12.5). The libraries for it parse media types only, and reject a whole header
// for one malformed element; Accept and Accept-Encoding are read by the same rules here.

// acceptsJSON reports whether a client accepts JSON. Naming only application/problem+json counts as accepting it.
func acceptsJSON(r *http.Request) bool {
	accept := joined(r, echo.HeaderAccept)
	if accept == "" || accept == "*/*" {
		return true
	}
	q, _ := quality(accept, echo.MIMEApplicationJSON)
	problem, named := quality(accept, "application/problem+json")
	return q > 0 || named && problem > 0
}

// prefers reports whether a client names a media type and does not prefer JSON to it. A wildcard means JSON.
func prefers(r *http.Request, mediaType string) bool {
	accept := joined(r, echo.HeaderAccept)
	q, named := quality(accept, mediaType)
	if !named || q == 0 {
		return false
	}
	ofJSON, _ := quality(accept, echo.MIMEApplicationJSON)
	return q >= ofJSON
}

// acceptsGzip reports whether the response may be sent with gzip. The client must name gzip, as compress requires, too.
func acceptsGzip(r *http.Request) bool {
	q, named := quality(joined(r, echo.HeaderAcceptEncoding), "gzip")
	return named && q > 0 && r.Method != http.MethodHead // compress ignores HEAD
}

// joined returns the lines of a header as one list.
func joined(r *http.Request, name string) string { return strings.Join(r.Header.Values(name), ",") }

// How well an element of a header matches. The best match decides; among equal matches, the highest quality.
const (
	matchesNot   = iota
	matchesAll   // "*/*", "*"
	matchesType  // "text/*"
	matchesWith  // "text/html;level=1": parameters are not compared
	matchesExact // "text/html"
)

// quality returns the quality, 0 to 1, that a header gives to a media type or a coding, and whether the header names it or a
// wildcard matches it. Malformed elements are ignored. A header without a valid element accepts everything, as an absent header does.
func quality(header, offer string) (q float64, named bool) {
	best, valid := matchesNot, false
	for header != "" {
		var element string
		element, header = cutElement(header)
		value, parameters, err := mime.ParseMediaType(element)
		weight, ok := weightOf(parameters)
		if err != nil || !ok {
			continue
		}
		valid = true
		match := matchOf(value, offer, len(parameters) > 0)
		if match > best || match == best && match > matchesNot && weight > q {
			best, q = match, weight
		}
	}
	if !valid {
		return 1, false
	}
	return q, best >= matchesWith
}

// cutElement returns the first element of a list and the rest. A comma between quotation marks is no separator.
func cutElement(list string) (element, rest string) {
	quoted := false
	for i := 0; i < len(list); i++ {
		switch {
		case list[i] == '\\' && quoted:
			i++
		case list[i] == '"':
			quoted = !quoted
		case list[i] == ',' && !quoted:
			return list[:i], list[i+1:]
		}
	}
	return list, ""
}

// weightOf removes the weight from the parameters and returns it, 1 by default. It must be a number from 0 to 1.
func weightOf(parameters map[string]string) (weight float64, ok bool) {
	q, given := parameters["q"]
	if !given {
		return 1, true
	}
	delete(parameters, "q")
	weight, err := strconv.ParseFloat(q, 64)
	return weight, err == nil && weight >= 0 && weight <= 1
}

func matchOf(value, offer string, hasParameters bool) int {
	mainType, subtype, _ := strings.Cut(value, "/")
	switch {
	case value == offer && hasParameters:
		return matchesWith
	case value == offer:
		return matchesExact
	case subtype == "*" && strings.HasPrefix(offer, mainType+"/"):
		return matchesType
	case value == "*/*" || value == "*":
		return matchesAll
	}
	return matchesNot
}
