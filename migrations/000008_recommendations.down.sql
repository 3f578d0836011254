CALL registry_untrack('recommendations');
