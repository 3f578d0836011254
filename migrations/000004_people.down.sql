CALL registry_untrack('affiliations');
CALL registry_untrack('contacts');
DROP TABLE person_names;
CALL registry_untrack('people');
DROP TABLE organization_names;
CALL registry_untrack('organizations');
