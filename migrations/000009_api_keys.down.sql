CALL registry_untrack('api_keys');
