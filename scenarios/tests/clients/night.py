"""A night of a deployed stack in which something happens; prints its begin and end.

NIGHT is what happens, TEMPLATE the file with the stack. Nothing here knows of nightproof: these are the calls of people."""

import datetime
import json
import os

from clients import client, policy, until
from instances import ENDED, online, run

STACK, PARAMETERS = "backup", json.loads(os.environ.get("PARAMETERS", "{}"))
cloudformation, ec2, events, functions, iam, kms = map(client, ("cloudformation", "ec2", "events", "lambda", "iam", "kms"))
logs, ssm = client("logs"), client("ssm")


def deploy():
    with open(os.environ["TEMPLATE"]) as file:
        cloudformation.create_stack(
            StackName=STACK, TemplateBody=file.read(), Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in PARAMETERS.items()],
        )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    found = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found}


def invoke():
    """As the rule would; to the end of the function and of its commands."""
    name, group = made["BackupFunction"], "/aws/lambda/" + made["BackupFunction"]
    event = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
    before = {one["CommandId"] for one in ssm.list_commands()["Commands"]}
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event))

    def ended():
        lines = [one["message"] for one in logs.filter_log_events(logGroupName=group)["events"]]
        sent = [one for one in ssm.list_commands()["Commands"] if one["CommandId"] not in before]
        return any(line.startswith("REPORT ") for line in lines) and all(one["Status"] in ENDED for one in sent)

    until("the night ends", ended, 120)


def gone():
    assert run(instance, "mv /var/www/html /var/www/moved")["Status"] == "Success"


def stopped():
    ec2.stop_instances(InstanceIds=[instance])
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[instance], WaiterConfig={"Delay": 1})


def limited():
    """Somebody who may not read everything."""
    iam.create_user(UserName="limited")
    actions = ["cloudformation:*", "events:*", "lambda:*", "ssm:*", "s3:*"]
    iam.put_user_policy(UserName="limited", PolicyName="p", PolicyDocument=policy((actions, "*")))
    key = iam.create_access_key(UserName="limited")["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


HAPPENINGS = {
    "nothing": lambda: None,
    "data_path_gone": gone,
    "instance_stopped": stopped,
    "key_disabled": lambda: kms.disable_key(KeyId=made["BackupKey"]),
    "key_pending_deletion": lambda: kms.schedule_key_deletion(KeyId=made["BackupKey"], PendingWindowInDays=7),
    "tag_lost": lambda: ec2.delete_tags(Resources=[instance], Tags=[{"Key": "Backup"}]),
}
# Without these, the rule reaches the function.
SILENT = {
    "rule_disabled": lambda: events.disable_rule(Name=made["BackupRule"]),
    "rule_deleted": lambda: (
        events.remove_targets(Rule=made["BackupRule"], Ids=["backup-function"]), events.delete_rule(Name=made["BackupRule"])
    ),
    "target_removed": lambda: events.remove_targets(Rule=made["BackupRule"], Ids=["backup-function"]),
    "permission_removed": lambda: functions.remove_permission(
        FunctionName=made["BackupFunction"], StatementId=made["RuleMayInvoke"]
    ),
}


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")


night = os.environ["NIGHT"]
made = deploy()
instance = made["WebServerInstance"]
online(instance)
assert run(instance, "mkdir -p /var/www/html && seq 1000 > /var/www/html/index.html")["Status"] == "Success"
begin = now()
if night in SILENT:
    SILENT[night]()
else:
    HAPPENINGS[night]()
    # What happened before the function ran was the night's, not the backup's.
    begin = now() if night == "data_path_gone" else begin
    invoke()
print(json.dumps({"from": begin, "to": now(), "limited": limited()}))
