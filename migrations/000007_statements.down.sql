CALL registry_untrack('statement_documents');
CALL registry_untrack('statement_places');
CALL registry_untrack('statement_organizations');
CALL registry_untrack('statement_people');
CALL registry_untrack('statement_topics');
CALL registry_untrack('statement_texts');
CALL registry_untrack('statements');
DROP FUNCTION carry_statement, carry_speaker, statement_has_original;
