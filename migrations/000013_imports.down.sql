CALL registry_untrack('imports');
