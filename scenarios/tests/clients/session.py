"""A session of the caller, as variables of an environment."""
import json

from clients import client

issued = client("sts").get_session_token()["Credentials"]
session = {"AWS_ACCESS_KEY_ID": "AccessKeyId", "AWS_SECRET_ACCESS_KEY": "SecretAccessKey", "AWS_SESSION_TOKEN": "SessionToken"}
print(json.dumps({name: issued[member] for name, member in session.items()}))
