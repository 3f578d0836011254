"""Keeps a copy of the registry current and verifies it.  python3 mirror.py https://registry.example.org copy.json [API key]"""
import hashlib, json, os, sys, urllib.error, urllib.parse, urllib.request

base, file, key = (sys.argv + [""])[1:4]
copy = json.load(open(file)) if os.path.exists(file) else {"cursor": "", "records": {}}

def get(path, **query):
    request = urllib.request.Request(base + path + "?" + urllib.parse.urlencode(query))
    if key:
        request.add_header("Authorization", "Bearer " + key)
    return json.load(urllib.request.urlopen(request, timeout=60))

def follow():
    while True:
        page = get("/v1/changes", cursor=copy["cursor"], limit=500, include_data="true")
        for change in page["data"]:
            name = f'{change["type"]}:{change["id"]}'
            if change["op"] == "upsert":
                copy["records"][name] = change["data"]
            else:  # delete, withdraw, merge, erase: you no longer see the record
                copy["records"].pop(name, None)
        copy["cursor"] = page["meta"]["cursor"]
        if page["page"]["next"] is None:
            return

def sums():
    total = {}
    for name, record in copy["records"].items():
        count, checksum = total.get(name.split(":")[0], (0, 0))
        digest = hashlib.sha256(f'{name}:{record["version"]}'.encode()).digest()
        total[name.split(":")[0]] = (count + 1, checksum ^ int.from_bytes(digest[:8], "big"))
    return total

try:
    follow()
except urllib.error.HTTPError as problem:
    if problem.code != 410:  # 410: the registry was restored from a backup, so the copy starts again
        sys.exit(f"{problem.code}: {json.load(problem)['title']}")
    copy.update(cursor="", records={})
    follow()
for attempt in range(10):
    expected, ours = get("/v1/changes/checkpoint"), sums()
    if all(ours.get(t["type"], (0, 0)) == (t["count"], int(t["checksum"], 16)) for t in expected["types"]):
        break
    follow()  # something changed meanwhile
else:
    sys.exit("the copy differs from the registry: delete it and start again")
json.dump(copy, open(file + ".new", "w"))
os.replace(file + ".new", file)
print(len(copy["records"]), "records, equal to the registry")
