"""A plugin of pytest for `cargo xtask score`: runs tests whose answers were recorded from AWS against a running `nightproof up`.

AWS's names lead to the region's port on loopback, waits are shortened, and a line of JSON for each test goes to SCORE_RESULTS:
its name, its outcome (`passed`, `failed`, `not_run`), the cause of a failure, and the seconds it took with what it prepares and removes.

SCORE_RESULTS   the file of results; tests that have one there already are not run
SCORE_SECONDS   no test is begun later than this after the start
SCORE_TESTS     a file with the names of the tests to run; without it, all are run
AWS_ENDPOINT_URL, AWS_CA_BUNDLE   the region
NIGHTPROOF_API, NIGHTPROOF_TOKEN  its API, by which its clock is moved on by what a wait is shortened
"""

import importlib
import json
import os
import pathlib
import re
import socket
import time
import types
import urllib.parse
import urllib.request

import botocore.httpsession
import botocore.session
import pytest

REGION = urllib.parse.urlsplit(os.environ.pop("AWS_ENDPOINT_URL"))
AUTHORITY = os.environ["AWS_CA_BUNDLE"]
API, TOKEN = os.environ["NIGHTPROOF_API"], os.environ["NIGHTPROOF_TOKEN"]
RESULTS = pathlib.Path(os.environ["SCORE_RESULTS"])
END = time.monotonic() + float(os.environ["SCORE_SECONDS"])
AMAZON = re.compile(r"(^|\.)(amazonaws\.com|on\.aws|aws\.dev)\.?$")
LACKING = re.compile(r"([\w :.,'`/*()\[\]=-]*?) (?:is|are) not (?:implemented by this local region|supported)\b")
# What each run makes anew: ids, names that a test makes up, and what CloudFormation adds to a name.
ANEW = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=-)[0-9a-f]{17}\b|(?<=[-_])[0-9a-f]{8}\b"
    r"|(?<=-)(?=[A-Za-z]*[0-9]|[a-z]*[A-Z])[A-Za-z0-9]{12,13}\b"
)
# The longest waits, in seconds, of poll loops and of tests themselves: the region needs none.
LONGEST_POLL, LONGEST_SLEEP = 0.7, 2

os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SSL_CERT_FILE"] = AUTHORITY
getaddrinfo, sleep = socket.getaddrinfo, time.sleep
make_client = botocore.session.Session.create_client
make_pool = botocore.httpsession.URLLib3Session._get_pool_manager_kwargs
make_call = botocore.client.BaseClient._make_api_call
lacking = []


class Test:
    """The test that runs."""

    acknowledges_nothing = False


def resolve(host, port, *rest, **named):
    name = host.decode() if isinstance(host, bytes) else host or ""
    if AMAZON.search(name) and str(port) in ("443", "https"):
        host, port = REGION.hostname, REGION.port
    return getaddrinfo(host, port, *rest, **named)


def create_client(session, *rest, **named):
    if named.get("verify") is True:
        named["verify"] = AUTHORITY
    return make_client(session, *rest, **named)


def pool(session, **more):
    # Names of other regions are in no certificate of this one.
    return {**make_pool(session, **more), "assert_hostname": False}


def call(client, operation, parameters):
    """Notes what is not written: a test may go on after it."""
    if Test.acknowledges_nothing and operation == "CreateChangeSet":
        parameters = {name: value for name, value in parameters.items() if name != "Capabilities"}
    try:
        return make_call(client, operation, parameters)
    except Exception as error:
        answer = getattr(error, "response", None) or {}
        message = str(answer.get("Error", {}).get("Message", ""))
        found = LACKING.search(message)
        if answer.get("ResponseMetadata", {}).get("HTTPStatusCode") == 501 and found:
            lacking.append(re.sub(r"^.*?cannot be rehearsed here: ", "", found.group(1)).strip())
        raise


def quicker(longest):
    """The module `time` with shorter waits."""
    module = types.SimpleNamespace(**vars(time))
    module.sleep = lambda seconds: wait(seconds, longest)
    return module


def wait(seconds, longest):
    """Waits for about `longest` seconds; for the region, it is as long as the test wants. What falls due meanwhile has time to happen."""
    sleep(min(seconds, longest))
    left = seconds - longest
    if left >= 1:
        body = json.dumps({"advance": f"PT{left:.1f}S"}).encode()
        headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(f"{API}/clock", body, headers)).read()
        sleep(min(left, longest))


socket.getaddrinfo = resolve
botocore.session.Session.create_client = create_client
botocore.httpsession.URLLib3Session._get_pool_manager_kwargs = pool
botocore.client.BaseClient._make_api_call = call
importlib.import_module("botocore.waiter").time = quicker(LONGEST_POLL)
time.sleep = lambda seconds: wait(seconds, LONGEST_SLEEP)


