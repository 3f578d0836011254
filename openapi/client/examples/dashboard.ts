// A dashboard in the terminal: tiles, events by year, top speakers, the newest event, then what changes. Published data needs no key.
//   node build/examples/dashboard.js https://registry.example.org ru
import { aggregateRoundTables, aggregateStatements, createClient, followChanges, getCheckpoint, getOverview, listRoundTables, RegistryError } from "@roundtables-kz/registry-client";
import type { AggregateGroup } from "@roundtables-kz/registry-client";

const [baseUrl = "http://localhost:8080", lang = "en"] = process.argv.slice(2);
const client = createClient({ baseUrl, cache: new Map() });

const text = (map: { [language: string]: string | undefined } | null | undefined): string => map?.[lang] ?? Object.values(map ?? {})[0] ?? "–";
const bar = (group: AggregateGroup): string => `${text(group.label ?? { en: group.key }).padEnd(30).slice(0, 30)} ${"█".repeat(Math.min(group.count ?? 0, 40))} ${group.count}`;

async function draw(): Promise<void> {
  const [overview, years, speakers, newest] = await Promise.all([
    getOverview({ client, query: { lang } }),
    aggregateRoundTables({ client, query: { group_by: ["year"], fill: false } }),
    aggregateStatements({ client, query: { group_by: ["person"], limit: 5, lang } }),
    listRoundTables({ client, query: { sort: ["-starts_on"], limit: 1 } }),
  ]);
  const { round_tables, people, statements } = overview.counts;
  console.log(`${round_tables} events · ${people} people · ${statements} statements, ${overview.first_on} to ${overview.last_on}`);
  console.log([...years.groups, ...speakers.groups].map(bar).join("\n"));
  console.log(newest.data.map((event) => `newest: ${event.starts_on} ${text(event.title)}`).join());
}

try {
  const { cursor } = await getCheckpoint({ client });
  await draw();
  for await (const { changes } of followChanges({ client, query: { cursor } })) {
    if (changes.length === 0) continue;
    console.log(changes.map((change) => `${change.op} ${change.type}/${change.id}`).join(", "));
    await draw(); // responses that have not changed cost the registry nothing
  }
} catch (error) {
  console.error(error instanceof RegistryError ? `${error.status} ${error.code}: ${error.message}` : error);
  process.exitCode = 1;
}
