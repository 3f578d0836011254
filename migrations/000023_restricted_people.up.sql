-- Aggregates for the public leave out restricted people. They are few, and finding them must not read all people.
CREATE INDEX people_restricted_idx ON people (id) WHERE visibility = 'restricted';
