DROP FUNCTION similar_round_tables, last_day;
DROP TRIGGER round_tables_bump ON round_tables;
CREATE TRIGGER round_tables_bump BEFORE UPDATE ON round_tables FOR EACH ROW EXECUTE FUNCTION registry_bump('{starts_key,title_sort,search}', '{}');
CREATE OR REPLACE FUNCTION round_tables_snapshot(record_id bigint) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT to_jsonb(r) - '{starts_key,title_sort,search}'::text[] || jsonb_build_object(
                'topic_ids', (SELECT coalesce(jsonb_agg(t.topic_id ORDER BY t.position), '[]') FROM round_table_topics t WHERE t.round_table_id = r.id),
                'document_links', (SELECT coalesce(jsonb_agg(jsonb_build_object('document_id', l.document_id, 'relation', l.relation) ORDER BY l.position), '[]') FROM document_links l WHERE l.round_table_id = r.id))
            FROM round_tables r WHERE r.id = record_id);
END $$;
DROP INDEX round_tables_days_idx;
ALTER TABLE round_tables DROP COLUMN title_words;
DROP FUNCTION event_title_similarity, event_title_words;

DELETE FROM distinctions WHERE type = 'round-tables';
DROP TRIGGER distinctions_bump ON distinctions;
CREATE TRIGGER distinctions_bump BEFORE UPDATE ON distinctions FOR EACH ROW EXECUTE FUNCTION
    registry_bump('{first_person_id,second_person_id,first_organization_id,second_organization_id}', '{}');
CREATE OR REPLACE FUNCTION distinctions_snapshot(record_id bigint) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT to_jsonb(d) - '{first_person_id,second_person_id,first_organization_id,second_organization_id}'::text[] FROM distinctions d WHERE d.id = record_id);
END $$;
ALTER TABLE distinctions DROP CONSTRAINT distinctions_type_check, DROP COLUMN first_round_table_id, DROP COLUMN second_round_table_id;
ALTER TABLE distinctions ADD CONSTRAINT distinctions_type_check CHECK (type IN ('people', 'organizations'));
