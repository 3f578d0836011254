DROP INDEX organizers_updated_at_idx;
DROP INDEX attendees_updated_at_idx;
DROP INDEX statements_updated_at_idx;
DROP INDEX roles_updated_at_idx;
