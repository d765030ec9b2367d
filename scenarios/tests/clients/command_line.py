"""The AWS CLI in the shape of boto3: each operation runs `aws SERVICE OPERATION`, in this process, and answers what it printed.

So the same scripts drive both. What is not an operation (waiters, transfers, presigned addresses) stays boto3's.
"""

import base64
import contextlib
import io
import json
import os
import re
import tempfile
import zipfile

import boto3
import jmespath
from awscli.clidriver import create_clidriver
from awscli.utils import is_streaming_blob_type
from botocore import xform_name
from botocore.exceptions import ClientError, MissingDependencyException
from botocore.utils import parse_timestamp

REFUSED = re.compile(r"An error occurred \((?P<code>\S+)\) when calling the \w+ operation[^:]*: ?(?P<message>.*)", re.DOTALL)
# The options of boto3 that the CLI has as variables of its environment.
VARIABLES = {
    "aws_access_key_id": "AWS_ACCESS_KEY_ID",
    "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "aws_session_token": "AWS_SESSION_TOKEN",
    "region_name": "AWS_DEFAULT_REGION",
}
MODELS = create_clidriver().session.get_component("data_loader")


def client(service, note=None, **options):
    """As `boto3.client`; options other than these are boto3's alone, and so is such a client."""
    behind = boto3.client(service, **options)
    if set(options) - set(VARIABLES):
        return behind
    return Client(service, behind, options, note)


class Client:
    def __init__(self, service, behind, options, note):
        self.service, self.behind, self.note = service, behind, note
        self.environment = {VARIABLES[name]: value for name, value in options.items()}

    def __getattr__(self, name):
        operation = self.behind.meta.method_to_api_mapping.get(name)
        if operation is None:
            return getattr(self.behind, name)
        single = ["--no-paginate"] if self.behind.can_paginate(name) else []
        return lambda **arguments: self.run(operation, arguments, single)

    def get_paginator(self, name):
        return Paginator(self, self.behind.meta.method_to_api_mapping[name])

    def run(self, operation, arguments, options):
        model = self.behind.meta.service_model.operation_model(operation)
        with tempfile.TemporaryDirectory() as folder:
            command = ["s3api" if self.service == "s3" else self.service, xform_name(operation, "-"), "--output", "json", *options]
            if self.service == "sqs":
                # Version 1 of the CLI has an address of its own for SQS, whatever AWS_ENDPOINT_URL says.
                command += ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"]]
            command += blobs(model, arguments := dict(arguments), folder)
            output = model.get_streaming_output() and os.path.join(folder, "output")
            if output:
                # What writes to a file takes no `--cli-input-json`.
                for name, one in arguments.items():
                    text = one if isinstance(one, str) else json.dumps(one, default=text_of)
                    command.append(f"--{xform_name(name, '-')}={text}")
                command.append(output)
            else:
                command += ["--cli-input-json", json.dumps(arguments, default=text_of)]
            status, printed, said, seen = self.main(command)
            if status:
                if "Missing Dependency: " in said:
                    raise MissingDependencyException(msg=said.strip())
                error = REFUSED.search(said)
                assert error, f"{command}: {status}: {said}"
                told = {"Code": error["code"], "Message": error["message"].strip()}
                raise ClientError({"Error": told, "ResponseMetadata": seen}, operation)
            answer = typed(model.output_shape, json.loads(printed)) if printed.strip() else {}
            if output:
                with open(output, "rb") as file:
                    answer[model.output_shape.serialization["payload"]] = io.BytesIO(file.read())
        return {**answer, "ResponseMetadata": seen}

    def main(self, command):
        """The CLI's exit status, what it printed and said, and the answer's status and headers, which it does not show."""
        before = {name: os.environ.get(name) for name in self.environment}
        os.environ.update(self.environment)
        try:
            seen = {}
            # A driver for each command, as for each process: its handlers are about one command alone. Models are read once.
            driver = create_clidriver()
            driver.session.register_component("data_loader", MODELS)
            driver.session.register("after-call", lambda parsed, **_: seen.update(parsed.get("ResponseMetadata", {})))
            if self.note:
                driver.session.register("after-call", self.note)
            printed, said = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(said):
                status = driver.main(command)
            return status, *(stream.buffer.getvalue().decode() for stream in (printed, said)), seen
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


class Paginator:
    def __init__(self, client, operation):
        self.client, self.operation = client, operation

    def paginate(self, PaginationConfig=None, **arguments):
        """All pages, which the CLI puts together into one."""
        size = (PaginationConfig or {}).get("PageSize")
        return Pages([self.client.run(self.operation, arguments, ["--page-size", str(size)] if size else [])])


class Pages(list):
    def search(self, expression):
        for page in self:
            found = jmespath.search(expression, page)
            yield from found if isinstance(found, list) else [found]


def text_of(value):
    """What JSON has no form for, as text; version 1 of the CLI takes bytes so."""
    return value.decode() if isinstance(value, bytes) else str(value)


def blobs(model, arguments, folder):
    """Takes the bytes out of the arguments; answers the CLI's arguments that read them from files."""
    command = []
    for member in ("Code", "Content"):
        code = arguments.get(member)
        if not isinstance(code, dict) or "ZipFile" not in code:
            continue
        # The CLI has an argument of its own for an archive, and reads it first; what is none, the input has as text.
        content = code["ZipFile"]
        if zipfile.is_zipfile(io.BytesIO(content)):
            del arguments[member]
            arguments["ZipFile"] = content
        else:
            arguments[member] = {"ZipFile": content.decode()}
    for name, value in list(arguments.items()):
        shape = model.input_shape.members.get(name)
        if name != "ZipFile" and (shape is None or shape.type_name != "blob"):
            continue
        del arguments[name]
        path = os.path.join(folder, name)
        with open(path, "wb") as file:
            file.write(value.encode() if isinstance(value, str) else value.read() if hasattr(value, "read") else value)
        streamed = shape is not None and is_streaming_blob_type(shape)
        command += [f"--{xform_name(name, '-')}", path if streamed else f"fileb://{path}"]
    return command


def typed(shape, value):
    """What the CLI printed, with the bytes and times that boto3 gives."""
    if shape is None or value is None:
        return value
    if shape.type_name == "structure" and isinstance(value, dict):
        return {name: typed(shape.members.get(name), one) for name, one in value.items()}
    if shape.type_name == "map":
        return {name: typed(shape.value, one) for name, one in value.items()}
    if shape.type_name == "list":
        return [typed(shape.member, one) for one in value]
    if shape.type_name == "blob":
        return base64.b64decode(value)
    return parse_timestamp(value) if shape.type_name == "timestamp" else value
