"""What a drill came to, as GitHub's Markdown: python3 markdown.py NAME JOURNAL [BASE_JOURNAL COMPARISON]."""

import json
import sys
from pathlib import Path

HOPS = ["stack", "rule", "function", "command", "instance", "script", "object", "restore"]
MOST = 20


def main(name, journal, base=None, comparison=None):
    events, outcome = read(journal)
    print(f"<!-- nightproof:{name} -->")
    if outcome is None:
        print(f"## nightproof: {text(name)}\n\nThe drill did not come to its end; the log says why.")
        return
    result = outcome["result"].replace("_", " ")
    sign = {"passed": "✅", "not supported": "⚪"}.get(result, "❌")
    print(f"## {sign} nightproof: {text(name)} {result}\n")
    print("\n".join(picture(outcome)))
    failure = outcome.get("failure")
    if failure:
        print(f"\n**Broke at {text(failure['hop'])}**: {text(failure['reason'])}")
        block(failure["evidence"])
    if outcome.get("not_supported"):
        print("\nThe local region lacks:")
        bullets(outcome["not_supported"])
    print(f"\nRestore: {rto(outcome)}. Findings: {len(outcome['findings'])}.")
    bullets(f"`{one['id']}`: {one['detail']}" for one in outcome["findings"])
    if base and comparison:
        against(base, json.loads(Path(comparison).read_text()), events, outcome)


def read(journal):
    path = Path(journal)
    events = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    outcomes = [event["outcome"] for event in events if event["event"] == "outcome"]
    return events, outcomes[-1] if outcomes else None


def picture(outcome):
    """The chain: green as far as it held, red where it broke."""
    absent = outcome.get("absent", [])
    hops = [hop for hop in HOPS if hop not in absent]
    failure = outcome.get("failure") or {}
    broke = hops.index(failure["hop"]) if failure.get("hop") in hops else None
    held = len(hops) if outcome["result"] == "passed" or failure.get("hop") == "findings" else broke or 0
    yield "```mermaid\nflowchart LR"
    yield "  " + " --> ".join(hops)
    for number, hop in enumerate(hops):
        kind = "broke" if number == broke else "held" if number < held else "untried"
        yield f"  class {hop} {kind}"
    yield "  classDef held fill:#dafbe1,stroke:#1a7f37,color:#1a7f37"
    yield "  classDef broke fill:#ffebe9,stroke:#cf222e,color:#cf222e"
    yield "  classDef untried fill:#f6f8fa,stroke:#59636e,color:#59636e\n```"


def against(base, comparison, events, outcome):
    before_events, before = read(base)
    if before is None:
        return
    print("\n### Against the base branch")
    hop = [(one.get("failure") or {}).get("hop", "passed") for one in (before, outcome)]
    rows = [("Chain", *hop), ("Restore", rto(before), rto(outcome))]
    print("\n| | base | here |\n|---|---|---|")
    for row in rows:
        print("| " + " | ".join(text(cell) for cell in row) + " |")
    changes("Permissions", permissions(before_events), permissions(events))
    changes("Findings", {one["id"] for one in before["findings"]}, {one["id"] for one in outcome["findings"]})
    differences = comparison["differences"]
    if differences:
        print(f"\n<details><summary>{len(differences)} differences of the drills</summary>\n")
        block(f"{'-' if one['only_in'] == 'a' else '+'} {one['what']}: {one['text']}" for one in differences)
        print("\n</details>")


def rto(outcome):
    measured = outcome.get("numbers", {}).get("rto")
    return f"{measured['milliseconds'] / 1000:.1f} s" if measured else "not measured"


def permissions(events):
    """Who used which action. Sessions of a role are the role."""
    used, stack = set(), ""
    for event in events:
        if event["event"] == "drill_started":
            stack = event["stack"] + "-"
        if event["event"] == "authorization":
            who = event["principal"]
            if ":assumed-role/" in who:
                who = who.split(":assumed-role/")[1].split("/")[0]
                # The name of a role that a stack makes: stack, logical id, and what is drawn for each.
                if stack and who.startswith(stack):
                    who = who.removeprefix(stack).rpartition("-")[0]
            used.update(f"{who} {check['action']}" for check in event["checks"])
    return used


def changes(title, before, after):
    gone, new = sorted(before - after), sorted(after - before)
    if gone or new:
        print(f"\n**{title}**")
        block([f"+ {one}" for one in new] + [f"- {one}" for one in gone])


def text(value):
    """One line that no Markdown or HTML comes out of."""
    line = " ".join(str(value).split())
    for character in "\\`*_{}[]<>()#|!~":
        line = line.replace(character, "&#" + str(ord(character)) + ";")
    return line


def bullets(lines):
    lines = list(lines)
    for line in lines[:MOST]:
        print(f"- {text(line)}")
    if len(lines) > MOST:
        print(f"- and {len(lines) - MOST} more")


def block(lines):
    lines = [line for one in lines for line in str(one).splitlines()]
    if lines:
        shown = lines[:MOST] + ([f"… and {len(lines) - MOST} more"] if len(lines) > MOST else [])
        # A fence within must not end this one.
        print("\n````diff\n" + "\n".join(line.replace("````", "'''") for line in shown) + "\n````")


if __name__ == "__main__":
    main(*sys.argv[1:])
