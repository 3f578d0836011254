DROP INDEX changes_deleted_contacts_idx;
DROP TRIGGER changes_erase ON changes;
DROP FUNCTION changes_erase();
DROP TRIGGER changes_append_only ON changes;
CREATE TRIGGER changes_append_only BEFORE INSERT OR UPDATE OR DELETE ON changes
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION registry_refuse('the log is only written by its triggers');
DROP FUNCTION registry_erases();
DROP TABLE personal_data_reads;
