// Shows operators their drafts and what is missing in them. The key stays in the storage of this tab and is sent in the header
// Authorization only. Everything is read from the API; what it returns becomes text, never HTML.
const { Texts: texts, Dates: dates, Operations: operations } = JSON.parse(document.getElementById("operator-data").textContent);
const [form, field, who, out, work] = ["sign-in", "key", "who", "out", "work"].map((id) => document.getElementById(id));
const { api, page } = work.dataset;
const language = document.documentElement.lang;
const KEY = "registry-key";

// element makes an element; attributes that are undefined are left out.
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, value);
  made.append(...children.flat().filter((child) => child !== undefined && child !== ""));
  return made;
}

// Failure is an error whose message is for the operator, in the language of the page. A Refusal ends the session.
class Failure extends Error {}
class Refusal extends Failure {}

async function get(path) {
  const key = sessionStorage.getItem(KEY);
  if (!/^[!-~]+$/.test(key)) throw new Refusal(texts.op_refused); // a header cannot hold it, such as letters of another keyboard
  const headers = { authorization: `Bearer ${key}`, accept: "application/json", "accept-language": language };
  const answer = await fetch(api + path, { headers, cache: "no-store", credentials: "omit" })
    .catch((cause) => { throw new Failure(texts.op_failed, { cause }); }); // the browser's message is in its own language
  const body = await answer.json().catch(() => undefined); // a proxy may answer with something else
  if (answer.status === 401) throw new Refusal(texts.op_refused);
  if (!answer.ok || !body) throw new Failure(body?.detail || body?.title || texts.op_failed);
  return body;
}

const inLanguage = (text) => text?.[language] ?? text?.ru ?? text?.en ?? Object.values(text ?? {})[0] ?? "";
// Dates are as precise as they are known, and written as on the other pages.
const day = (event) => {
  const length = { day: 10, month: 7, year: 4 }[event.date_precision];
  if (!event.starts_on || !length) return texts.undated;
  const [year, month = "", number] = event.starts_on.slice(0, length).split("-");
  return dates[number ? `${month}-` : month].replace("{year}", year).replace("{day}", Number(number));
};
const mark = (event) => element("span", { class: "draft" }, texts[`publication_${event.publication}`] ?? event.publication);

// inSwagger returns the address of an operation in Swagger UI, with the id of its path filled in.
function inSwagger(method, path) {
  const id = /\/(\d+)(?=\/|$)/.exec(path)?.[1];
  const found = operations.find((o) => o.method === method && o.path.replace(/\{[^}]+\}/, id ?? "") === path);
  if (!found) return `${api}/docs/?lang=${language}`;
  return `${api}/docs/?lang=${language}${id ? `&id=${id}` : ""}#/${encodeURIComponent(found.tag)}/${found.id}`;
}

// fixLink returns the link to what mends a finding: an operation, or another event to look at.
function fixLink({ method, path }) {
  const other = method === "GET" && /^\/v1\/round-tables\/(\d+)$/.exec(path)?.[1];
  if (other) return element("a", { href: `?round_table=${other}` }, texts.op_other_event);
  return element("a", { href: inSwagger(method, path) }, `${texts.op_open}: ${method} ${path}`);
}

async function drafts() {
  const [unpublished, quality] = await Promise.all([
    get("/v1/round-tables?publication=draft,review,withdrawn&sort=-updated_at&limit=100&count=exact"), get("/v1/quality?limit=1"),
  ]);
  const list = unpublished.data.map((event) => element("li", {},
    element("p", { class: "when" }, day(event)),
    element("div", {}, element("h3", {}, element("a", { href: `?round_table=${event.id}` }, inLanguage(event.title))),
      element("p", { class: "quiet" }, mark(event), ` ${texts[`format_${event.format}`] ?? event.format}`))));
  const counts = Object.entries(quality.counts ?? {}).sort((a, b) => b[1] - a[1]);
  return [
    element("section", {}, element("h2", {}, `${texts.op_drafts} `, element("span", { class: "quiet" }, String(unpublished.meta.total))),
      list.length ? element("ul", { class: "events" }, list) : element("p", { class: "quiet" }, texts.op_no_drafts),
      unpublished.page.next_cursor ? element("p", { class: "quiet" }, texts.op_more) : ""),
    element("section", {}, element("h2", {}, texts.op_findings),
      counts.length
        ? element("table", {}, element("tbody", {}, counts.map(([code, n]) => element("tr", {},
          element("th", { scope: "row" }, texts[`finding_${code}`] ?? code), element("td", { class: "number" }, n.toLocaleString(language))))))
        : element("p", { class: "quiet" }, texts.op_no_findings)),
  ];
}

