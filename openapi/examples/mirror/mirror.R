# Keeps a copy of the round tables current, in R (httr2).
library(httr2)

base <- "https://registry.example.org"
file <- "round-tables.rds"
copy <- if (file.exists(file)) readRDS(file) else list(cursor = "", records = list())

repeat {
  page <- request(base) |>
    req_url_path("/v1/changes") |>
    req_url_query(type = "round-tables", include_data = "true", limit = 500, cursor = copy$cursor) |>
    req_perform() |>
    resp_body_json()
  for (change in page$data) {
    name <- as.character(change$id)
    copy$records[[name]] <- if (change$op == "upsert") change$data else NULL
  }
  copy$cursor <- page$meta$cursor
  if (is.null(page$page[["next"]])) break
}
saveRDS(copy, file)

events <- data.frame(
  id = vapply(copy$records, \(r) r$id, numeric(1)),
  starts_on = vapply(copy$records, \(r) if (is.null(r$starts_on)) NA_character_ else r$starts_on, character(1)),
  attendees = vapply(copy$records, \(r) r$counts$attendees, numeric(1))
)
