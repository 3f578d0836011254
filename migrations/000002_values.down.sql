DROP FUNCTION search_query, search_vector(jsonb), search_vector(text, text), search_fold, is_external_ids, keep_external_ids;
DROP TABLE external_ids;
DROP FUNCTION refuse_cycle, starts_key, is_former_names, partial_date_end, partial_date_start, is_partial_date, is_other_names, text_sort_key, is_text;
