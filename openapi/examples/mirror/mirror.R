# Keeps a copy of the round tables and their attendees current, in R (httr2).
library(httr2)

base <- "https://registry.example.org"
file <- "round-tables.rds"
copy <- if (file.exists(file)) readRDS(file) else list(cursor = "", records = list())

repeat {
  page <- request(base) |>
    req_url_path("/v1/changes") |>
    req_url_query(type = "round-tables,attendees", include_data = "true", limit = 500, cursor = copy$cursor) |>
    req_error(body = \(response) resp_body_json(response)$title) |>
    req_perform() |>
    resp_body_json()
  for (change in page$data) {
    name <- paste0(change$type, ":", change$id)
    copy$records[[name]] <- if (change$op == "upsert") change$data else NULL
  }
  copy$cursor <- page$meta$cursor
  if (is.null(page$page[["next"]])) break
}
saveRDS(copy, file)

# A record holds ids of other records: join what you show.
of_type <- function(type) copy$records[startsWith(names(copy$records), paste0(type, ":"))]
attended <- vapply(of_type("attendees"), \(r) r$round_table_id, numeric(1))
events <- data.frame(
  id = vapply(of_type("round-tables"), \(r) r$id, numeric(1)),
  starts_on = vapply(of_type("round-tables"), \(r) if (is.null(r$starts_on)) NA_character_ else r$starts_on, character(1))
)
events$attendees <- vapply(events$id, \(id) sum(attended == id), numeric(1))
