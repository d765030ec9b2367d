#!/usr/bin/env python3
"""Capture requests as unmodified botocore makes and signs them, without sending them.

    python3 capture.py            the cases of requests.py into botocore.json beside this script
    python3 capture.py --all FILE one made-up input for every served operation of every model

The credentials are AWS's documented example key.
"""

import base64
import datetime
import functools
import json
import pathlib
import sys

import botocore
import botocore.awsrequest
import botocore.config
import botocore.session

HERE = pathlib.Path(__file__).resolve().parent
MODELS = HERE.parent.parent / "models"
SESSION = botocore.session.Session()


class Stop(Exception):
    pass


def document(value):
    """An input in the form of our documents."""
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {k: document(v) for k, v in value.items()}
    if isinstance(value, list):
        return [document(v) for v in value]
    return value


@functools.cache
def client_of(service, endpoint, style, token):
    return SESSION.create_client(
        service, region_name="us-east-1", endpoint_url=endpoint, aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", aws_session_token=token,
        config=botocore.config.Config(s3={"addressing_style": style}, signature_version="s3v4" if service == "s3" else None,
                                      parameter_validation=False, inject_host_prefix=False),
    )


def capture(service, operation, params, endpoint=None, style="auto", token=None, presign=False):
    client = client_of(service, endpoint, style, token)
    if presign:
        url = client.generate_presigned_url(botocore.xform_name(operation), params, ExpiresIn=600, HttpMethod="GET")
        request = botocore.awsrequest.AWSRequest(method="GET", url=url).prepare()
        headers, body = {}, b""
    else:
        caught = {}

        def before_send(request, **_):
            caught["request"] = request
            raise Stop()

        client.meta.events.register_first(f"before-send.{service}", before_send)
        try:
            client._make_api_call(operation, dict(params))
        except Stop:
            pass
        finally:
            client.meta.events.unregister(f"before-send.{service}", before_send)
        request = caught["request"]
        headers = {k: v.decode() if isinstance(v, bytes) else v for k, v in request.headers.items()}
        body = request.body or b""
        if hasattr(body, "read"):
            body = body.read()
        if isinstance(body, str):
            body = body.encode()
    return {
        "service": service, "operation": operation, "input": document(params), "method": request.method, "url": request.url,
        "headers": {k: v for k, v in headers.items() if k != "User-Agent"}, "body": base64.b64encode(bytes(body)).decode(),
    }


def sample(shape, depth, name="x"):
    kind = shape.type_name
    if kind == "structure":
        out = {}
        for member, target in shape.members.items():
            if target.type_name in ("structure", "list", "map") and depth > 3 and member not in shape.required_members:
                continue
            if depth > 6:
                continue
            if getattr(shape, "is_tagged_union", False) and out:
                break
            if target.serialization.get("eventstream") or target.metadata.get("deprecated"):
                continue
            if target.serialization.get("streaming"):
                continue
            out[member] = sample(target, depth + 1, member)
        return out
    if kind == "list":
        return [sample(shape.member, depth + 1, name)] * max(1, shape.metadata.get("min", 1))
    if kind == "map":
        return {sample(shape.key, depth + 1, name): sample(shape.value, depth + 1, name)}
    if kind == "string":
        text = (shape.enum or [name + " é&<+/"])[0] if shape.enum else "v-" + name
        low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 100000)
        return (text + "x" * max(0, int(low) - len(text)))[: int(high)]
    if kind in ("integer", "long"):
        return max(1, int(shape.metadata.get("min", 1)))
    if kind in ("float", "double"):
        return max(1.5, shape.metadata.get("min", 1.5)) if shape.metadata.get("max", 9) >= 1.5 else shape.metadata["max"]
    if kind == "boolean":
        return True
    if kind == "blob":
        return b"bytes" * max(1, -(-int(shape.metadata.get("min", 1)) // 5))
    if kind == "timestamp":
        return datetime.datetime(2026, 11, 23, 3, 0, 0)
    raise ValueError(kind)


def everything():
    out = []
    for path in sorted(MODELS.glob("*.json")):
        service = path.stem
        if service in ("operations", "ec2messages", "ssmmessages"):
            continue
        ours = json.loads(path.read_text())
        model = SESSION.get_service_model(service)
        for name, operation in sorted(ours["operations"].items()):
            if not operation.get("served") or name not in model.operation_names:
                continue
            shape = model.operation_model(name).input_shape
            params = sample(shape, 0) if shape else {}
            if service == "s3":
                params.pop("ContentMD5", None)
                for key in [k for k in params if k.startswith(("Checksum", "SSECustomer", "CopySourceSSECustomer", "ContentLength"))]:
                    params.pop(key)
                if "Bucket" in params:
                    params["Bucket"] = "some-bucket"
                if "CopySource" in params:
                    params["CopySource"] = "a-bucket/a-key"
                if "Expires" in params:
                    params.pop("Expires")
            try:
                out.append(capture(service, name, params))
            except Exception as error:  # noqa: BLE001
                print(f"{service} {name}: {error!r}", file=sys.stderr)
    return out


if __name__ == "__main__":
    if sys.argv[1:2] == ["--all"]:
        pathlib.Path(sys.argv[2]).write_text(json.dumps(everything()))
    else:
        from requests import CASES

        found = [dict(capture(*case[:3], **(case[3] if len(case) > 3 else {}))) for case in CASES]
        (HERE / "botocore.json").write_text(json.dumps(found, indent=1) + "\n")
