"""Leaves an instance that runs a script, and a warm environment of a function."""

from clients import ACCOUNT, client, trust, zipped
from instances import launch, online, profile, send

profile()
instance = launch("Enabled")
online(instance)
# A folder that its owner may not enter has to go too.
send("mkdir -p /var/closed/deep; chmod 0 /var/closed; sleep 300 & sleep 300", InstanceIds=[instance])
client("iam").create_role(RoleName="function", AssumeRolePolicyDocument=trust("lambda"))
functions = client("lambda")
functions.create_function(
    FunctionName="drill", Runtime="python3.12", Role=f"arn:aws:iam::{ACCOUNT}:role/function", Handler="index.handler",
    Code={"ZipFile": zipped(index="def handler(event, context): return 1")},
)
functions.get_waiter("function_active_v2").wait(FunctionName="drill")
assert functions.invoke(FunctionName="drill")["Payload"].read() == b"1"
