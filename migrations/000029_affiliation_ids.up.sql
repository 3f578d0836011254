-- A position has ids in other systems too, such as that of a membership in a Popolo document.

ALTER TABLE affiliations ADD COLUMN external_ids text[] NOT NULL DEFAULT '{}' CHECK (is_external_ids(external_ids));
CREATE TRIGGER affiliations_external_ids AFTER INSERT OR UPDATE OF external_ids OR DELETE ON affiliations
    FOR EACH ROW EXECUTE FUNCTION keep_external_ids();
