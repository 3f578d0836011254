// Uses the package as others do, against the registry at BASE_URL with the key API_KEY. A Go test starts the registry.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  aggregateTopicsAsCsv, all, createClient, createTopic, deleteTopic, exportRegistry, exportTopics, followChanges, getCheckpoint, getLiveness, getPerson, getTopic, listPeople, listRoundTables,
  listTopics, pages, patchTopic, RegistryError, streamChanges,
} from "@roundtables-kz/registry-client";
import type { CachedResponse, Change, Person, RoundTable } from "@roundtables-kz/registry-client";

const baseUrl = process.env["BASE_URL"] ?? "";
const key = process.env["API_KEY"] ?? "";
const reader = createClient({ baseUrl });
const writer = createClient({ baseUrl, key });
const run = Date.now();
let topics = 0;
const newTopic = () => createTopic({ client: writer, body: { label: { en: `Topic ${++topics} of ${run}` } } });

// recorded is a client whose requests and responses are noted.
function recorded(config: Parameters<typeof createClient>[0], answer: typeof fetch = fetch) {
  const requests: { url: string; headers: Headers; status: number }[] = [];
  const client = createClient({
    ...config,
    fetch: async (url, init) => {
      const response = await answer(url, init);
      requests.push({ url: String(url), headers: new Headers(init?.headers), status: response.status });
      return response;
    },
  });
  return { client, requests };
}

const rejection = async (promise: Promise<unknown>): Promise<RegistryError> => {
  const error: unknown = await promise.then(() => undefined, (e: unknown) => e);
  assert.ok(error instanceof RegistryError, String(error));
  return error;
};

test("a list and a record are read without a key", async () => {
  const page = await listPeople({ client: reader, query: { q: "Tukumov", limit: 1, lang: "ru" } });
  const person: Person | undefined = page.data[0];
  assert.equal(person?.name["en"], "Yerkin Tukumov");
  const record = await getPerson({ client: reader, path: { id: person.id }, query: { include: ["attendees"] } });
  assert.equal(record.id, person.id);
  assert.ok((record.attendees?.length ?? 0) > 0);
});

test("all pages are iterated, each record once", async () => {
  const { meta } = await listRoundTables({ client: reader, query: { count: "exact", limit: 1 } });
  const events: RoundTable[] = [];
  for await (const event of all(listRoundTables, { client: reader, query: { limit: 7, sort: ["-starts_on"] } })) events.push(event);
  assert.equal(events.length, meta.total);
  assert.equal(new Set(events.map((event) => event.id)).size, events.length);
  let requests = 0;
  for await (const page of pages(listRoundTables, { client: reader, query: { limit: 7, fields: ["title"] } })) requests += page.data.length > 0 ? 1 : 0;
  assert.equal(requests, Math.ceil(events.length / 7));
});

test("what the API does not know does not compile", async () => {
  // @ts-expect-error: there is no such order
  await rejection(listPeople({ client: reader, query: { sort: ["nmae"] } }));
  // @ts-expect-error: there is no such member
  await rejection(all(listPeople, { client: reader, query: { fields: ["nmae"] } }).next());
  // @ts-expect-error: a label is a language map
  await rejection(createTopic({ client: writer, body: { label: "Water" } }));
  // @ts-expect-error: a change needs the version that it is based on
  await rejection(patchTopic({ client: writer, path: { id: 1 }, body: {} }));
});