async function oneEvent(id) {
  const [event, check, attendees, statements] = await Promise.all([
    get(`/v1/round-tables/${id}`), get(`/v1/round-tables/${id}/check`),
    get(`/v1/attendees?round_table=${id}&sort=position&limit=500`), get(`/v1/statements?round_table=${id}&sort=sequence&limit=500`),
  ]);
  const findings = check.findings.map((finding) => element("li", {},
    element("p", {}, element("strong", {}, finding.severity === "error" ? texts.op_error : texts.op_warning), ` ${finding.message} `,
      finding.fix ? fixLink(finding.fix) : "")));
  const actions = ["PATCH", "submit", "publish", "return", "withdraw"].map((action) => (action === "PATCH"
    ? ["PATCH", `/v1/round-tables/${id}`] : ["POST", `/v1/round-tables/${id}/${action}`]))
    .map(([method, path]) => element("li", {}, element("a", { href: inSwagger(method, path) }, `${method} ${path}`)));
  const section = (title, content) => (content.childElementCount || content.localName === "p"
    ? element("section", { class: "side" }, element("h2", {}, title), content) : "");
  const hidden = event.publication !== "published";
  return [element("p", {}, element("a", { href: location.pathname }, texts.op_back)), element("article", { class: hidden ? "is-draft" : undefined },
    element("header", { class: "record" },
      element("p", { class: "eyebrow" }, mark(event), ` ${texts[`format_${event.format}`] ?? event.format}${hidden ? ` · ${texts.op_draft_mark}` : ""}`),
      element("h2", { class: "title" }, inLanguage(event.title)),
      element("p", { class: "lead" }, [day(event), inLanguage(event.place?.name), inLanguage(event.venue)].filter(Boolean).join(" · ")),
      event.purpose ? element("p", { class: "purpose" }, inLanguage(event.purpose)) : "",
      hidden ? "" : element("p", {}, element("a", { href: `${page}round-tables/${id}` }, texts.op_public_page))),
    section(texts.op_check, findings.length ? element("ul", { class: "findings" }, findings) : element("p", { class: "quiet" }, texts.op_no_findings)),
    section(texts.op_open, element("ul", { class: "plain" }, actions)),
    section(texts.organizers_of, element("ul", { class: "plain" }, (event.organizers ?? []).map((o) => element("li", {}, inLanguage(o.name))))),
    section(texts.attendees, element("ul", { class: "plain" }, attendees.data.map((a) => element("li", {},
      inLanguage(a.label) || a.name_as_listed || texts.name_not_shown,
      element("span", { class: "quiet" }, (a.affiliations ?? []).map((f) => [inLanguage(f.title), inLanguage(f.organization?.name) || f.organization_as_listed]
        .filter(Boolean).join(", ")).join("; ")))))),
    section(texts.statements, element("ol", { class: "statements" }, statements.data.map((s) => {
      const said = s.texts.find((text) => text.lang === language) ?? s.texts.find((text) => text.original) ?? s.texts[0];
      return element("li", {}, element("p", { class: "speaker" }, inLanguage(s.speaker?.name) || s.attendee?.name_as_listed || s.attribution || ""),
        element("p", { class: "tags" }, element("span", { class: "tag" }, texts[`act_${s.act}`] ?? s.act)),
        element("div", { class: "said", lang: said?.lang, dir: "auto" }, said?.text ?? ""));
    }))))];
}

let turn = 0; // grows when something else is to be shown: what an earlier turn waits for is dropped

function clear() {
  turn++;
  work.replaceChildren();
  who.textContent = field.value = "";
}

async function show() {
  clear();
  const mine = turn;
  const key = sessionStorage.getItem(KEY);
  form.hidden = Boolean(key);
  out.hidden = !key;
  if (!key) return;
  who.textContent = texts.op_loading;
  try {
    const me = await get("/v1/me");
    if (mine !== turn) return;
    if (!me.scopes?.includes("read")) throw new Refusal(texts.op_no_scope);
    who.textContent = `${texts.op_signed_in}: ${me.key?.name ?? ""}`;
    const id = new URLSearchParams(location.search).get("round_table");
    const content = await (/^[1-9]\d{0,17}$/.test(id ?? "") ? oneEvent(id) : drafts());
    if (mine === turn) work.replaceChildren(...content);
  } catch (error) {
    if (mine !== turn) return;
    if (error instanceof Refusal) sessionStorage.removeItem(KEY);
    form.hidden = Boolean(sessionStorage.getItem(KEY));
    out.hidden = !form.hidden;
    who.textContent = error instanceof Failure ? error.message : texts.op_failed;
    if (!(error instanceof Failure)) throw error; // a mistake of this script: the console has it
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, field.value.trim());
  show();
});
out.addEventListener("click", () => {
  sessionStorage.removeItem(KEY);
  show();
});
// The browser may keep the page for its back button: without drafts, which another sign-in may not see.
addEventListener("pagehide", clear);
addEventListener("pageshow", (event) => { if (event.persisted) show(); });
show();
