// What lint.sh and zod.mjs generate with orval from the document: a fetch client, and schemas of zod.
const input = "../openapi.json";
module.exports = {
  fetch: { input, output: { target: "client/orval/registry.ts", schemas: "client/orval/model", client: "fetch", mode: "split", clean: true } },
  zod: { input, output: { target: "client/orval/registry.zod.ts", client: "zod", mode: "split" } },
};
