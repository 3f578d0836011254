#!/bin/sh
# Installs the tools that package-lock.json names, unless exactly these are installed.
set -eu
cd "$(dirname "$0")"
node installed.mjs || npm ci --no-audit --no-fund --ignore-scripts
