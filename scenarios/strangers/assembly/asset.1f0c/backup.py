import os

import boto3

from script import SCRIPT

ssm = boto3.client("ssm")


def handler(event, context):
    lines = ["#!/bin/bash", f"export ARCHIVES={os.environ['ARCHIVES']}"] + SCRIPT.strip().splitlines()
    command = ssm.send_command(
        DocumentName="AWS-RunShellScript",
        Targets=[{"Key": "tag:Backup", "Values": ["Enabled"]}],
        Parameters={"commands": lines, "executionTimeout": ["3600"]},
    )["Command"]
    return {"command": command["CommandId"]}
