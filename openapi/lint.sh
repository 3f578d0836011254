#!/bin/sh
# Lints the published documents with Redocly and Spectral. Fails on any error, warning or hint. Then generates with three generators
# and compiles what they make with strict options: types for openapi-fetch, a fetch client and schemas of zod (orval), and the package
# in openapi/client (hey-api). Installs the tools if they are missing or of other versions.
set -eu
cd "$(dirname "$0")/tools"
./install.sh
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
status=0
for document in openapi.json openapi-3.0.json swagger.json; do
	npx --no-install redocly lint --config redocly.yaml "../$document" || status=1
	npx --no-install spectral lint --ruleset spectral.yaml --fail-severity=hint "../$document" || status=1
done
npx --no-install openapi-typescript --redocly types.yaml ../openapi.json --output client/registry.d.ts || status=1
npx --no-install orval --config orval.config.cjs || status=1
npx --no-install tsc --project client || status=1
../client/build.sh || status=1
exit $status
