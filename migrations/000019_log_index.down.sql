DROP INDEX changes_type_idx;
CREATE INDEX changes_type_idx ON changes (type, seq) INCLUDE (id, version, op, public, is_head, is_public_head);