test("nothing in the types is any", async () => {
  for (const file of ["index", "client", "changes", "error", "events", "pages", "generated/sdk.gen", "generated/types.gen"]) {
    const types = await readFile(new URL(`../../dist/${file}.d.ts`, import.meta.url), "utf8");
    assert.doesNotMatch(types.replace(/\/\*.*?\*\/|'[^']*'/gs, ""), /\bany\b/, file);
  }
});

test("lists are separated by commas, and an item with a comma is quoted", async () => {
  const { client, requests } = recorded({ baseUrl: `${baseUrl}/` });
  const found = await listTopics({ client, query: { id: [1, 2] } });
  assert.deepEqual(found.data.map((topic) => topic.id).sort(), [1, 2]);
  assert.equal((await listPeople({ client, query: { external_id: ['wikidata:Q1,"x'] } })).data.length, 0);
  assert.deepEqual(requests.map((r) => r.url.slice(baseUrl.length)), ["/v1/topics?id=1,2", "/v1/people?external_id=%22wikidata%3AQ1,%22%22x%22"]);
});

test("files are text or binary", async () => {
  const csv: string = await aggregateTopicsAsCsv({ client: reader });
  assert.match(csv, /count/);
  const file: Blob = await exportTopics({ client: reader, path: { format: "csv" }, query: { fields: ["label"], bom: "0" } });
  assert.match(await file.text(), /^id,version,label_kk/);
  const zip: Blob = await exportRegistry({ client: reader });
  assert.equal(Buffer.from(await zip.slice(0, 2).arrayBuffer()).toString(), "PK");
});

test("an error is a RegistryError with its code and fields", async () => {
  const unknown = await rejection(getTopic({ client: reader, path: { id: 999999 } }));
  assert.deepEqual([unknown.status, unknown.code, unknown.errors, unknown.retryAfter], [404, "not_found", [], undefined]);
  const invalid = await rejection(createTopic({ client: writer, body: { label: { en: "" } } }));
  assert.deepEqual([invalid.status, invalid.code, invalid.errors[0]?.pointer], [422, "validation_failed", "/label/en"]);
  assert.equal((await rejection(createTopic({ client: reader, body: { label: { en: "Water" } } }))).status, 401);
  assert.ok(invalid.message.includes("/label/en"));
});

test("Retry-After and responses of proxies are understood", async () => {
  const answers = (status: number, body: string, headers: Record<string, string>) => createClient({ baseUrl, fetch: async () => new Response(body, { status, headers }) });
  const limited = answers(429, '{"status":429,"code":"rate_limited","title":"Too many requests.","instance":"1","type":"/problems/rate_limited"}', { "Content-Type": "application/problem+json", "Retry-After": "7" });
  const error = await rejection(listTopics({ client: limited }));
  assert.deepEqual([error.status, error.code, error.message, error.retryAfter], [429, "rate_limited", "Too many requests.", 7]);
  const proxy = await rejection(listTopics({ client: answers(502, "<html>Bad gateway</html>", { "Content-Type": "text/html", "Retry-After": "Thu, 01 Jan 2026 00:00:00 GMT" }) }));
  assert.deepEqual([proxy.status, proxy.code, proxy.errors, proxy.retryAfter], [502, "http_502", [], 0]);
});

test("a response is reused while its ETag is current", async () => {
  const cache = new Map<string, CachedResponse>();
  const { client, requests } = recorded({ baseUrl, key, cache });
  const first = await listTopics({ client, query: { limit: 500 } });
  const again = await listTopics({ client, query: { limit: 500 } });
  assert.deepEqual(again, first);
  const topic = await newTopic();
  const changed = await listTopics({ client, query: { limit: 500 } });
  assert.ok(changed.data.some(({ id }) => id === topic.id));
  await listTopics({ client, query: { limit: 1 } });
  assert.deepEqual(requests.map((r) => r.status), [200, 304, 200, 200]);
  assert.equal(cache.size, 2);
  await deleteTopic({ client: writer, path: { id: topic.id }, headers: { "If-Match": `"${topic.version}"` } });
});

test("the key is in the header only, and not sent where none is needed", async () => {
  const { client, requests } = recorded({ baseUrl, key: async () => key, headers: { "Accept-Language": "ru" } });
  await listTopics({ client, query: { limit: 1 } });
  await getLiveness({ client });
  assert.deepEqual(requests.map((r) => r.headers.get("Authorization")), [`Bearer ${key}`, null]);
  assert.ok(requests.every((r) => !r.url.includes(key) && r.headers.get("Accept-Language") === "ru"));
});

test("a record is created, changed, protected from stale changes and deleted", async () => {
  const topic = await newTopic();
  const changed = await patchTopic({ client: writer, path: { id: topic.id }, headers: { "If-Match": `"${topic.version}"` }, body: { label: { ru: "Вода" } } });
  assert.equal(changed.label["ru"], "Вода");
  const stale = await rejection(patchTopic({ client: writer, path: { id: topic.id }, headers: { "If-Match": `"${topic.version}"` }, body: { label: { ru: "Лёд" } } }));
  assert.equal(stale.status, 412);
  const nothing: void = await deleteTopic({ client: writer, path: { id: topic.id }, headers: { "If-Match": `"${changed.version}"` } });
  assert.equal(nothing, undefined);
  assert.equal((await rejection(getTopic({ client: reader, path: { id: topic.id } }))).status, 410);
});

test("changes are followed from a full copy on, over cut connections, without loss or repetition", async (t) => {
  const proxy = await cuttable(new URL(baseUrl));
  t.after(proxy.close);
  const client = createClient({ baseUrl: proxy.url });
  const [copy, followed, written]: [Map<string, number>, Change[], number[]] = [new Map(), [], []];
  const before = await getCheckpoint({ client: reader });
  const records = before.types.reduce((sum, type) => sum + type.count, 0);
  const end = new AbortController();
  let cuts = 0;
  const done = assert.rejects(async () => {
    for await (const { changes, cursor } of followChanges({ client, query: { limit: 100, include_data: true }, signal: end.signal, retryDelay: 1, onRetry: () => cuts++ })) {
      assert.ok(cursor);
      for (const change of changes) {
        if (copy.size >= records) followed.push(change);
        copy.set(`${change.type}/${change.id}`, change.version);
      }
      if (copy.size < records) continue;
      if (followed.length === written.length && written.length < 4) {
        if (written.length % 2 === 1) proxy.cut();
        written.push((await newTopic()).id);
      } else if (followed.length === written.length) {
        end.abort(new Error("enough"));
      }
    }
  }, /enough/);
  await done;
  assert.deepEqual(followed.map((change) => change.id), written);
  assert.deepEqual([followed[0]?.op, followed[0]?.type, followed[0]?.data?.["label"]], ["upsert", "topics", { en: `Topic ${topics - 3} of ${run}` }]);
  assert.equal(copy.size, records + 4);
  assert.ok(proxy.connections() > 2);
});

test("an error that repeating does not help ends the loop", async () => {
  assert.equal((await rejection(followChanges({ client: reader, query: { cursor: "wrong" } }).next())).errors[0]?.code, "bad_cursor");
  const { cursor } = await getCheckpoint({ client: reader, query: { type: ["topics"] } });
  const changes = followChanges({ client: createClient({ baseUrl, key: "rtr_wrong" }), query: { cursor, type: ["topics"] } });
  assert.equal((await rejection(changes.next())).status, 401);
});

test("only errors that may pass are repeated", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const answers = (status: number) => createClient({ baseUrl, fetch: async () => new Response("{}", { status, headers: { "Content-Type": "application/problem+json" } }) });
  for (const status of [400, 401, 403, 404, 405, 406, 410, 413, 414, 422]) {
    assert.equal((await rejection(followChanges({ client: answers(status), query: { cursor: "c" } }).next())).status, status);
  }
  for (const status of [408, 429, 500, 503]) {
    const end = new AbortController();
    const repeated: unknown[] = [];
    const onRetry = (error: unknown) => (repeated.push((error as RegistryError).status), end.abort(new Error("enough")));
    await assert.rejects(followChanges({ client: answers(status), signal: end.signal, onRetry }).next(), /enough/);
    assert.deepEqual(repeated, [status]);
  }
});

