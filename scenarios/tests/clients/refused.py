"""Uploads that are refused, each followed by a good one: by one client with one connection that never tries again. No good one is lost.

`ROUNDS` is how often each kind is refused, `LENGTHS` how long the bodies are, bytes with commas between them. A body that is a file is sent
with `Expect: 100-continue`, and withheld when it is refused; bytes are sent at once, unless they are many.
"""

import io
import os
import time

import boto3
from botocore.awsrequest import AWSRequest
from botocore.config import Config

from clients import client, policy, refused

ROUNDS = int(os.environ.get("ROUNDS", "10"))
LENGTHS = [int(length) for length in os.environ.get("LENGTHS", f"1,{1024 * 1024}").split(",")]
BUCKET = "drill-refused"
ONCE = Config(retries={"max_attempts": 0}, max_pool_connections=1, read_timeout=60)


def once(key, secret, token=None):
    made = boto3.client("s3", config=ONCE, aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token)
    made.meta.events.register("before-sign.s3.PutObject", without_length)
    return made


def without_length(request, **_):
    """Leaves out how long an object in chunks is, for keys that ask for it."""
    if "/short" in request.url:
        del request.headers["X-Amz-Decoded-Content-Length"]


def prepare():
    """A user's client, and one whose session has ended; both have their one connection in common."""
    s3, iam = client("s3"), client("iam")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="there", Body=b"x")
    iam.create_user(UserName="uploader")
    keys = [f"arn:aws:s3:::{BUCKET}/{key}" for key in ("good", "key", "last", "short", "struck", "there")]
    granted = policy(("s3:PutObject", [*keys, "arn:aws:s3:::drill-none/key"]), ("s3:ListBucket", "*"))
    iam.put_user_policy(UserName="uploader", PolicyName="some", PolicyDocument=granted)
    key = iam.create_access_key(UserName="uploader")["AccessKey"]
    user = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    session = boto3.client("sts", **user).get_session_token()["Credentials"]
    good = once(key["AccessKeyId"], key["SecretAccessKey"])
    ended = once(session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    # A fault ends the session with its first call.
    ended.put_object(Bucket=BUCKET, Key="last", Body=b"x")
    ended._endpoint.http_session = good._endpoint.http_session
    return good, ended


def form(s3, length):
    """A browser's form, of more than a megabyte."""
    parts = s3.generate_presigned_post(BUCKET, "form")
    fields = "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts["fields"].items())
    data = f'{fields}--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n'.encode() + b"x" * max(length, 1_100_000) + b"\r\n--b--\r\n"
    request = AWSRequest("POST", parts["url"], {"Content-Type": "multipart/form-data; boundary=b"}, data).prepare()
    answer = s3._endpoint.http_session.send(request)
    assert answer.status_code >= 400 and b"<Error><Code>" in answer.content.replace(b"\n", b""), (answer.status_code, answer.content)


def kinds(s3, ended):
    """How each kind of refusal comes about: `ask(body, length)` is refused, and nothing else."""

    def put(code, key, by=s3, bucket=BUCKET, **more):
        return lambda body, _: refused(code, by.put_object, Bucket=bucket, Key=key, Body=body, **more)

    return {
        "AccessDenied": put("AccessDenied", "denied"),
        "an invalid checksum": put("InvalidRequest", "key", ChecksumCRC32="nonsense"),
        "an invalid MD5": put("InvalidDigest", "key", ContentMD5="nonsense"),
        "another MD5": put("BadDigest", "key", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg=="),
        "another checksum": put("BadDigest", "key", ChecksumCRC32="AAAAAA=="),
        "no length": put("MissingContentLength", "short"),
        "a condition": put("PreconditionFailed", "there", IfNoneMatch="*"),
        "no bucket": put("NoSuchBucket", "key", bucket="drill-none"),
        "an expired token": put("ExpiredToken", "key", by=ended),
        "a fault": put("SlowDown", "struck"),
        "a form": lambda _, length: form(s3, length),
    }


def rounds():
    s3, ended = prepare()
    for length in LENGTHS:
        data = b"x" * length
        for name, ask in kinds(s3, ended).items():
            for shape in (io.BytesIO, bytes):
                # The length of bytes is no secret to S3: only what comes in chunks can lack it.
                if name == "no length" and shape is bytes:
                    continue
                begun = time.monotonic()
                for number in range(ROUNDS):
                    ask(shape(data), length)
                    try:
                        s3.put_object(Bucket=BUCKET, Key="good", Body=shape(b"good"))
                    except Exception as error:
                        raise AssertionError(f"lost after {name}, {length} bytes as {shape.__name__}, round {number}") from error
                print(f"{name}, {length} bytes as {shape.__name__}: {ROUNDS} in {time.monotonic() - begun:.1f} s", flush=True)
    assert client("s3").get_object(Bucket=BUCKET, Key="good")["Body"].read() == b"good"


rounds()
