"""A drill whose verdict is a value."""

import json
import subprocess
from os import PathLike
from pathlib import Path
from typing import Any

from nightproof.program import NightproofError, program
from nightproof.region import temporary_folder


class Verdict:
    """What a drill came to."""

    def __init__(self, code: int, outcome: dict[str, Any], journal: list[dict[str, Any]], page: str, junit: str) -> None:
        #: The exit code of the command.
        self.code = code
        #: The whole outcome, as in the journal.
        self.outcome = outcome
        #: The journal's events.
        self.journal = journal
        #: The report as a page, and as JUnit XML.
        self.page, self.junit = page, junit

    @property
    def passed(self) -> bool:
        """Whether the backup restores, and nothing was left behind."""
        return self.code == 0

    @property
    def hop(self) -> str | None:
        """Where the chain broke."""
        return self.outcome.get("failure", {}).get("hop")

    @property
    def reason(self) -> str:
        """Why."""
        return self.outcome.get("failure", {}).get("reason", "")

    @property
    def evidence(self) -> list[str]:
        """What was seen there."""
        return self.outcome.get("failure", {}).get("evidence", [])

    @property
    def findings(self) -> list[str]:
        """Ids of the findings."""
        return [finding["id"] for finding in self.outcome["findings"]]

    def assert_passed(self) -> None:
        """Fails the test with what is known if the drill did not pass."""
        lacking = self.outcome.get("not_supported", [])
        left = self.outcome.get("leftovers", [])
        told = "\n".join([f"the drill {self.outcome['result']} at {self.hop}: {self.reason}", *self.evidence, *lacking, *left])
        assert self.passed, told


class Drill:
    """A drill of a template, or of the bundled stack. Keywords are options of ``nightproof run``: ``Drill("t.yaml", nights=2, strict=True)``."""

    def __init__(self, template: str | PathLike[str] | None = None, **options: Any) -> None:
        self._arguments = ["run", "--format", "json"]
        if template is not None:
            self._arguments += ["--template", str(template)]
        for name, value in options.items():
            self._arguments += _option(name, value)

    def run(self) -> Verdict:
        """Runs it to its end.

        :raises NightproofError: It could not begin.
        """
        with temporary_folder() as folder:
            [journal, page, junit] = [Path(folder, name) for name in ("journal.jsonl", "page.html", "junit.xml")]
            files = ["--journal", str(journal), "--report", str(page), "--report", str(junit)]
            ended = subprocess.run([program(), *self._arguments, *files], capture_output=True, text=True)
            events = [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []
            outcomes = [event["outcome"] for event in events if event["event"] == "outcome"]
            if not outcomes:
                raise NightproofError(f"the drill ended with exit code {ended.returncode}: {ended.stderr.strip()}")
            return Verdict(ended.returncode, outcomes[-1], events, page.read_text(), junit.read_text())


def _option(name: str, value: Any) -> list[str]:
    option = "--" + name.replace("_", "-")
    match value:
        case None | False:
            return []
        case True:
            return [option]
        case dict():
            return [text for key, one in value.items() for text in (option, f"{key}={one}")]
        case list() | tuple():
            return [text for one in value for text in (option, str(one))]
        case _:
            return [option, str(value)]
