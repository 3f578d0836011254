// Records, publishes and corrects an event at BASE_URL/docs/ in Chromium, as an operator whose browser has the language LANGUAGE (ru or
// kk) does, and fails at the first problem. It follows what the page says about each mistake, and prints how often it pressed Execute,
// clicked and looked something up elsewhere. API_KEY is a key that may write and publish. SHOTS is a directory for pictures of each
// step, at two widths. See api/story_browser_test.go.
import { chromium } from "playwright-core";
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { events } from "./story-events.mjs";

const { BASE_URL, API_KEY, SHOTS, LANGUAGE } = process.env;
const catalogue = JSON.parse(readFileSync(new URL("../texts.json", import.meta.url)));
const t = (english) => catalogue[english][LANGUAGE];
const event = events[LANGUAGE];

const executablePath = process.env.CHROMIUM || ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"].find((path) => existsSync(path));
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const wide = { width: 1280, height: 1000 }, narrow = { width: 390, height: 844 };
const page = await browser.newPage({ viewport: wide, locale: `${LANGUAGE}-KZ` });
page.setDefaultTimeout(60000);
page.on("dialog", (dialog) => dialog.accept());

const counts = { execute: 0, clicks: 0, lookups: 0 };
const counted = () => `${counts.execute} Executes, ${counts.clicks} clicks, ${counts.lookups} look-ups elsewhere`;
let step = 0;
async function shot(name, target) {
  if (!SHOTS) return;
  step++;
  for (const size of [narrow, wide]) {
    await page.setViewportSize(size);
    await target?.scrollIntoViewIfNeeded();
    await page.screenshot({ path: path.join(SHOTS, `${LANGUAGE}-${String(step).padStart(2, "0")}-${name}-${size.width}.png`) });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= size.width, `${name} is ${width} px wide on a screen of ${size.width}`);
  }
}

async function click(locator) {
  counts.clicks++;
  await locator.click();
}

// open returns the block of an operation, and opens its tag and its form if they are closed.
async function open(id, tag) {
  const block = page.locator(`.opblock[id$="-${id}"]`);
  if (!await block.count()) await click(page.locator(".opblock-tag", { hasText: t(tag) }).first());
  await block.waitFor();
  if (!await block.locator(".opblock-body").count()) await click(block.locator(".opblock-summary-control"));
  await block.locator("button.execute").waitFor();
  return block;
}

// execute fills the form of an operation and presses Execute. It returns what the page shows: the status and the text of the response.
async function execute(id, tag, status, { parameters = {}, body } = {}) {
  const block = await open(id, tag);
  for (const [name, value] of Object.entries(parameters)) {
    const control = block.locator(`tr[data-param-name="${name}"]`).locator("input, select").first();
    const choice = await control.evaluate((element) => element.tagName) === "SELECT";
    counts.clicks++;
    await (choice ? control.selectOption(value) : control.fill(String(value)));
  }
  if (body !== undefined) {
    counts.clicks++;
    await block.locator("textarea.body-param__text").fill(body);
  }
  const method = await block.locator(".opblock-summary-method").innerText();
  const sent = page.waitForResponse((response) => new URL(response.url()).pathname.startsWith("/v1/") && response.request().method() === method);
  const button = block.locator("button.execute");
  assert.equal(await button.innerText(), t("Execute"));
  await click(button);
  counts.execute++;
  const response = await sent;
  const row = block.locator(".live-responses-table tbody tr.response").first();
  await row.getByText(String(response.status())).first().waitFor();
  const text = await response.text();
  await shot(`${id}-${response.status()}`, row);
  assert.equal(response.status(), status, `${id}: ${text}`);
  return { text, body: JSON.parse(text), request: response.headers()["x-request-id"] };
}

