#!/usr/bin/env bash
# Keeps a copy of the registry current with curl and jq, and verifies it.  ./mirror.sh https://registry.example.org DIRECTORY
# DIRECTORY/records.json holds {"type:id": version}. Use include_data=true and .data for the records themselves.
set -euo pipefail
base=$1 dir=$2
mkdir -p "$dir"
[ -f "$dir/records.json" ] || { echo '{}' >"$dir/records.json"; : >"$dir/cursor"; }

follow() {
  local more=true
  while $more; do
    curl --fail-with-body -sS -G "$base/v1/changes" --data-urlencode "cursor=$(cat "$dir/cursor")" -d limit=500 >"$dir/page.json"
    jq --slurpfile page "$dir/page.json" 'reduce $page[0].data[] as $c (.;
      "\($c.type):\($c.id)" as $name | if $c.op == "upsert" then .[$name] = $c.version else del(.[$name]) end)' \
      "$dir/records.json" >"$dir/records.new"
    mv "$dir/records.new" "$dir/records.json"
    jq -j .meta.cursor "$dir/page.json" >"$dir/cursor"
    more=$(jq '.page.next != null' "$dir/page.json")
  done
}

follow
curl --fail-with-body -sS "$base/v1/changes/checkpoint" >"$dir/checkpoint.json"
jq -r '.types[] | "\(.type) \(.count) \(.checksum)"' "$dir/checkpoint.json" | while read -r type count checksum; do
  rm -rf "$dir/names" && mkdir "$dir/names"
  ours=0 n=0
  while IFS= read -r record; do
    printf %s "$record" >"$dir/names/$n"
    n=$((n + 1))
  done < <(jq -r --arg type "$type:" 'to_entries[] | select(.key | startswith($type)) | "\(.key):\(.value)"' "$dir/records.json")
  while read -r digest _; do
    ours=$((ours ^ 0x${digest:0:16}))
  done < <(find "$dir/names" -type f -exec sha256sum {} +)
  if [ "$n" != "$count" ] || [ "$(printf %016x "$ours")" != "$checksum" ]; then
    echo "$type: the copy differs from the registry" >&2
    exit 1
  fi
done
echo "$(jq length "$dir/records.json") records, equal to the registry"
