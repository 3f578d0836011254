// Looks at the pages of the registry at BASE_URL in Chromium as a visitor does, and fails at the first list of problems. PATHS is a
// JSON list of paths below the language, KEY the key of an operator, and DRAFT the id of a draft (see api/pagesbrowser_test.go). SHOTS is
// a directory for pictures of each page; PICTURE is the file of the picture in the README.
import { chromium } from "playwright-core";
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const { BASE_URL, SHOTS, PICTURE, KEY, DRAFT } = process.env;
const CHROMIUM = process.env.CHROMIUM || ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"].find((file) => existsSync(file));
const paths = JSON.parse(process.env.PATHS);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WIDTHS = [360, 768, 1280, 2560];
const LARGEST = 150 * 1024; // bytes of the first view, as they are sent
const LONGEST_SHIFT = 0.05;

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
const problems = [];

// open returns a page that reports what a visitor must never see.
async function open(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && problems.push(`${page.url()}: console: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`${page.url()}: script: ${error.message}`));
  page.on("request", (request) => request.url().startsWith(BASE_URL) || problems.push(`${page.url()}: request to ${request.url()}`));
  await page.addInitScript(() => {
    globalThis.shift = 0;
    addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) globalThis.shift += entry.value; })
      .observe({ type: "layout-shift", buffered: true });
  });
  return page;
}

async function look(page, target, width) {
  await page.setViewportSize({ width, height: 900 });
  await page.goto(`${BASE_URL}${target}`);
  const { over, shift, small } = await page.evaluate(() => ({
    over: document.documentElement.scrollWidth - innerWidth,
    shift: globalThis.shift,
    small: [...document.querySelectorAll("button, input")].filter((e) => e.getClientRects().length && e.getBoundingClientRect().height < 24).length,
  }));
  if (over > 0) problems.push(`${target}: ${over} pixels wider than ${width}`);
  if (shift > LONGEST_SHIFT) problems.push(`${target}: the layout shifts by ${shift} at ${width}`);
  if (small > 0) problems.push(`${target}: ${small} controls are too small at ${width}`);
}

async function check(page, target) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));
  for (const v of violations.filter((v) => ["serious", "critical"].includes(v.impact))) {
    problems.push(`${target}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")} (${v.nodes.length})`);
  }
}

// found returns how many records a page has.
async function found(page) {
  const text = await page.locator(".found").innerText();
  assert.match(text, /^[\d,]*\d\s/);
  return parseInt(text.replaceAll(",", ""));
}

// failing does what makes requests fail. Chromium reports these in the console.
async function failing(page, address, action) {
  const before = problems.length;
  await page.route(address, (route) => route.abort());
  await action();
  await page.unroute(address);
  problems.splice(before);
}

