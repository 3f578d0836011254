DELETE FROM external_ids WHERE type = 'affiliations';
DROP TRIGGER affiliations_external_ids ON affiliations;
ALTER TABLE affiliations DROP COLUMN external_ids;
