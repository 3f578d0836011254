-- A round table keeps its place as the source writes it, beside the place that the registry has for it.

ALTER TABLE round_tables ADD COLUMN place_as_listed text CHECK (place_as_listed <> '');
