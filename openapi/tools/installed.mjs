// Fails if the installed packages are not those of package-lock.json. npm keeps a list of what it installed in node_modules; packages
// for other systems are optional and may be missing there.
import { readFileSync } from "node:fs";

const packagesOf = (file) => JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8")).packages;
let installed;
try {
  installed = packagesOf("node_modules/.package-lock.json");
} catch {
  console.error("The tools are not installed.");
  process.exit(1);
}
const wanted = packagesOf("package-lock.json");
delete wanted[""];
for (const name of new Set([...Object.keys(wanted), ...Object.keys(installed)])) {
  if (!installed[name] && wanted[name].optional) continue;
  if (installed[name]?.version !== wanted[name]?.version || installed[name]?.integrity !== wanted[name]?.integrity) {
    console.error(`${name}: ${installed[name]?.version ?? "nothing"} is installed, not ${wanted[name]?.version ?? "nothing"}.`);
    process.exit(1);
  }
}
