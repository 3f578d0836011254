// What the generator writes into src/generated: the types of the document, and a function for each operation. The functions call
// the client of src/client.ts, so nothing else is generated.
const runtime = { name: "../client.js", tags: ["client"], dependencies: [], config: {}, handler() {} };

export default {
  input: "../openapi.json",
  output: { path: "src/generated", clean: true, entryFile: false, module: { extension: ".js" } },
  plugins: ["@hey-api/typescript", runtime, { name: "@hey-api/sdk", client: false }],
  logs: { level: "warn" },
};
