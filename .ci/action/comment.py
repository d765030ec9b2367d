"""Keeps one comment of a pull request up to date: TOKEN=… python3 comment.py NAME NUMBER FILE.

https://docs.github.com/en/rest/issues/comments
"""

import json
import os
import sys
import urllib.request
from pathlib import Path


def main(name, number, file):
    body = Path(file).read_text()[:65000]
    comments = f"/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    known = ours(f"{comments}/{number}/comments", f"<!-- nightproof:{name} -->")
    if known:
        call("PATCH", f"{comments}/comments/{known}", {"body": body})
    else:
        call("POST", f"{comments}/{number}/comments", {"body": body})


def ours(path, mark):
    page = 1
    while True:
        comments = call("GET", f"{path}?per_page=100&page={page}")
        for comment in comments:
            # Others may quote ours, and cannot be changed.
            if comment["body"].startswith(mark) and comment["user"]["type"] == "Bot":
                return comment["id"]
        if len(comments) < 100:
            return None
        page += 1


def call(method, path, document=None):
    data = json.dumps(document).encode() if document is not None else None
    headers = {
        "Authorization": f"Bearer {os.environ['TOKEN']}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "Content-Type": "application/json",
    }
    request = urllib.request.Request(os.environ["GITHUB_API_URL"] + path, data=data, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