test("comments keep a quiet stream open, silence does not, and the time of the loop is no silence", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const server = quiet();
  const [end, retries] = [new AbortController(), [] as string[]];
  let retried: () => void = () => undefined;
  const changes = followChanges({ client: server.client, signal: end.signal, onRetry: (error) => (retries.push(String(error)), retried()) });
  assert.equal((await changes.next()).value.cursor, "c1");
  let batch = changes.next();
  for (let minutes = 0; minutes < 10; minutes++) {
    await server.send(":\n\n");
    t.mock.timers.tick(59_000);
  }
  await server.send('event: change\nid: c2\ndata: {"id":1}\n\n', false);
  assert.deepEqual([(await batch).value.cursor, retries], ["c2", []]);
  t.mock.timers.tick(600_000); // the loop works
  batch = changes.next();
  await server.send(":\n\n");
  t.mock.timers.tick(59_000);
  assert.deepEqual([retries, server.opened()], [[], 1]);
  const failed = new Promise<void>((done) => (retried = done));
  t.mock.timers.tick(1_000);
  await failed;
  assert.deepEqual(retries, ["Error: the stream is silent"]);
  end.abort(new Error("enough"));
  await assert.rejects(batch, /enough/);
});

test("a part of a stream ends the growth of the pauses", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const server = quiet();
  let retried: () => void = () => undefined;
  const end = new AbortController();
  const changes = followChanges({ client: server.client, signal: end.signal, onRetry: () => retried() });
  await changes.next();
  const batch = changes.next();
  for (let n = 1; n <= 6; n++) { // without the comments, the pause would be 32 seconds in the end
    await server.send(":\n\n");
    const failed = new Promise<void>((done) => (retried = done));
    server.fail();
    await failed;
    await new Promise(setImmediate);
    t.mock.timers.tick(1_000);
    await server.reading();
    assert.equal(server.opened(), n + 1);
  }
  end.abort(new Error("enough"));
  await assert.rejects(batch, /enough/);
});

