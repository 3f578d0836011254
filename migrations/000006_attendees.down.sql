CALL registry_untrack('attendee_affiliations');
CALL registry_untrack('attendee_roles');
CALL registry_untrack('attendees');
DROP FUNCTION carry_attendee;
