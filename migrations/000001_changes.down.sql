DROP PROCEDURE registry_untrack, registry_track_part, registry_track;
DROP TABLE merged;
DROP TABLE changes;
DROP TABLE registry;
DROP FUNCTION registry_bump, registry_record_visibility, registry_record_change, registry_actor, registry_reason, registry_refuse;
DROP EXTENSION pg_trgm;
