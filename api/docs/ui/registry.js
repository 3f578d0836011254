// Starts Swagger UI on the published document. What only helps operators on this page is added here and stands in no
// document.
(async () => {
  const answer = await fetch("../openapi.json", { cache: "no-cache" });
  const spec = await answer.json();
  const methods = ["get", "post", "patch", "delete"];

  // If-Match is filled in for the operator, with the version this page has seen last.
  const ifMatch = spec.components.parameters.IfMatch;
  ifMatch.example = "auto";
  ifMatch.description += " On this page `auto` stands for the version that was shown here last, or else the current one.";

  // One way to paste a key is enough here.
  const schemes = spec.components.securitySchemes;
  delete schemes.Basic;
  schemes.Bearer.description += " This browser keeps it until you press *Logout*.";
  for (const item of Object.values(spec.paths)) {
    for (const operation of Object.values(item)) {
      operation.security = operation.security?.filter((requirement) => !requirement.Basic);
    }
  }

  // A file is chosen, and the format that comes first in the list is the one that most have.
  for (const item of Object.values(spec.paths)) {
    const content = item.post?.requestBody?.content;
    if (content?.["text/csv"]) item.post.requestBody.content = { "text/csv": content["text/csv"], ...content };
  }

  const versions = new Map(); // path -> ETag
  const pathOf = (url) => new URL(url, location.href).pathname;
  const headerOf = (request, name) => Object.keys(request.headers).find((key) => key.toLowerCase() === name);

  async function requestInterceptor(request) {
    const [action, record] = /^(.*\/\d+)\/[a-z]+$/.exec(pathOf(request.url)) ?? [];
    if (action && request.method === "POST") versions.delete(record); // it will have another one
    const header = headerOf(request, "if-match");
    if (header && request.headers[header] === "auto") {
      let version = versions.get(pathOf(request.url));
      if (!version) {
        const headers = { accept: "application/json" };
        const authorization = headerOf(request, "authorization");
        if (authorization) headers.authorization = request.headers[authorization];
        version = (await fetch(pathOf(request.url), { headers })).headers.get("etag");
      }
      if (version) request.headers[header] = version;
      else delete request.headers[header]; // there is no such record: let the service say so
    }
    return request;
  }

  function responseInterceptor(response) {
    const version = response.headers?.etag;
    if (version && response.headers["x-dry-run"] !== "true") {
      versions.set(pathOf(response.headers.location || response.url), version);
    }
    return response;
  }

  // Asked before Swagger UI sees the click: an error thrown in its interceptor breaks the panel of answers.
  addEventListener("click", (event) => {
    const operation = event.target.closest?.("button.execute")?.closest(".opblock-delete");
    if (!operation) return;
    const what = operation.querySelector(".opblock-summary-description")?.textContent ?? "Delete";
    const ids = [...operation.querySelectorAll("tr[data-param-in=path] input")].map((input) => input.value).join(", ");
    if (!confirm(`${what}: ${ids}?`)) event.stopImmediatePropagation();
  }, true);

  window.ui = SwaggerUIBundle({
    spec,
    dom_id: "#swagger-ui",
    presets: [SwaggerUIBundle.presets.apis],
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
    requestInterceptor,
    responseInterceptor,
  });
})();
