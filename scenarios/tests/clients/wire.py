"""What no SDK sends: requests without a signature, too long, or never finished; and very many connections."""

import http.client
import os
import re
import resource
import socket
import ssl
from urllib.parse import urlsplit

from clients import client

ENDPOINT = urlsplit(os.environ["AWS_ENDPOINT_URL"])
TRUSTING = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


def ask(method, path, headers=None, body=None):
    connection = http.client.HTTPSConnection(ENDPOINT.hostname, ENDPOINT.port, context=TRUSTING, timeout=60)
    connection.request(method, path, body=body, headers=headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def code(text):
    found = re.search(r"<Code>(.*?)</Code>", text) or re.search(r'"__type": ?"(.*?)"', text)
    return found and found.group(1)


def unsigned():
    status, text = ask("POST", "/", FORM, "Action=GetCallerIdentity&Version=2011-06-15")
    assert status == 403 and "<ErrorResponse" in text and code(text) == "MissingAuthenticationToken", (status, text)
    status, text = ask("POST", "/?Action=DescribeVpcs&Version=2016-11-15", FORM)
    assert status == 403 and text.lstrip().startswith(("<?xml", "<Response")) and "<Errors>" in text, (status, text)
    target = {"X-Amz-Target": "AmazonSSM.ListCommands", "Content-Type": "application/x-amz-json-1.1"}
    status, text = ask("POST", "/", target, "{}")
    assert (status, code(text)) == (400, "MissingAuthenticationTokenException"), (status, text)
    status, text = ask("GET", "/")
    assert (status, code(text)) == (403, "AccessDenied"), (status, text)
    status, text = ask("GET", "/drill-none/key")
    assert status in (403, 404), (status, text)


def too_long():
    status, text = ask("GET", "/drill-none/key", {"x-amz-meta-a": "a" * 9000})
    assert (status, code(text)) == (400, "RequestHeaderSectionTooLarge"), (status, text)
    # Said to be 200 MB: refused before a byte of it is sent.
    raw = TRUSTING.wrap_socket(socket.create_connection((ENDPOINT.hostname, ENDPOINT.port)), server_hostname=ENDPOINT.hostname)
    raw.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 200000000\r\n\r\n")
    assert raw.recv(100).startswith(b"HTTP/1.1 403 "), "an answer before the body"
    raw.close()


def crowd():
    """A thousand connections that say nothing, half of them with TLS under way, are in nobody's way."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4096), most))
    idle = [socket.create_connection((ENDPOINT.hostname, ENDPOINT.port)) for _ in range(1000)]
    for one in idle[::2]:
        one.sendall(b"\x16\x03\x01")
    for _ in range(20):
        assert client("sts").get_caller_identity()["Account"]
    for one in idle:
        one.close()
    assert client("sts").get_caller_identity()["Account"]


unsigned()
too_long()
crowd()
