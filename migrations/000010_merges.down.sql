CALL registry_untrack('distinctions');
ALTER TABLE merged DROP CONSTRAINT merged_merge_id_fkey;
DROP INDEX merged_merge_id_idx;
CALL registry_untrack('merges');
DELETE FROM merged;
