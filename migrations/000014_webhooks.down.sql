DROP TABLE river_notification;
DROP TABLE river_queue;
DROP TABLE river_leader;
DROP TABLE river_job;
DROP FUNCTION river_job_state_in_bitmask;
DROP TYPE river_job_state;
DROP TABLE webhook_deliveries;
DROP TABLE webhook_places;
CALL registry_untrack('webhooks');
