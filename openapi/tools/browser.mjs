// Uses Swagger UI at BASE_URL/docs/ in Chromium as an operator does, and fails at the first problem. API_KEY is a key that
// may write. TASKS is what to do (see api/browser_test.go). SHOTS is a directory for pictures of each step.
import { chromium } from "playwright-core";
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const { BASE_URL, API_KEY, SHOTS } = process.env;
// The shell without a window draws a page five times as fast as the whole browser.
const CHROMIUM = process.env.CHROMIUM || ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"].find((path) => existsSync(path));
const tasks = JSON.parse(process.env.TASKS);

const profile = mkdtempSync(path.join(tmpdir(), "registry-browser-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: CHROMIUM,
  viewport: { width: 1280, height: 1000 },
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

const complaints = []; // errors in the console, and requests to other sites
const page = context.pages()[0] ?? await context.newPage();
let expectedStatuses = new Set();
page.setDefaultTimeout(60000);
page.on("console", (message) => {
  const asked = /status of (\d+)/.exec(message.text()); // Chromium reports every status over 399
  if (message.type() === "error" && !(asked && expectedStatuses.has(asked[1]))) complaints.push(`console: ${message.text()}`);
});
page.on("pageerror", (error) => complaints.push(`script: ${error.message}`));
page.on("request", (request) => {
  const url = request.url();
  if (!url.startsWith(BASE_URL) && !url.startsWith("data:")) complaints.push(`request to ${url}`);
});
await page.addInitScript(() => {
  globalThis.violations = [];
  addEventListener("securitypolicyviolation", (event) => globalThis.violations.push(`${event.violatedDirective}: ${event.blockedURI}`));
});

let step = 0;
async function shot(name) {
  if (!SHOTS) return;
  step++;
  await page.screenshot({ path: path.join(SHOTS, `${String(step).padStart(2, "0")}-${name}.png`) });
}

async function open() {
  await page.goto(`${BASE_URL}/docs/`);
  await page.locator(".opblock-tag").first().waitFor();
}

async function authorize() {
  await page.getByRole("button", { name: "Authorize" }).first().click();
  const bearer = page.locator(".auth-container", { hasText: "Bearer" });
  await bearer.locator("input").fill(API_KEY);
  await shot("authorize");
  await bearer.getByRole("button", { name: "Apply credentials" }).click();
  await page.locator(".auth-container", { hasText: "Bearer" }).getByText("Authorized").first().waitFor();
  await page.locator(".auth-btn-wrapper .btn-done").first().click();
}

// operation opens an operation, and its tag before, and returns its block.
async function operation(id) {
  const block = page.locator(`.opblock[id$="-${id}"]`);
  for (let attempt = 0; !await block.count(); attempt++) { // a click while the page is busy can be lost
    await page.locator(`[id="operations-tag-${await tagOf(id)}"]`).click();
    await block.waitFor({ timeout: 10000 }).catch((error) => { if (attempt === 2) throw error; });
  }
  if (!await block.locator(".opblock-body").count()) await block.locator(".opblock-summary-control").click();
  await block.locator("button.execute").waitFor();
  return block;
}

// tagOf returns the tag of an operation as the page writes it into ids.
async function tagOf(id) {
  const { paths } = await (await page.request.get(`${BASE_URL}/openapi.json`)).json();
  const found = Object.values(paths).flatMap((item) => Object.values(item)).find((operation) => operation.operationId === id);
  return found.tags[0].replace(/\s/g, "_");
}

// run executes an operation on the page and checks what the page shows of the response.
async function run(task, known) {
  if (task.reload) await open();
  const block = await operation(task.operation);
  for (const [name, value] of Object.entries(task.parameters ?? {})) {
    const row = block.locator(`tr[data-param-name="${name}"]`);
    const control = row.locator("input, textarea, select").first();
    const choice = await control.evaluate((element) => element.tagName) === "SELECT";
    await (choice ? control.selectOption(value) : control.fill(fill(String(value), known)));
  }
  if (task.example) await block.locator(".examples-select select").first().selectOption(task.example);
  if (task.body) await block.locator("textarea.body-param__text").fill(fill(JSON.stringify(task.body, null, 2), known));
  expectedStatuses = new Set([String(task.status)]);
  const asks = /^(delete|erase|merge|revoke|revert|rotate|undo|withdraw)/.test(task.operation) && task.parameters?.dry_run !== "true";
  let asked = false;
  if (asks) page.once("dialog", (dialog) => { asked = true; return dialog.accept(); });
  const answered = page.waitForResponse((response) => new URL(response.url()).pathname.startsWith("/v1/") && response.request().method() === task.method);
  await block.locator("button.execute").click();
  const response = await answered;
  const row = block.locator(".live-responses-table tbody tr.response").first();
  await row.waitFor();
  const shown = (await row.locator(".response-col_status").innerText()).split(/\s/)[0];
  assert.equal(asked, asks, `${task.operation}: ${asks ? "does not ask before it takes something away" : "asks"}`);
  const curl = await block.locator(".curl, .curl-command").first().innerText();
  assert.ok(!curl.includes(API_KEY), `${task.operation}: the command shows the key: ${curl}`);
  const text = response.status() === 204 ? "" : await row.locator(".response-col_description code, .response-col_description pre").first().innerText();
  await row.scrollIntoViewIfNeeded();
  await shot(`${task.operation}-${task.status}`);
  assert.equal(shown, String(task.status), `${task.operation}: the page shows ${shown}: ${text}`);
  for (const words of task.shows ?? []) assert.ok(text.includes(fill(words, known)), `${task.operation}: the page does not show ${fill(words, known)}: ${text}`);
  if (task.remember) {
    const body = await response.json();
    known[task.remember] = body.id ?? body.data[0].id;
  }
  await block.locator(".opblock-summary-control").click();
}

// fill replaces "{person}" in a text by what was remembered under that name.
function fill(text, known) {
  return text.replace(/"?\{(\w+)\}"?/g, (all, name) => (name in known ? String(known[name]) : all));
}

try {
  await open();
  await shot("start");
  await authorize();
  const known = {};
  for (const task of tasks) await run(task, known);
  // The page keeps the key when it is loaded again, and a link to an operation opens it.
  await page.goto(`${BASE_URL}/docs/#/Service/getMe`);
  await page.reload();
  await page.locator(".opblock[id$='-getMe'] button.execute").waitFor();
  await run({ operation: "getMe", method: "GET", status: 200, shows: ["\"write\""] }, known);
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    const block = await operation("patchRoundTable");
    await block.scrollIntoViewIfNeeded();
    await shot(`form-${width}`);
    const wide = await page.evaluate(() => [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
      .filter((e) => !e.closest("pre, .model-box, .highlight-code, table.model")).map((e) => e.className).slice(0, 5));
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `the form is wider than ${width} pixels: ${wide}`);
    const rows = await block.locator(".opblock-body tr[data-param-name], .opblock-body textarea.body-param__text").evaluateAll((all) => all
      .map((e) => [e.getAttribute("data-param-name") ?? "body", e.getBoundingClientRect().top]).sort((a, b) => a[1] - b[1]).map((e) => e[0]));
    assert.equal(await block.locator("tr[data-param-name=lang] input").inputValue(), "", "nobody chose a language");
    assert.deepEqual(rows, ["dry_run", "id", "If-Match", "body", "lang", "reason", "X-Change-Reason"], "the order of the form");
    await block.locator("textarea.body-param__text").scrollIntoViewIfNeeded();
    await page.mouse.wheel(0, 300);
    await shot(`form-scrolled-${width}`);
    await block.locator(".opblock-summary-control").click();
  }
  const violations = await page.evaluate(() => globalThis.violations);
  await page.locator(".registry-nav").getByText("Guides").click();
  await page.getByRole("main").getByText("Reading data").click();
  await page.getByRole("heading", { name: "List and filter" }).waitFor();
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    await shot(`guide-${width}`);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `the guide is wider than ${width} pixels`);
  }
  violations.push(...await page.evaluate(() => globalThis.violations));
  await page.goto(`${BASE_URL}/en/about`);
  await page.getByRole("heading", { name: "Data and formats" }).waitFor();
  violations.push(...await page.evaluate(() => globalThis.violations));
  assert.deepEqual([...complaints, ...violations], []);
  console.log(`${tasks.length + 1} operations, ${step} pictures, nothing to complain about`);
} catch (error) {
  console.error(error.message, complaints);
  process.exitCode = 1;
  await page.screenshot({ path: path.join(SHOTS || tmpdir(), "failure.png") }).catch((failure) => console.error(failure.message));
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}
