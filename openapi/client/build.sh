#!/bin/sh
# Generates src/generated from the document, compiles the package into dist, and compiles the example and the test, which use it as
# others do, into build. Installs the tools if they are missing.
set -eu
cd "$(dirname "$0")"
[ -d ../tools/node_modules ] || npm ci --prefix ../tools --no-audit --no-fund --ignore-scripts
rm -rf dist build
../tools/node_modules/.bin/openapi-ts -f openapi-ts.config.mjs --silent
../tools/node_modules/.bin/tsc --project .
../tools/node_modules/.bin/tsc --project tsconfig.uses.json
cp ../../LICENSE LICENSE
