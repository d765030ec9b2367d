#!/usr/bin/env bash
# Writes the job's summary, and with TOKEN keeps one comment of PULL_REQUEST up to date. NAME, FOLDER, BASE_JOURNAL: see action.yml.
set -euo pipefail

base=${BASE_JOURNAL:-$RUNNER_TEMP/nightproof-base-$NAME/journal.jsonl}
arguments=("$NAME" "$FOLDER/journal.jsonl")
if [ -n "${GITHUB_BASE_REF:-}" ] && [ -f "$base" ]; then
  # Exit code 1 is a difference.
  nightproof compare --format json "$base" "$FOLDER/journal.jsonl" >"$FOLDER/compare.json" || [ $? = 1 ]
  arguments+=("$base" "$FOLDER/compare.json")
fi
here=$(dirname "$0")
python3 "$here/markdown.py" "${arguments[@]}" >"$FOLDER/summary.md"
cat "$FOLDER/summary.md" >>"$GITHUB_STEP_SUMMARY"
if [ -n "$TOKEN" ] && [ -n "$PULL_REQUEST" ]; then
  TOKEN=$TOKEN python3 "$here/comment.py" "$NAME" "$PULL_REQUEST" "$FOLDER/summary.md"
fi
