package reference

import "roundtables.kz/registry/internal/pg"

// AddSearch keeps the records of a type that match the text of a search box, unless q is empty: every word, in one of its forms,
// in a text of the record or in the name of its topic, place or round table (see the migration 000027_search). column is the
// expression of the record's id.
func AddSearch(w *pg.Where, column, recordType, q string) {
	if q != "" {
		w.Among(Search(column, recordType, q))
	}
}

// Search is the set of AddSearch.
func Search(column, recordType, q string) pg.Set {
	// The query is a subquery, because it is a stable function: otherwise PostgreSQL could call it for every record.
	from := " FROM search_texts x WHERE x.type = '" + recordType + "' AND x.vector @@ (SELECT search_query(@q))"
	return pg.Set{
		Column: column, IDs: "SELECT x.id" + from, Exists: "EXISTS (SELECT" + from + " AND x.id = " + column + ")",
		Args: pg.Args{"q": q}, Varies: true,
	}
}
