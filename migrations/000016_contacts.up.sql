-- A person who has contacts cannot be deleted. Contacts are not visible to everyone who may delete people, so they must
-- not disappear together with the person.

ALTER TABLE contacts DROP CONSTRAINT contacts_person_id_fkey, ADD FOREIGN KEY (person_id) REFERENCES people;