// inLanguage asserts that messages are in a language with Cyrillic letters.
function inLanguage(errors) {
  for (const { message } of errors) assert.match(message.replace(/`[^`]*`/g, ""), /[\u0400-\u04ff]{3}/, message);
}

const text = (document) => JSON.stringify(document, null, 2);

try {
  // 1. Authorize.
  await page.goto(`${BASE_URL}/docs/`);
  await page.locator(".opblock-tag", { hasText: t("Bundles") }).waitFor();
  await shot("page");
  await click(page.locator(".btn.authorize").first());
  const bearer = page.locator(".auth-container", { hasText: "Bearer" });
  counts.clicks++;
  await bearer.locator("input").fill(API_KEY);
  await shot("authorize");
  await click(bearer.locator("button.authorize"));
  await click(page.locator(".auth-btn-wrapper .btn-done").first());

  // 2. Look up people: who is known already.
  let shown = await execute("lookupPeople", "People", 200, { parameters: { q: event.known } });
  assert.equal(shown.body.data[0].name.en, "Yerkin Tukumov");
  const looked = counts.execute;

  // 3. and 4. Try it with an unescaped quotation mark, an unknown role and a misspelt name, and fix each by what the page says.
  const document = structuredClone(event.bundle);
  const broken = text(document).replace(`«${event.quoted}»`, `"${event.quoted}"`);
  shown = await execute("createBundle", "Bundles", 400, { parameters: { dry_run: "true" }, body: broken });
  inLanguage(shown.body.errors);
  assert.ok(shown.body.errors[0].message.includes(String(broken.split("\n").findIndex((line) => line.includes(`"${event.quoted}"`)) + 1)), shown.text);
  shown = await execute("createBundle", "Bundles", 422, { body: text(document) });
  inLanguage(shown.body.errors);
  const mistakes = Object.fromEntries(shown.body.errors.map((error) => [error.pointer, error]));
  assert.deepEqual(Object.keys(mistakes).sort(), ["/attendees/0/person", "/attendees/0/roles/0"], shown.text);
  assert.match(mistakes["/attendees/0/roles/0"].message, /moderator/);
  document.attendees[0].roles = [mistakes["/attendees/0/roles/0"].allowed[0]];
  const [candidate] = mistakes["/attendees/0/person"].candidates;
  document.attendees[0].person = { id: candidate.id, name: document.attendees[0].person };
  shown = await execute("createBundle", "Bundles", 200, { body: text(document) });
  assert.equal(shown.body.dry_run, true);
  assert.equal(document.attendees.length, 13);

  // 5. Create it: the form still has the document.
  const created = await execute("createBundle", "Bundles", 201, { parameters: { dry_run: "false" } });
  console.log(`${LANGUAGE}: recorded after ${counted()}; ${looked} of the Executes looked up people`);
  assert.ok(counts.execute - looked <= 4 && counts.clicks <= 20 && counts.lookups === 0, `recording takes ${counted()}`);

  // 6. to 8. Check, submit and publish it.
  const id = created.body.round_table.id;
  shown = await execute("checkRoundTable", "Round tables", 200, { parameters: { id } });
  assert.deepEqual(shown.body.findings.filter((finding) => finding.severity === "error"), []);
  inLanguage(shown.body.findings);
  const submitted = await execute("submitRoundTable", "Round tables", 200, { parameters: { id } });
  assert.equal(submitted.body.publication, "review");
  shown = await execute("getRoundTable", "Round tables", 200, { parameters: { id, view: "public" } });
  assert.equal(shown.body.publication, "published");
  const published = await execute("publishRoundTable", "Round tables", 200, { parameters: { id } });
  assert.equal(published.body.publication, "published");

  // 9. and 10. Find the wrong speaker, and correct it in the whole event.
  shown = await execute("listStatementsOfRoundTable", "Round tables", 200, { parameters: { id } });
  const [wrong] = shown.body.data;
  assert.equal(wrong.attendee.name_as_listed, event.bundle.attendees[1].person);
  shown = await execute("getRoundTableBundle", "Bundles", 200, { parameters: { id } });
  const whole = shown.body;
  const statement = whole.statements.find((s) => s.id === wrong.id);
  const before = statement.speaker;
  statement.speaker = whole.attendees[2].key;
  const edit = await execute("replaceRoundTableBundle", "Bundles", 200, { parameters: { id }, body: text(whole) });
  assert.deepEqual(edit.body.changed.map((part) => part.members), [["speaker"]]);

  // 11. The correction was a mistake: undo it.
  await execute("undo", "Changes", 200, { body: text({ request: edit.request }) });
  shown = await execute("getRoundTableBundle", "Bundles", 200);
  assert.equal(shown.body.statements.find((s) => s.id === wrong.id).speaker, before);

  // 12. Everything was a mistake: take back what was done since, the newest first, then what the bundle has made.
  for (const request of [published.request, submitted.request]) await execute("undo", "Changes", 200, { body: text({ request }) });
  shown = await execute("revertBundle", "Bundles", 200, { parameters: { id: created.body.id } });
  assert.ok(shown.body.removed.length > 13, shown.text);
  await execute("getRoundTable", "Round tables", 410, { parameters: { id, view: "" } });
  console.log(`${LANGUAGE}: all in all ${counted()}`);
} finally {
  await browser.close();
}
