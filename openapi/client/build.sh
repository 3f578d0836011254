#!/bin/sh
# Generates src/generated from the document and compiles the package into dist. Then compiles what uses it as others do into build: the
# example, the test, and the programs shown in README.md and the guides (blocks ```ts that begin with an import). Installs the tools if
# they are missing or of other versions.
set -eu
cd "$(dirname "$0")"
../tools/install.sh
rm -rf dist build shown
mkdir shown
../tools/node_modules/.bin/openapi-ts -f openapi-ts.config.mjs --silent
../tools/node_modules/.bin/tsc --project .
awk '/^```/ { if (inside) close(file); inside = $0 == "```ts"; begins = inside; next }
	inside && begins { begins = 0; inside = /^import /; if (inside) file = sprintf("shown/%d.ts", ++n) }
	inside { print > file }' README.md ../guides/*.md
../tools/node_modules/.bin/tsc --project tsconfig.uses.json
cp ../../LICENSE LICENSE
