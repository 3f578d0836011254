DROP TRIGGER people_named ON people;
DROP TRIGGER document_links_shown ON document_links;
DROP TRIGGER round_tables_parts ON round_tables;
DROP FUNCTION people_named, document_links_shown, round_tables_parts, documents_shown;
