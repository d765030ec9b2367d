"""What the scripts share. Clients find the region by the environment variables that `nightproof up` wrote, as any client would."""

import functools
import io
import json
import os
import time
import zipfile

import boto3
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
REGION = os.environ["AWS_DEFAULT_REGION"]


def note(http_response, model, **_):
    """Notes an operation that succeeded, for the test that none of the region's is left out."""
    if http_response.status_code < 300:
        service = model.service_model
        # The one that is signed for another service.
        name = service.service_name if service.service_name == "dynamodbstreams" else service.signing_name
        with open(os.environ["CALLED"], "a") as file:
            file.write(f"{name} {model.name}\n")


NOTE = note if "CALLED" in os.environ else None
if os.environ.get("CLIENT") == "aws":
    # The same scripts by the AWS CLI; only what it calls itself is noted.
    import command_line

    client = functools.partial(command_line.client, note=NOTE)
else:
    client = boto3.client
    if NOTE:
        boto3.setup_default_session()
        boto3.DEFAULT_SESSION.events.register("after-call", NOTE)


def refused(code, call, **arguments):
    """The call is refused with this code; answers the whole error."""
    try:
        answer = call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response
    raise AssertionError(f"expected {code}, got {answer}")


def until(what, look, seconds=300):
    """Looks until something true is seen, and answers it. The bound is one that only a hang meets, on a machine with much else to do."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < end, f"not seen in {seconds} s: {what}"
        time.sleep(0.02)


def pages(client, operation, key, **arguments):
    """All items of a paginated operation, by botocore's own paginator."""
    return [one for one in client.get_paginator(operation).paginate(**arguments).search(f"{key}[]") if one is not None]


def zipped(**files):
    """The bytes of a zip archive; `index="…"` is the file `index.py`."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        for name, text in files.items():
            writer.writestr(f"{name}.py", text)
    return archive.getvalue()


def trust(*services):
    """A trust policy for these service principals, as JSON text."""
    principals = ", ".join(f'"{service}.amazonaws.com"' for service in services)
    return (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
        f'"Principal": {{"Service": [{principals}]}}}}]}}'
    )


def policy(*statements):
    """A policy that allows each (actions, resources), as JSON text."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": a, "Resource": r} for a, r in statements],
        }
    )
