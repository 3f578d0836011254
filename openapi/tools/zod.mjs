// Validates responses with the schemas of zod that orval generates from the document. Reads [{operation, target, body}] from standard
// input, and fails with what does not fit.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
execFileSync("npx", ["--no-install", "orval", "--config", "orval.config.cjs", "--project", "zod"], { cwd: here("."), stdio: ["ignore", "ignore", "inherit"] });
const { outputText } = ts.transpileModule(readFileSync(here("client/orval/registry.zod.ts"), "utf8"), { compilerOptions: { target: "ES2022", module: "ES2022" } });
writeFileSync(here("client/orval/registry.zod.mjs"), outputText);
const schemas = await import(here("client/orval/registry.zod.mjs"));

let wrong = 0;
const responses = JSON.parse(readFileSync(0, "utf8"));
for (const { operation, target, body } of responses) {
  const schema = schemas[`${operation}Response`];
  if (schema?.safeParse(null).success) console.log(`${operation}: its schema accepts everything`), wrong++;
  const issues = schema ? (schema.safeParse(body).error?.issues ?? []) : [{ path: [], message: "there is no schema" }];
  for (const issue of issues.slice(0, 5)) console.log(`${operation} ${target}: /${issue.path.join("/")}: ${issue.message} ${JSON.stringify(issue).slice(0, 300)}`);
  wrong += issues.length > 0 ? 1 : 0;
}
console.log(`${responses.length} responses, ${wrong} of them do not fit`);
process.exitCode = wrong > 0 || responses.length === 0 ? 1 : 0;