def recording(item):
    """What was recorded of a test."""
    path = pathlib.Path(str(item.fspath)).with_suffix(".snapshot.json")
    if path not in recordings:
        recordings[path] = json.loads(path.read_text()) if path.exists() else {}
    return (recordings[path].get(item.nodeid) or {}).get("recorded-content") or {}


recordings, outcomes, seconds = {}, {}, {}


def holds_whole_events(item):
    """Whether a test was recorded by the older form of the suite's own fixture `capture_update_process`: it took a resource's events with all
    of their members, before the stack was deleted. Such a test does again what was recorded."""
    recorded = recording(item)
    events = recorded.get("per-resource-events") if isinstance(recorded, dict) else None
    return "EventId" in json.dumps(events or {})


def acknowledges_nothing(item):
    """Whether the change sets of a recording were made without capabilities, which the fixture gives by now."""
    return recording(item).get("describe-change-set-1", {}).get("Capabilities") == []


@pytest.hookimpl(hookwrapper=True)
def pytest_fixture_setup(fixturedef, request):
    """Takes events as the recording has them: newest first, whole, those before the stack's deletion."""
    result = yield
    if fixturedef.argname == "capture_per_resource_events" and holds_whole_events(request.node):
        client = request.getfixturevalue("aws_client").cloudformation

        def capture(stack):
            taken = {}
            events = client.describe_stack_events(StackName=stack)["StackEvents"]
            of_stack = [one["ResourceStatus"] if one["LogicalResourceId"] == one["StackName"] else "" for one in events]
            first = of_stack.index("DELETE_IN_PROGRESS") + 1 if "DELETE_IN_PROGRESS" in of_stack else 0
            for event in events[first:]:
                taken.setdefault(event["LogicalResourceId"], []).append(event)
            return taken

        fixturedef.cached_result = (capture, *fixturedef.cached_result[1:])
        result.force_result(capture)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    importlib.import_module("localstack.utils.sync").time = quicker(LONGEST_POLL)
    wanted = os.environ.get("SCORE_TESTS")
    wanted = set(pathlib.Path(wanted).read_text().splitlines()) if wanted else None
    # An earlier run that is gone on with has results already.
    lines = [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.exists() else []
    known = {line["test"] for line in lines if line["outcome"] != "not_run"}
    kept, left = [], []
    for item in items:
        validated = any(mark.name == "aws_validated" for mark in item.iter_markers())
        runs = validated and item.nodeid not in known and (wanted is None or item.nodeid in wanted)
        (kept if runs else left).append(item)
    for item in kept:
        # What LocalStack skips is not what AWS skips.
        if recording(item) or not any(mark.name in ("skip", "skipif") for mark in item.iter_markers()):
            for node in item.listchain():
                node.own_markers = [mark for mark in node.own_markers if mark.name not in ("skip", "skipif", "xfail")]
    items[:] = kept
    config.hook.pytest_deselected(items=left)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    lacking.clear()
    Test.acknowledges_nothing = holds_whole_events(item) and acknowledges_nothing(item)
    if time.monotonic() > END:
        pytest.skip("no time is left")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    outcome, cause = outcomes.get(item.nodeid, ("passed", None))
    if report.outcome == "failed" and outcome != "failed":
        outcome, cause = "failed", cause_of(item, call.excinfo)
    elif report.outcome == "skipped" and outcome == "passed":
        outcome, cause = "not_run", None
    outcomes[item.nodeid] = outcome, cause
    seconds[item.nodeid] = seconds.get(item.nodeid, 0) + report.duration
    if report.when == "teardown":
        line = {"test": item.nodeid, "outcome": outcome, "cause": cause, "seconds": round(seconds[item.nodeid], 2)}
        with RESULTS.open("a") as results:
            results.write(json.dumps(line) + "\n")


def is_unrepeatable(failure):
    """Whether all that differs from the recording is what each run makes anew."""
    differences = [one.result for one in failure.value.result if not one]
    if any(set(difference) != {"values_changed"} for difference in differences):
        return False
    changes = [(change.t1, change.t2) for difference in differences for change in difference["values_changed"]]
    return all(isinstance(one, str) and isinstance(two, str) and ANEW.sub("*", one) == ANEW.sub("*", two) for one, two in changes)


def cause_of(item, failure):
    text = str(failure.value)
    found = LACKING.search(text)
    if lacking or found:
        return "not written: " + (lacking[0] if lacking else found.group(1).split("rehearsed here: ")[-1].strip())
    if failure.typename == "SnapshotAssertionError":
        if is_unrepeatable(failure):
            return "the recording cannot be repeated"
        return "another answer"
    if text.startswith("No state for ") and not recording(item):
        return "the test itself does not run"
    if failure.typename in ("TypeError", "FixtureLookupError", "ModuleNotFoundError", "FileNotFoundError", "JSIIError"):
        return "the test itself does not run"
    if "Timeout" in text or failure.typename == "Timeout":
        return "it took too long"
    return "other behaviour"