test("the signal ends the loop, also between the copy and the stream", async () => {
  const end = new AbortController();
  const loop = async () => {
    for await (const { changes } of followChanges({ client: reader, query: { type: ["roles"] }, signal: end.signal })) {
      assert.ok(changes.length > 0);
      end.abort(new Error("enough"));
    }
  };
  await assert.rejects(loop, /enough/);
  await assert.rejects(followChanges({ client: reader, signal: end.signal }).next(), /enough/);
});

test("events are read one by one, and leaving the loop closes the connection", async () => {
  for await (const event of streamChanges({ client: reader })) {
    assert.deepEqual([event.event, event.data], ["begin", "{}"]);
    assert.ok(event.id);
    break;
  }
});

test("events that arrive in pieces are put together, and one that was cut off is dropped", async () => {
  const bytes = new TextEncoder().encode(": hello\nevent: change\r\nid: 1\r\ndata: {\"a\":\ndata: \"ә\"}\n\ndata\n\ndata: cut off\n");
  const body = () => new ReadableStream<Uint8Array>({ start: (c) => (bytes.forEach((b) => c.enqueue(Uint8Array.of(b))), c.close()) });
  const events = [];
  for await (const event of streamChanges({ client: createClient({ baseUrl, fetch: async () => new Response(body()) }) })) events.push(event);
  assert.deepEqual(events, [{ event: "change", id: "1", data: '{"a":\n"ә"}' }, { event: "message", id: "1", data: "" }]);
});

test("the dashboard draws itself, and again after a change", async (t) => {
  const program = spawn(process.execPath, [fileURLToPath(new URL("../examples/dashboard.js", import.meta.url)), baseUrl, "ru"], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => program.kill());
  const lines: string[] = [];
  let written = false;
  for await (const line of createInterface(program.stdout)) {
    lines.push(line);
    if (!line.startsWith("newest: ")) continue;
    if (written) break;
    written = true;
    await newTopic();
  }
  assert.match(lines[0] ?? "", /^\d+ events · \d+ people · \d+ statements, 2017-/);
  assert.ok(lines.some((line) => /^2020 +█+ \d+$/.test(line)), lines.join("\n"));
  assert.ok(lines.some((line) => /^upsert topics\/\d+$/.test(line)));
  assert.equal(lines.filter((line) => line === lines[0]).length, 2);
});

test("the programs shown in README and guides run", async (t) => {
  const folder = new URL("../shown/", import.meta.url);
  const printed = t.mock.method(console, "log", () => undefined);
  const programs = await readdir(folder);
  assert.ok(programs.length >= 2);
  for (const program of programs) {
    printed.mock.resetCalls();
    const text = await readFile(new URL(program, folder), "utf8");
    assert.ok(text.includes("http://localhost:8080"), program);
    const here = new URL(`here-${program}`, new URL("../test/", import.meta.url));
    await writeFile(here, text.replaceAll("http://localhost:8080", baseUrl));
    await import(here.href);
    assert.ok(printed.mock.callCount() > 0, program);
  }
});

// quiet is a registry whose list of changes is empty and whose streams send what the test says. send waits until the reader wants more.
function quiet() {
  let [stream, opened, waiting]: [ReadableStreamDefaultController<Uint8Array> | undefined, number, (() => void)[]] = [undefined, 0, []];
  let wanted = false;
  const reading = () => new Promise<void>((done) => (wanted ? done() : waiting.push(done)));
  const client = createClient({
    baseUrl,
    fetch: async (url, init) => {
      if (!String(url).includes("/stream")) return Response.json({ data: [], page: { next_cursor: null }, meta: { cursor: "c1" } });
      opened++;
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          stream = controller;
          init?.signal?.addEventListener("abort", () => stream === controller && controller.error(init.signal?.reason));
        },
        pull: () => {
          wanted = true;
          for (const done of waiting.splice(0)) done();
        },
      }, { highWaterMark: 0 });
      return new Response(body);
    },
  });
  const send = async (text: string, wait = true) => {
    await reading();
    wanted = false;
    stream?.enqueue(new TextEncoder().encode(text));
    if (wait) await reading();
  };
  return { client, send, reading, opened: () => opened, fail: () => ((wanted = false), stream?.error(new Error("cut"))) };
}

// cuttable is a proxy whose connections can be cut, in the middle of a response.
async function cuttable(to: URL) {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((from) => {
    connections++;
    const there = connect(Number(to.port), to.hostname);
    for (const [socket, other] of [[from, there], [there, from]] as const) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => (sockets.delete(socket), other.destroy()));
      socket.pipe(other);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => sockets.forEach((socket) => socket.destroy());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, cut, connections: () => connections, close: () => (cut(), server.close()) };
}
