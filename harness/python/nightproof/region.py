"""A local region for any code that calls AWS."""

import json
import os
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request
from collections import deque
from datetime import datetime, timedelta
from typing import Any

from nightproof.program import NightproofError, program

#: Variables by which boto3 and others find AWS, which are not to be mixed with the region's.
_AWS = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")


#: Loopback is reached by no proxy.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Fault(dict):
    """Something that goes wrong on purpose, as in an incident file: which calls, which of them, and what becomes of them."""

    def __init__(self, service: str, operation: str, then: Any, *, occurrence: Any = "always", **when: Any) -> None:
        super().__init__(
            when={"service": service, "operation": operation, **when},
            occurrence=occurrence,
            then=then,
        )

    @classmethod
    def error(cls, service: str, operation: str, code: str, status: int = 400, message: str = "", **more: Any) -> "Fault":
        """AWS answers this error, and nothing is done."""
        return cls(service, operation, {"error": {"code": code, "status": status, "message": message}}, **more)

    @classmethod
    def delay(cls, service: str, operation: str, seconds: float, **more: Any) -> "Fault":
        """The call takes so many seconds longer."""
        return cls(service, operation, {"delay": seconds}, **more)


class Region:
    """A running local region; a context manager. It ends with the process that started it."""

    def __init__(self, *arguments: str) -> None:
        """Starts ``nightproof up`` with further arguments."""
        self._said: deque[str] = deque(maxlen=50)
        command = [program(), "up", "--control", *arguments]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        # What nobody reads would fill the pipe, and stop the region.
        self._reader = threading.Thread(target=self._read_errors, daemon=True)
        self._reader.start()
        where = self._greeting()
        #: Environment variables that point any AWS client at the region.
        self.variables: dict[str, str] = where["variables"]
        self._api, self._token = where["api"], where["token"]

    def _read_errors(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self._said.append(line)

    def _greeting(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise self._ended()
        return json.loads(line)

    def _ended(self) -> NightproofError:
        code = self._process.wait()
        self._reader.join(timeout=5)
        return NightproofError(f"the region has ended with exit code {code}: {''.join(self._said).strip()}")

    def _ask(self, method: str, path: str, document: Any = None) -> Any:
        """Asks the API of the region's console, docs/console.md."""
        request = urllib.request.Request(
            f"{self._api}/{path}",
            method=method,
            data=None if document is None else json.dumps(document).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        try:
            with _direct.open(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            raise NightproofError(json.load(refusal)["error"]["message"]) from None
        except OSError as error:
            raise (self._ended() if self._process.poll() is not None else NightproofError(f"the region does not answer: {error}")) from error

    @property
    def endpoint_url(self) -> str:
        """The endpoint of all services."""
        return self.variables["AWS_ENDPOINT_URL"]

    def session(self) -> Any:
        """A session of boto3 with the region's credentials. Its clients are for :meth:`client` to make, which knows endpoint and CA."""
        import boto3

        return boto3.session.Session(
            aws_access_key_id=self.variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.variables["AWS_SECRET_ACCESS_KEY"],
            region_name=self.variables["AWS_REGION"],
        )

    def client(self, service: str, **more: Any) -> Any:
        """A client of boto3."""
        return self.session().client(service, endpoint_url=self.endpoint_url, verify=self.variables["AWS_CA_BUNDLE"], **more)

    def resource(self, service: str, **more: Any) -> Any:
        """A resource of boto3."""
        return self.session().resource(service, endpoint_url=self.endpoint_url, verify=self.variables["AWS_CA_BUNDLE"], **more)

    def environment(self) -> dict[str, str]:
        """This process's environment with the region's variables, for programs that call AWS."""
        others = {name: value for name, value in os.environ.items() if name not in _AWS}
        return {**others, **self.variables}

    def now(self) -> datetime:
        """What the region's clock says."""
        return _time(self._ask("GET", "clock")["now"])

    def advance(self, by: timedelta | float) -> datetime:
        """Moves the clock forward, by a ``timedelta`` or seconds: schedules that have become due fire."""
        seconds = by.total_seconds() if isinstance(by, timedelta) else by
        return _time(self._ask("POST", "clock", {"advance": f"PT{seconds:.6f}S"})["now"])

    def fire(self, arn: str) -> datetime:
        """Moves the clock to the next time at which a rule, schedule, maintenance window or association is due."""
        return _time(self._ask("POST", "fire", {"arn": arn})["at"])

    def settle(self) -> None:
        """Returns when no event is on its way to a target, and no function works on one."""
        self._ask("POST", "settle", {})

    def set_faults(self, *faults: dict[str, Any]) -> None:
        """Puts faults in force, in place of all others; none takes all away."""
        self._ask("PUT", "faults", {"faults": list(faults)})

    def calls(self, *, service: str | None = None, operation: str | None = None, error: str | None = None) -> list[dict[str, Any]]:
        """What the region was asked so far, as CloudTrail's records, oldest first."""
        wanted = {"eventSource": service and f"{service}.amazonaws.com", "eventName": operation, "errorCode": error}
        calls: list[dict[str, Any]] = []
        after = 0
        while records := (told := self._ask("GET", f"events?after={after}"))["events"]:
            calls.extend(record for record in records if record["event"] == "api_call")
            after = told["next"]
        return [call for call in calls if all(value is None or call.get(name) == value for name, value in wanted.items())]

    def stop(self) -> None:
        """Ends the region and removes its files."""
        if self._process.poll() is None:
            assert self._process.stdin
            self._process.stdin.close()
            code = self._process.wait(timeout=60)
            if code:
                self._reader.join(timeout=5)
                raise NightproofError(f"the region ended with exit code {code}: {''.join(self._said).strip()}")

    def __enter__(self) -> "Region":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _time(text: str) -> datetime:
    """Python before 3.11 reads neither ``Z`` nor nanoseconds."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{fraction[:6]:0<6}+00:00")


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for files of a drill."""
    return tempfile.TemporaryDirectory(prefix="nightproof-python-")