try {
  for (const colorScheme of ["light", "dark"]) {
    const page = await open({ colorScheme });
    for (const target of paths.map((p) => `/en/${p}`).concat(["/ru/", "/kk/", "/kk/round-tables/13"])) {
      for (const width of colorScheme === "light" ? WIDTHS : SHOTS ? [360, 1280, 2560] : [1280]) {
        await look(page, target, width);
        if (SHOTS && width !== 768) {
          const name = `${target.replace(/[^a-z0-9]+/gi, "-")}-${width}-${colorScheme}.png`;
          await page.screenshot({ path: path.join(SHOTS, name), fullPage: true });
        }
      }
      await page.locator("details").evaluateAll((all) => all.forEach((d) => { d.open = true; }));
      await check(page, target);
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) problems.push(`${target}: too wide with all details open`);
    }
    await page.context().close();
  }

  // The first view, over the wire.
  const page = await open({});
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  let bytes = 0;
  session.on("Network.loadingFinished", (event) => { bytes += event.encodedDataLength; });
  await page.goto(`${BASE_URL}/en/`, { waitUntil: "networkidle" });
  const firstView = bytes;
  if (firstView > LARGEST) problems.push(`the first view has ${firstView} bytes`);

  // A visitor finds a person in any spelling, and filters survive a change of language and the back button.
  await page.getByRole("searchbox").first().fill("Садуакасова");
  await page.getByRole("button", { name: "Find" }).first().click();
  await page.getByRole("main").getByRole("link", { name: "Aigul Sadvokasova" }).first().click();
  await page.getByRole("heading", { name: "Positions" }).waitFor();
  await page.goto(`${BASE_URL}/en/round-tables`);
  await page.getByRole("link", { name: /^2021 / }).click();
  assert.match(page.url(), /starts_from=2021-01-01&starts_to=2022-01-01/);
  const all = await found(page);
  await page.getByRole("link", { name: "Русский" }).click();
  assert.match(page.url(), /\/ru\/round-tables\?starts_from=2021-01-01/);
  assert.equal(await found(page), all);
  await page.goBack();
  assert.equal(await found(page), all);

  // A click on a chart narrows the whole page. The filter goes away by a click, and survives the back button and the language.
  await page.goto(`${BASE_URL}/en/round-tables`);
  const everything = await found(page);
  await page.goto(`${BASE_URL}/en/`);
  const bar = page.getByRole("link", { name: /^Narrow the page: Moderator/ });
  const counted = parseInt(await page.locator(".bars li", { has: bar }).locator(".bar-count").innerText());
  await bar.click();
  assert.match(page.url(), /\/en\/\?role=moderator$/);
  const narrowed = await found(page);
  assert.equal(narrowed, counted);
  assert.ok(narrowed < everything, "the page is not narrowed");
  const cell = page.locator(".heat td a").first();
  const inCell = parseInt(await cell.innerText());
  await cell.click();
  assert.match(page.url(), /role=moderator/);
  assert.match(page.url(), /topic=\d+/);
  assert.equal(await found(page), inCell);
  await page.goBack();
  assert.equal(await found(page), narrowed);
  await page.getByRole("link", { name: "Қазақша" }).click();
  assert.match(page.url(), /\/kk\/\?role=moderator$/);
  assert.equal(await found(page), narrowed);
  await page.locator(".applied a").first().click();
  assert.match(page.url(), /\/kk\/$/);

  // A chart is a picture to take away.
  await page.goto(`${BASE_URL}/en/`);
  const network = page.locator("section.chart", { hasText: "Who took part together" });
  await failing(page, "**/network.svg", async () => {
    await network.locator("a.png").click();
    await network.getByText("The picture could not be made").waitFor();
  });
  const [png] = await Promise.all([page.waitForEvent("download"), network.locator("a.png").click()]);
  assert.equal(await network.locator(".failed").innerText(), "");
  assert.equal(png.suggestedFilename(), "network.png");
  assert.ok(readFileSync(await png.path()).length > 10_000, "the picture is empty");

  // Without JavaScript, the pages have the same facts.
  const plain = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  for (const target of ["/en/", "/ru/round-tables/13", "/en/people/17", "/kk/calendar?month=2020-02"]) {
    const facts = async (from) => { await from.goto(`${BASE_URL}${target}`); return (await from.locator("main").innerText()).replaceAll("PNG", "").replace(/\s+/g, " "); };
    assert.equal(await facts(plain), await facts(page), target);
  }
  await plain.context().close();

  // An operator signs in. The key is in no address and ends with the tab.
  const operator = await open({});
  operator.on("request", (request) => request.url().includes(KEY) && problems.push(`the key is in ${request.url()}`));
  await operator.addInitScript(() => {
    globalThis.read = 0; // responses
    const { json } = Response.prototype;
    Response.prototype.json = async function () { const body = await json.call(this); globalThis.read++; return body; };
  });
  await operator.goto(`${BASE_URL}/en/operator`);
  await operator.getByLabel("Key").fill("ключ");
  await operator.getByRole("button", { name: "Sign in" }).click();
  await operator.getByText("The key is not valid").waitFor();
  await operator.getByLabel("Key").fill("rtr_wrong");
  const refused = problems.length;
  await operator.getByRole("button", { name: "Sign in" }).click();
  await operator.getByText("The key is not valid").waitFor();
  problems.splice(refused); // Chromium reports the status 401
  await operator.getByLabel("Key").fill(KEY);
  await operator.getByRole("button", { name: "Sign in" }).click();
  await operator.locator("#work tbody th").first().waitFor();
  for (const finding of await operator.locator("#work tbody th").allInnerTexts()) assert.match(finding, /^[A-Z][a-z]+( |$)/, "a code instead of words");
  await operator.locator(`#work a[href="?round_table=${DRAFT}"]`).click();
  await operator.locator(".is-draft .draft").waitFor();
  const fixes = await operator.locator(".findings a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  assert.ok(fixes.some((href) => /^\?round_table=\d+$/.test(href)), "no similar event");
  assert.ok(fixes.some((href) => href.includes("#/")), "no operation");
  for (const href of fixes) assert.match(href, /^\?round_table=\d+$|#\/.+\/\w+$/);
  await check(operator, "the draft");
  if (SHOTS) await operator.screenshot({ path: path.join(SHOTS, "draft.png"), fullPage: true });
  assert.match(await operator.locator(".is-draft").innerText(), /<script>alert\(1\)<\/script>/);
  const swagger = await operator.locator(".is-draft a[href*='patchRoundTable']").first().getAttribute("href");
  await operator.goto(`${BASE_URL}/en/round-tables/13`);
  await operator.getByRole("link", { name: "Check this event" }).click();
  await operator.getByRole("heading", { name: "Check list" }).waitFor();
  assert.deepEqual(await operator.evaluate(() => [localStorage.length, document.cookie]), [0, ""]);
  await failing(operator, "**/v1/me", async () => {
    await operator.reload();
    await operator.getByText("The service did not answer").waitFor();
  });
  await operator.getByRole("button", { name: "Sign out" }).click();
  assert.equal(await operator.evaluate(() => sessionStorage.length), 0);
  assert.equal(await operator.locator("#work").innerText(), "");

  // After the sign-out, neither the back button nor a late response shows a draft.
  const signIn = async () => {
    await operator.goto(`${BASE_URL}/en/operator`);
    await operator.getByLabel("Key").fill(KEY);
    await operator.getByRole("button", { name: "Sign in" }).click();
    await operator.locator(`#work a[href="?round_table=${DRAFT}"]`).click();
    await operator.locator(".is-draft").waitFor();
  };
  const nothing = async () => {
    await operator.getByLabel("Key").waitFor();
    assert.equal(await operator.locator("#work").innerText(), "");
  };
  await signIn();
  await operator.getByRole("button", { name: "Sign out" }).click();
  await operator.goBack();
  await nothing();
  await operator.goForward();
  await nothing();
  await signIn();
  let answer;
  const wait = new Promise((done) => { answer = done; });
  await operator.route("**/check", async (route) => { await wait; await route.continue(); });
  await operator.reload();
  await operator.waitForFunction(() => globalThis.read === 4); // all but the check list
  await operator.getByRole("button", { name: "Sign out" }).click();
  answer();
  await operator.waitForFunction(() => globalThis.read === 5);
  await nothing();
  await operator.unroute("**/check");
  // Playwright turns the cache of the back button off: the events are those of a page that it keeps and shows again.
  await signIn();
  await operator.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
  assert.equal(await operator.locator("#work").innerText(), "", "a kept page holds a draft");
  await operator.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  await operator.locator(".is-draft").waitFor();
  await operator.evaluate(() => {
    dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
    sessionStorage.clear();
    dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  });
  await nothing();
  await operator.goto(new URL(swagger, BASE_URL).href);
  await operator.locator(`tr[data-param-name=id] input[value="${DRAFT}"]`).waitFor();
  await operator.context().close();

  // The keyboard reaches the content, and focus is visible.
  await page.goto(`${BASE_URL}/en/`);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Tab");
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none");
  assert.deepEqual(problems, []);
  if (PICTURE) {
    const camera = await open({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
    await camera.goto(`${BASE_URL}/en/`);
    await camera.screenshot({ path: PICTURE });
    await camera.context().close();
  }
  console.log(`${paths.length} pages, ${firstView} bytes for the first view, nothing to complain about`);
} catch (error) {
  console.error(error.message, problems);
  process.exitCode = 1;
} finally {
  await browser.close();
}
