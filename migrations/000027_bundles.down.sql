ALTER TABLE attendees DROP CONSTRAINT attendees_round_table_id_person_id_key, DROP CONSTRAINT attendees_round_table_id_organization_id_key,
    ADD CONSTRAINT attendees_round_table_id_person_id_key UNIQUE (round_table_id, person_id),
    ADD CONSTRAINT attendees_round_table_id_organization_id_key UNIQUE (round_table_id, organization_id);
ALTER TABLE organizers DROP CONSTRAINT organizers_round_table_id_organization_id_kind_key,
    ADD CONSTRAINT organizers_round_table_id_organization_id_kind_key UNIQUE (round_table_id, organization_id, kind);
DROP TABLE bundles;
