#!/usr/bin/env bash
# Runs the drill. FILE, ARGUMENTS, NAME, EVIDENCE_KEY: inputs of the action. Its own exit code is 0, so that reports are kept; the drill's is an output.
set -euo pipefail

folder=$RUNNER_TEMP/nightproof-$NAME
rm -rf "$folder"
mkdir -p "$folder"
read -ra more <<<"$ARGUMENTS"
if [ -n "$EVIDENCE_KEY" ]; then
  key=$(mktemp)
  trap 'rm -f "$key"' EXIT
  printf '%s\n' "$EVIDENCE_KEY" >"$key"
  more+=(--evidence "$folder/evidence" --evidence-key "$key")
fi
code=0
nightproof run --file "$FILE" --journal "$folder/journal.jsonl" --report "$folder/report.html" --report "$folder/junit.xml" \
  "${more[@]}" || code=$?
# What a pull request is compared with, if this is a drill of its base branch.
base=$RUNNER_TEMP/nightproof-base-$NAME
if [ "$code" = 0 ] && [ -z "${GITHUB_BASE_REF:-}" ]; then
  mkdir -p "$base"
  cp "$folder/journal.jsonl" "$base/journal.jsonl"
fi
{
  echo "exit-code=$code"
  echo "folder=$folder"
} >>"$GITHUB_OUTPUT"
