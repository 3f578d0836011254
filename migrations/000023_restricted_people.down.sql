DROP INDEX people_restricted_idx;
