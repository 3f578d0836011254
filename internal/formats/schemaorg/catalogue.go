package schemaorg

import (
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Dataset is a set of records that is offered as files.
type Dataset struct {
	Path              string // of its address, "/v1/people"
	Name, Description string
	Files             []Distribution
	Parts             []Dataset
}

// Distribution is a file of a Dataset.
type Distribution struct {
	Path      string // of its address
	Name      string
	MediaType string
}

// WriteDataset writes a Dataset with its parts, in the terms of schema.org and of DCAT (Data Catalog Vocabulary), which programs that
// collect descriptions of data read. modified is the time of its last change, if any.
func (w Writer) WriteDataset(to io.Writer, d Dataset, modified *time.Time) error {
	o := w.dataset(d)
	o["@context"] = []any{vocabulary, object{"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/"}}
	o["isAccessibleForFree"] = true
	if modified != nil {
		at := modified.UTC().Truncate(time.Second)
		o["dateModified"], o["dct:modified"] = at, object{"@type": "http://www.w3.org/2001/XMLSchema#dateTime", "@value": at}
	}
	return json.MarshalWrite(to, o, json.Deterministic(true))
}

func (w Writer) dataset(d Dataset) object {
	o := object{
		"@type": []string{"Dataset", "dcat:Dataset"}, "@id": w.Base + d.Path, "url": w.Base + d.Path,
		"license": w.License, "dct:license": object{"@id": w.License},
		"name": d.Name, "dct:title": d.Name, "description": d.Description, "dct:description": d.Description,
		"distribution":      each(d.Files, w.distribution),
		"dcat:distribution": each(d.Files, func(f Distribution) object { return object{"@id": w.Base + f.Path} }),
	}
	parts := each(d.Parts, w.dataset)
	set(o, "hasPart", parts)
	set(o, "dct:hasPart", each(d.Parts, func(p Dataset) object { return object{"@id": w.Base + p.Path} }))
	return o
}

func (w Writer) distribution(f Distribution) object {
	at := w.Base + f.Path
	mediaType, _, _ := strings.Cut(f.MediaType, ";")
	return object{
		"@type": []string{"DataDownload", "dcat:Distribution"}, "@id": at, "name": f.Name, "dct:title": f.Name,
		"license": w.License, "dct:license": object{"@id": w.License},
		"contentUrl": at, "dcat:downloadURL": object{"@id": at},
		"encodingFormat": mediaType, "dcat:mediaType": object{"@id": "https://www.iana.org/assignments/media-types/" + mediaType},
	}
}
