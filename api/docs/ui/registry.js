// Starts Swagger UI on the published document. What only helps operators on this page is added here and stands in no
// document.
(async () => {
  // The words of this page in its language; in English there are none.
  const words = JSON.parse(document.getElementById("swagger-ui").dataset.words);
  const t = (english) => words[english] ?? english;
  const answer = await fetch(`../openapi-3.0.json?lang=${document.documentElement.lang}`, { cache: "no-cache" });
  const spec = await answer.json();
  const methods = ["get", "post", "patch", "put", "delete"];
  const parameters = spec.components.parameters;

  // If-Match is filled in for the operator, with the version this page has seen last.
  parameters.IfMatch.example = "auto";
  parameters.IfMatch.description += " " + t("On this page `auto` stands for the version that was shown here last, or else the current one.");

  // The form would send the example of a language with every request.
  delete spec.components.schemas.LanguageTag.example;

  // A link from elsewhere names the record: ?id=13#/Round%20tables/patchRoundTable opens the operation with the id filled in.
  const wanted = new URLSearchParams(location.search).get("id");
  const operationId = location.hash.split("/")[2];
  if (/^[1-9]\d{0,17}$/.test(wanted ?? "")) {
    for (const operation of Object.values(spec.paths).flatMap((item) => Object.values(item))) {
      if (operation.operationId !== operationId) continue;
      operation.parameters = operation.parameters.map((parameter) => {
        const shown = parameter.$ref ? parameters[parameter.$ref.split("/").pop()] : parameter;
        return shown.in === "path" && shown.name === "id" ? { ...shown, example: Number(wanted) } : parameter;
      });
    }
  }

  // One way to paste a key is enough here.
  const schemes = spec.components.securitySchemes;
  delete schemes.Basic;
  schemes.Bearer.description += " " + t("This browser keeps it until you press *Logout*.");
  for (const part of [spec, ...Object.values(spec.paths).flatMap((item) => Object.values(item))]) {
    if (part.security) part.security = part.security.filter((requirement) => !requirement.Basic);
  }

  // A file is chosen, and the format that comes first in the list is the one that most have.
  for (const item of Object.values(spec.paths)) {
    const content = item.post?.requestBody?.content;
    if (content?.["text/csv"]) item.post.requestBody.content = { "text/csv": content["text/csv"], ...content };
  }

  const versions = new Map(); // path of a record -> ETag
  const pathOf = (url) => new URL(url, location.href).pathname;
  // The version of a record is that of its path, also for its actions: /v1/round-tables/13/publish is about /v1/round-tables/13.
  const recordOf = (url) => /^.*\/\d+(?=\/[^\d/][^/]*$)/.exec(pathOf(url))?.[0] ?? pathOf(url);
  const headerOf = (request, name) => Object.keys(request.headers).find((key) => key.toLowerCase() === name);

  async function requestInterceptor(request) {
    const why = headerOf(request, "x-change-reason");
    if (why && /[^\x20-\x7e]|%/.test(request.headers[why])) { // a header holds Latin letters only
      request.headers[why] = `UTF-8''${encodeURIComponent(request.headers[why])}`;
    }
    const header = headerOf(request, "if-match");
    if (header && request.headers[header] === "auto") {
      const record = request.method === "POST" ? recordOf(request.url) : pathOf(request.url);
      let version = versions.get(record);
      if (!version) {
        const headers = { accept: "application/json" };
        const authorization = headerOf(request, "authorization");
        if (authorization) headers.authorization = request.headers[authorization];
        version = (await fetch(record, { headers })).headers.get("etag");
      }
      if (version) request.headers[header] = version;
      else request.headers[header] = "*"; // there is no such record: let the service say so
    }
    // Any action may change its record: it then has another version, which the response may not show.
    if (request.method === "POST" && recordOf(request.url) !== pathOf(request.url)) versions.delete(recordOf(request.url));
    return request;
  }

  function responseInterceptor(response) {
    const version = response.headers?.etag;
    const url = response.headers?.location || response.url;
    if (version && response.headers["x-dry-run"] !== "true" && url) {
      versions.set(methodOf.get(url) === "POST" ? recordOf(url) : pathOf(url), version);
    }
    return response;
  }

  // The interceptor of responses does not see the method.
  const methodOf = new Map();
  const intercept = async (request) => {
    const sent = await requestInterceptor(request);
    methodOf.set(new URL(sent.url, location.href).href, sent.method);
    return sent;
  };

  // Operations that take something away ask first, unless they only try. Asked before Swagger UI sees the click: an error thrown
  // in its interceptor breaks the panel of answers.
  const asksFirst = /-(delete|erase|merge|revoke|revert|rotate|undo|withdraw)[A-Z]?[A-Za-z]*$/;
  addEventListener("click", (event) => {
    const operation = event.target.closest?.("button.execute")?.closest(".opblock");
    if (!operation || !asksFirst.test(operation.id)) return;
    if (operation.querySelector("tr[data-param-name=dry_run] select")?.value === "true") return;
    const what = operation.querySelector(".opblock-summary-description")?.textContent ?? t("Delete");
    const ids = [...operation.querySelectorAll("tr[data-param-in=path] input")].map((input) => input.value);
    const body = operation.querySelector("textarea.body-param__text")?.value ?? "";
    const into = /-merge/.test(operation.id) ? /"into":\s*(\d+)/.exec(body)?.[1] : undefined;
    if (!confirm(`${what}: ${[ids.join(", "), into && `→ ${into}`].filter(Boolean).join(" ") || body}?`)) event.stopImmediatePropagation();
  }, true);

  // A form shows dry_run first, then what the operation needs, its body, and last what is optional on every write.
  const optionalQuery = new Set(["lang", "reason"]);
  function Form(Original, { React }) {
    const h = React.createElement;
    return (props) => {
      const writes = props.parameters.some((p) => p.get("name") === "dry_run");
      const place = (p) => {
        if (p.get("name") === "dry_run") return "first";
        if (p.get("in") === "header") return p.get("required") ? "main" : "last";
        return writes && optionalQuery.has(p.get("name")) ? "last" : "main";
      };
      const of = (name) => props.parameters.filter((p) => place(p) === name);
      const bare = props.operation.delete("requestBody");
      const part = (name, more) => h("div", { key: name, className: `registry-${name}` }, h(Original, { ...props, ...more, parameters: of(name) }));
      const parts = [part("main", {})];
      if (of("first").size) parts.unshift(part("first", { operation: bare }));
      if (of("last").size) parts.push(h("h4", { key: "title", className: "registry-title" }, t("Optional")), part("last", { operation: bare }));
      return h("div", { className: "registry-form" }, parts);
    };
  }

  // The command line shows a variable instead of the key.
  const withoutKey = (Original, { React }) => (props) => {
    const key = props.request?.get("headers")?.findKey?.((_, name) => name.toLowerCase() === "authorization");
    return React.createElement(Original, { ...props, request: key ? props.request.setIn(["headers", key], "Bearer $KEY") : props.request });
  };

  // An operation that needs no key shows no lock. It still sends the key, with which the response may contain more.
  const withoutLock = (Original, { React }) => (props) => {
    const keyless = (security) => (security?.some((requirement) => requirement.isEmpty()) ? security.clear() : security);
    return React.createElement(Original, { ...props, operationProps: props.operationProps.update("security", keyless) });
  };

  // Swagger UI has its labels in English only. What is no label (code, answers, descriptions) stays as it is.
  const untouched = "pre, code, textarea, select, .markdown, .renderedMarkdown, .opblock-summary-path, .model, .parameters-col_name";
  function translate(node) {
    if (node.nodeType === Node.TEXT_NODE) {
      const word = words[node.nodeValue.trim()];
      if (word && node.nodeValue !== word && !node.parentElement?.closest(untouched)) node.nodeValue = word;
      return;
    }
    if (node.placeholder && words[node.placeholder]) node.placeholder = words[node.placeholder];
    for (const child of node.childNodes) translate(child);
  }
  document.documentElement.style.setProperty("--registry-required", JSON.stringify(t("required"))); // a label in the style
  if (Object.keys(words).length) {
    new MutationObserver((changes) => {
      for (const change of changes) {
        if (change.type === "characterData") translate(change.target);
        for (const node of change.addedNodes) translate(node);
      }
    }).observe(document.getElementById("swagger-ui"), { subtree: true, childList: true, characterData: true });
  }

  window.ui = SwaggerUIBundle({
    spec,
    dom_id: "#swagger-ui",
    presets: [SwaggerUIBundle.presets.apis],
    plugins: [() => ({ wrapComponents: { parameters: Form, OperationSummary: withoutLock, RequestSnippets: withoutKey, curl: withoutKey } })],
    layout: "BaseLayout",
    deepLinking: true,
    filter: true,
    docExpansion: "none", // a browser needs seconds to lay all operations out
    operationsSorter: (a, b) =>
      a.get("path").localeCompare(b.get("path")) || methods.indexOf(a.get("method")) - methods.indexOf(b.get("method")),
    defaultModelsExpandDepth: -1,
    defaultModelExpandDepth: 3,
    displayRequestDuration: true,
    showCommonExtensions: true,
    tryItOutEnabled: true,
    persistAuthorization: true,
    requestSnippetsEnabled: true,
    validatorUrl: null,
    requestInterceptor: intercept,
    responseInterceptor,
  });
})();
