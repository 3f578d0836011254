ALTER TABLE contacts DROP CONSTRAINT contacts_person_id_fkey, ADD FOREIGN KEY (person_id) REFERENCES people ON DELETE CASCADE;
