-- An index with another collation than the column: only queries that ask for it use it. In a registry that is being filled, the
-- planner took it for the index of one record, and each change then read all earlier changes of its type.
DROP INDEX changes_type_idx;
CREATE INDEX changes_type_idx ON changes (type COLLATE "C", seq) INCLUDE (id, version, op, public, is_head, is_public_head);
