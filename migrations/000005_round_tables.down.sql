CALL registry_untrack('organizers');
CALL registry_untrack('document_links');
CALL registry_untrack('round_table_topics');
CALL registry_untrack('round_tables');
DROP FUNCTION carry_starts_key;
CALL registry_untrack('document_authors');
CALL registry_untrack('documents');
