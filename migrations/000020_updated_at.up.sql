-- Lists can be limited to what changed last in a range of times, and sorted by it: each table of records needs this index.
CREATE INDEX organizers_updated_at_idx ON organizers (updated_at, id);
CREATE INDEX attendees_updated_at_idx ON attendees (updated_at, id);
CREATE INDEX statements_updated_at_idx ON statements (updated_at, id);
CREATE INDEX roles_updated_at_idx ON roles (updated_at, id);
