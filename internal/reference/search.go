package reference

import "roundtables.kz/registry/internal/pg"

// AddSearch keeps the records of a type that match the text of a search box, unless q is empty: every word, in one of its forms,
// in a text of the record or in the name of its topic, place or round table (see the migration 000028_search). column is the
// expression of the record's id. For the public, the words of unpublished records do not count as known when misspelled words are
// corrected; hiding these records is left to the list.
func AddSearch(w *pg.Where, column, recordType, q string, public bool) {
	if q != "" {
		w.Among(search(column, recordType, q, public))
	}
}

// OrSearch keeps the records that satisfy a predicate or match as in AddSearch.
func OrSearch(w *pg.Where, predicate, column, recordType, q string, public bool) {
	set := search(column, recordType, q, public)
	w.Add("(" + predicate + " OR " + set.Exists + ")")
	for name, value := range set.Args {
		w.Bind(name, value)
	}
}

func search(column, recordType, q string, public bool) pg.Set {
	// The query is a subquery, because it is a stable function: otherwise PostgreSQL could call it for every record.
	from := " FROM search_texts x WHERE x.type = '" + recordType + "' AND x.vector @@ (SELECT search_query(@q, @q_public))"
	return pg.Set{
		Column: column, IDs: "SELECT x.id" + from, Exists: "EXISTS (SELECT" + from + " AND x.id = " + column + ")",
		Args: pg.Args{"q": q, "q_public": public}, Varies: true,
	}
}
