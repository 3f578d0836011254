// Records, publishes and corrects an event at BASE_URL/docs/ in Chromium, as a Russian operator does, and fails at the first problem.
// It follows what the page says about each mistake, and prints how often it pressed Execute and clicked. API_KEY is a key that may write
// and publish. SHOTS is a directory for pictures of each step. See api/story_browser_test.go.
import { chromium } from "playwright-core";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";

const { BASE_URL, API_KEY, SHOTS } = process.env;
const executablePath = process.env.CHROMIUM || ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"].find((path) => existsSync(path));
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ viewport: { width: 1280, height: 1000 }, locale: "ru-RU" });
page.setDefaultTimeout(60000);
page.on("dialog", (dialog) => dialog.accept());

const counts = { execute: 0, clicks: 0 };
let step = 0;
async function shot(name) {
  if (SHOTS) await page.screenshot({ path: path.join(SHOTS, `story-${String(++step).padStart(2, "0")}-${name}.png`) });
}

async function click(locator) {
  counts.clicks++;
  await locator.click();
}

// open returns the block of an operation, and opens its tag and its form if they are closed.
async function open(id, tag) {
  const block = page.locator(`.opblock[id$="-${id}"]`);
  if (!await block.count()) await click(page.locator(".opblock-tag", { hasText: tag }).first());
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
  const execute = block.locator("button.execute");
  assert.equal(await execute.innerText(), "Выполнить");
  await click(execute);
  counts.execute++;
  const response = await sent;
  const row = block.locator(".live-responses-table tbody tr.response").first();
  await row.getByText(String(response.status())).first().waitFor();
  const text = await response.text();
  await row.scrollIntoViewIfNeeded();
  await shot(`${id}-${response.status()}`);
  assert.equal(response.status(), status, `${id}: ${text}`);
  return { text, body: JSON.parse(text), request: response.headers()["x-request-id"] };
}

const bundle = (changes = {}) => ({
  lang: "ru",
  round_table: { title: "Вода и города", starts_on: "2026-02-03", place: "Астана", languages: ["ru"] },
  organizers: [{ organization: "РГУ «Қоғамдық келісім»" }],
  attendees: [
    { person: "Е. Тукумов", roles: ["модератр"], affiliations: [{ title: "директор" }] },
    { person: "Ирина Черных", roles: ["Докладчик"], affiliations: [{ title: "эксперт" }] },
  ],
  statements: [{ speaker: "Ирина Черных", act: "report", texts: ["Вода нужна городам."] }],
  documents: [{ title: "Пресс-релиз", url: "https://example.org/voda", relation: "source" }],
  ...changes,
});
const text = (document) => JSON.stringify(document, null, 2);

try {
  await page.goto(`${BASE_URL}/docs/`);
  await page.locator(".opblock-tag", { hasText: "Мероприятия целиком" }).waitFor();
  await click(page.locator(".btn.authorize").first());
  const bearer = page.locator(".auth-container", { hasText: "Bearer" });
  await bearer.locator("input").fill(API_KEY);
  await click(bearer.locator("button.authorize"));
  await click(page.locator(".auth-btn-wrapper .btn-done").first());
  const whole = "Мероприятия целиком", tables = "Круглые столы";

  // An unescaped quotation mark, an unknown role and a name that fits an existing person only probably.
  const broken = text(bundle()).replace("«Қоғамдық келісім»", '"Қоғамдық келісім"');
  let shown = await execute("createBundle", whole, 400, { parameters: { dry_run: "true" }, body: broken });
  assert.match(shown.text, /неэкранированная кавычка в строке \d+/);
  const document = bundle();
  shown = await execute("createBundle", whole, 422, { body: text(document) });
  const mistakes = Object.fromEntries(shown.body.errors.map((error) => [error.pointer, error]));
  assert.match(mistakes["/attendees/0/roles/0"].message, /moderator/);
  document.attendees[0].roles = [mistakes["/attendees/0/roles/0"].allowed[0]];
  const [candidate] = mistakes["/attendees/0/person"].candidates;
  document.attendees[0].person = { id: candidate.id, name: "Е. Тукумов" };
  shown = await execute("createBundle", whole, 200, { body: text(document) });
  assert.equal(shown.body.dry_run, true);
  const created = await execute("createBundle", whole, 201, { parameters: { dry_run: "false" }, body: text(document) });
  console.log(`recorded after ${counts.execute} Executes and ${counts.clicks} clicks`);

  const id = created.body.round_table.id;
  shown = await execute("checkRoundTable", tables, 200, { parameters: { id } });
  assert.deepEqual(shown.body.findings.filter((finding) => finding.severity === "error"), []);
  const submitted = await execute("submitRoundTable", tables, 200, { parameters: { id } });
  assert.equal(submitted.body.publication, "review");
  shown = await execute("getRoundTable", tables, 200, { parameters: { id, view: "public" } });
  assert.equal(shown.body.publication, "published");
  const published = await execute("publishRoundTable", tables, 200, { parameters: { id } });
  assert.equal(published.body.publication, "published");

  // The speaker is wrong: correct it in the whole event, and take that back.
  shown = await execute("getRoundTableBundle", whole, 200, { parameters: { id } });
  const event = shown.body;
  event.statements[0].speaker = event.attendees[0].key;
  const edit = await execute("replaceRoundTableBundle", whole, 200, { parameters: { id }, body: text(event) });
  assert.deepEqual(edit.body.changed.map((part) => part.members), [["speaker"]]);
  await execute("undo", "Изменения", 200, { body: text({ request: edit.request }) });
  shown = await execute("getRoundTableBundle", whole, 200, { parameters: { id } });
  assert.equal(shown.body.statements[0].speaker, event.attendees[1].key);

  // Everything was a mistake: take back what was done since, the newest first, then what the bundle has made.
  for (const request of [published.request, submitted.request]) await execute("undo", "Изменения", 200, { body: text({ request }) });
  shown = await execute("revertBundle", whole, 200, { parameters: { id: created.body.id } });
  await execute("getRoundTable", tables, 410, { parameters: { id, view: "" } });
  console.log(`all in all ${counts.execute} Executes and ${counts.clicks} clicks`);
} finally {
  await browser.close();
}
