DROP TABLE place_names;
CALL registry_untrack('places');
CALL registry_untrack('topics');
CALL registry_untrack('roles');
