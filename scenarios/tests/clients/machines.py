"""ec2 instances and ssm: real machines, commands by id and by tag, parameters, documents."""

import base64
import json
import os

import boto3
from clients import client, pages, policy, refused, until
from instances import ec2, iam, launch, online, profile, result, run, send, ssm


def two_instances():
    refused("InvalidAMIID.NotFound", ec2.run_instances, ImageId="ami-00000000000000000", MinCount=1, MaxCount=1)
    first, second = launch("Enabled"), launch("Disabled")
    ec2.get_waiter("instance_running").wait(InstanceIds=[first, second], WaiterConfig={"Delay": 1})
    ec2.get_waiter("instance_status_ok").wait(InstanceIds=[first], WaiterConfig={"Delay": 1})
    found = pages(ec2, "describe_instances", "Reservations", Filters=[{"Name": "tag:Backup", "Values": ["Enabled"]}])
    assert [one["Instances"][0]["InstanceId"] for one in found] == [first], found
    described = found[0]["Instances"][0]
    assert described["IamInstanceProfile"]["Arn"].endswith(":instance-profile/machine"), described
    assert described["MetadataOptions"]["HttpTokens"] == "required", described
    assert described["PrivateDnsName"].endswith(".ec2.internal") and described["BlockDeviceMappings"]
    ec2.create_tags(Resources=[second], Tags=[{"Key": "Night", "Value": "1"}])
    attribute = ec2.describe_instance_attribute(InstanceId=first, Attribute="userData")["UserData"]["Value"]
    assert "prepared" in base64.b64decode(attribute).decode()
    volume = described["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    assert ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"] == "in-use"
    assert online(first)["PlatformType"] == "Linux"
    online(second)
    return first, second


def commands(first, second):
    refused("InvalidInstanceId", ssm.send_command, DocumentName="AWS-RunShellScript", InstanceIds=["i-00000000000000000"], Parameters={"commands": ["true"]})
    refused("InvalidDocument", ssm.send_command, DocumentName="None", InstanceIds=[first])
    refused("InvalidParameters", ssm.send_command, DocumentName="AWS-RunShellScript", InstanceIds=[first])

    # Five seconds are the least that an agent takes for a limit; the others need not wait for it.
    late = ssm.send_command(
        DocumentName="AWS-RunShellScript", InstanceIds=[second], Parameters={"commands": ["sleep 300"], "executionTimeout": ["5"]}
    )["Command"]["CommandId"]
    done = run(first, ["cat /var/prepared", "aws sts get-caller-identity --query Arn --output text", "echo oops >&2"])
    assert done["Status"] == "Success" and done["ResponseCode"] == 0, done
    assert done["StandardOutputContent"].startswith("prepared\n"), done
    assert f":assumed-role/machine/{first}" in done["StandardOutputContent"] and done["StandardErrorContent"].startswith("oops"), done
    failed = run(first, ["echo before", "exit 7"])
    assert (failed["Status"], failed["ResponseCode"]) == ("Failed", 7) and "before" in failed["StandardOutputContent"], failed

    by_tag = send("hostname", Targets=[{"Key": "tag:Backup", "Values": ["Enabled"]}], Comment="by tag")
    assert result(by_tag, first)["Status"] == "Success"
    invocations = pages(ssm, "list_command_invocations", "CommandInvocations", CommandId=by_tag, Details=True)
    assert [one["InstanceId"] for one in invocations] == [first], invocations
    assert invocations[0]["CommandPlugins"][0]["Output"].strip(), invocations
    command = ssm.list_commands(CommandId=by_tag)["Commands"][0]
    assert (command["Status"], command["TargetCount"], command["CompletedCount"]) == ("Success", 1, 1), command
    assert command["Comment"] == "by tag"
    listed = pages(ssm, "list_commands", "Commands", Filters=[{"key": "Status", "value": "Failed"}])
    assert [one["Status"] for one in listed] == ["Failed"], listed
    assert len(pages(ssm, "list_commands", "Commands", PaginationConfig={"PageSize": 1})) == 4
    ssm.get_waiter("command_executed").wait(CommandId=by_tag, InstanceId=first)

    sleeping = send("sleep 300", InstanceIds=[first])
    until("it runs", lambda: ssm.list_commands(CommandId=sleeping)["Commands"][0]["Status"] == "InProgress")
    ssm.cancel_command(CommandId=sleeping)
    assert result(sleeping, first)["Status"] == "Cancelled"
    out_of_time = result(late, second)
    assert (out_of_time["Status"], out_of_time["StatusDetails"]) == ("TimedOut", "ExecutionTimedOut"), out_of_time
    refused("InvocationDoesNotExist", ssm.get_command_invocation, CommandId=by_tag, InstanceId=second)
    refused("InvalidCommandId", ssm.cancel_command, CommandId="00000000-0000-0000-0000-000000000000")


def sessions(instance):
    until("it is connected", lambda: ssm.get_connection_status(Target=instance)["Status"] == "connected")
    assert ssm.get_connection_status(Target="i-00000000000000000")["Status"] == "notconnected"
    if os.environ.get("CLIENT") == "aws":
        # It starts its plugin next, and ends the session where there is none.
        status, _, said, _ = ssm.main(["ssm", "start-session", "--target", instance])
        assert status and "SessionManagerPlugin is not found" in said, (status, said)
    direct = boto3.client("ssm")
    refused("TargetNotConnected", direct.start_session, Target="i-00000000000000000")
    refused("InvalidDocument", direct.start_session, Target=instance, DocumentName="None")
    session = direct.start_session(Target=instance, Reason="to look around")["SessionId"]
    assert session.startswith("root-0"), session
    resumed = ssm.resume_session(SessionId=session)
    assert resumed["StreamUrl"].startswith("wss://127.0.0.1:") and resumed["TokenValue"], resumed
    active = pages(ssm, "describe_sessions", "Sessions", State="Active", Filters=[{"key": "Target", "value": instance}])
    assert [(one["SessionId"], one["Status"], one["Reason"]) for one in active] == [(session, "Connecting", "to look around")], active
    assert ssm.terminate_session(SessionId=session)["SessionId"] == session
    refused("DoesNotExistException", ssm.resume_session, SessionId=session)
    over = ssm.describe_sessions(State="History", Filters=[{"key": "SessionId", "value": session}])["Sessions"]
    assert [one["Status"] for one in over] == ["Terminated"], over


def documents(first):
    content = {
        "schemaVersion": "2.2",
        "parameters": {"word": {"type": "String", "default": "night", "allowedPattern": "^[a-z]+$"}},
        "mainSteps": [{"action": "aws:runShellScript", "name": "say", "inputs": {"runCommand": ["echo {{ word }}"]}}],
    }
    made = ssm.create_document(Name="drill-say", DocumentType="Command", Content=json.dumps(content))["DocumentDescription"]
    assert made["Name"] == "drill-say" and made["DocumentVersion"] == "1", made
    refused("DocumentAlreadyExists", ssm.create_document, Name="drill-say", DocumentType="Command", Content=json.dumps(content))
    refused("InvalidDocumentContent", ssm.create_document, Name="drill-bad", DocumentType="Command", Content="{}")
    assert json.loads(ssm.get_document(Name="drill-say")["Content"]) == content
    assert "Linux" in ssm.describe_document(Name="AWS-RunShellScript")["Document"]["PlatformTypes"]
    listed = pages(ssm, "list_documents", "DocumentIdentifiers", Filters=[{"Key": "Owner", "Values": ["Self"]}])
    assert [one["Name"] for one in listed] == ["drill-say"], listed
    command = ssm.send_command(DocumentName="drill-say", InstanceIds=[first], Parameters={"word": ["fire"]})["Command"]
    assert result(command["CommandId"], first)["StandardOutputContent"] == "fire\n"
    refused("InvalidParameters", ssm.send_command, DocumentName="drill-say", InstanceIds=[first], Parameters={"word": ["7"]})
    ssm.delete_document(Name="drill-say")
    refused("InvalidDocument", ssm.describe_document, Name="drill-say")


def parameters():
    ssm.put_parameter(Name="/drill/a", Value="1", Type="String", Description="one", Tags=[{"Key": "k", "Value": "v"}])
    refused("ParameterAlreadyExists", ssm.put_parameter, Name="/drill/a", Value="2", Type="String")
    assert ssm.put_parameter(Name="/drill/a", Value="2", Type="String", Overwrite=True)["Version"] == 2
    ssm.put_parameter(Name="/drill/deep/secret", Value="hush", Type="SecureString")
    ssm.put_parameter(Name="/drill/list", Value="a,b", Type="StringList")
    assert ssm.get_parameter(Name="/drill/a:1")["Parameter"]["Value"] == "1"
    sealed = ssm.get_parameter(Name="/drill/deep/secret")["Parameter"]
    assert sealed["Value"] != "hush" and sealed["Type"] == "SecureString"
    assert ssm.get_parameter(Name="/drill/deep/secret", WithDecryption=True)["Parameter"]["Value"] == "hush"
    some = ssm.get_parameters(Names=["/drill/a", "/drill/none"])
    assert [one["Value"] for one in some["Parameters"]] == ["2"] and some["InvalidParameters"] == ["/drill/none"]
    shallow = pages(ssm, "get_parameters_by_path", "Parameters", Path="/drill")
    assert sorted(one["Name"] for one in shallow) == ["/drill/a", "/drill/list"], shallow
    deep = pages(ssm, "get_parameters_by_path", "Parameters", Path="/drill", Recursive=True, PaginationConfig={"PageSize": 1})
    assert len(deep) == 3, deep
    described = pages(ssm, "describe_parameters", "Parameters", ParameterFilters=[{"Key": "Type", "Values": ["SecureString"]}])
    assert [one["KeyId"] for one in described] == ["alias/aws/ssm"], described
    assert [one["Version"] for one in ssm.get_parameter_history(Name="/drill/a")["Parameters"]] == [1, 2]
    assert ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/drill/a")["TagList"] == [{"Key": "k", "Value": "v"}]
    refused("ParameterNotFound", ssm.get_parameter, Name="/drill/none")
    refused("ParameterNotFound", ssm.delete_parameter, Name="/drill/none")
    gone = ssm.delete_parameters(Names=["/drill/a", "/drill/list", "/drill/deep/secret"])
    assert len(gone["DeletedParameters"]) == 3


def stop_and_start(instance):
    assert run(instance, "echo kept > /var/kept; echo gone > /run/gone; sync")["Status"] == "Success"
    ec2.stop_instances(InstanceIds=[instance])
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[instance], WaiterConfig={"Delay": 1})
    refused("IncorrectInstanceState", ec2.reboot_instances, InstanceIds=[instance])
    ec2.start_instances(InstanceIds=[instance])
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance], WaiterConfig={"Delay": 1})
    online(instance)
    look = "cat /var/kept /var/prepared; test -e /run/gone || echo fresh; stat -c %a /var/tmp; hostname"
    seen = run(instance, look)["StandardOutputContent"]
    assert seen.startswith("kept\nprepared\nfresh\n1777\nip-"), seen


def reboots(instance):
    asks = "[ -e /var/asked ] || { touch /var/asked /run/asked; echo asks; exit 194; }; test ! -e /run/asked && echo rebooted"
    steps = {"before": "echo once | tee -a /var/before", "asks": asks, "after": "cat /var/before"}
    content = {
        "schemaVersion": "2.2",
        "mainSteps": [{"action": "aws:runShellScript", "name": name, "inputs": {"runCommand": [line]}} for name, line in steps.items()],
    }
    ssm.create_document(Name="drill-reboot", DocumentType="Command", Content=json.dumps(content))
    command = ssm.send_command(DocumentName="drill-reboot", InstanceIds=[instance])["Command"]["CommandId"]
    until("it has ended", lambda: ssm.list_commands(CommandId=command)["Commands"][0]["Status"] not in ("Pending", "InProgress"))
    ended = [ssm.get_command_invocation(CommandId=command, InstanceId=instance, PluginName=name) for name in steps]
    seen = [(one["Status"], one["ResponseCode"], one["StandardOutputContent"]) for one in ended]
    assert seen == [("Success", 0, "once\n"), ("Success", 0, "asks\nrebooted\n"), ("Success", 0, "once\n")], seen
    assert ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["State"]["Name"] == "running"
    ssm.delete_document(Name="drill-reboot")


def as_its_image(instance):
    """The system, the agent's environment, and what only one of the two families has."""
    script = [
        "set -o pipefail; [[ $(pwd) == /usr/bin ]] && echo $AWS_SSM_PLATFORM_NAME $AWS_SSM_PLATFORM_VERSION ${HOME-none}",
        "sudo -u ec2-user sh -c 'cd; pwd'; ec2-metadata -i; cloud-init status --wait; systemctl is-active amazon-ssm-agent",
        "mkdir /backup && touch /backup/a /usr/local/bin/b && command -v apt-get pg_dump; sudo aws --version > /dev/null && echo aws",
    ]
    done = run(instance, script)
    expected = ["Amazon Linux 2023 none", "/home/ec2-user", f"instance-id: {instance}", "status: done", "active", "aws"]
    assert done["StandardOutputContent"].splitlines() == expected, done
    described = online(instance)
    assert (described["PlatformName"], described["PlatformVersion"]) == ("Amazon Linux", "2023"), described


def outputs(instance):
    """Where a command's output goes, and where what it runs comes from."""
    s3, logs = client("s3"), client("logs")
    s3.create_bucket(Bucket="drill-outputs")
    of_objects = ("s3:*", "arn:aws:s3:::drill-outputs/*")
    granted = policy(of_objects, ("s3:*", "arn:aws:s3:::drill-outputs"), ("logs:*", "*"))
    iam.put_role_policy(RoleName="machine", PolicyName="outputs", PolicyDocument=granted)
    done = run(
        instance,
        ["head -c 30000 /dev/zero | tr '\\0' x", "head -c 9000 /dev/zero | tr '\\0' e >&2"],
        OutputS3BucketName="drill-outputs",
        OutputS3KeyPrefix="nights",
        CloudWatchOutputConfig={"CloudWatchOutputEnabled": True},
    )
    assert len(done["StandardOutputContent"]) == 24000 and len(done["StandardErrorContent"]) == 8000, done
    key = f"nights/{done['CommandId']}/{instance}/awsrunShellScript/0.awsrunShellScript/stdout"
    assert done["StandardOutputUrl"].endswith(f"/drill-outputs/{key}"), done["StandardOutputUrl"]
    found = s3.get_object(Bucket="drill-outputs", Key=key)
    assert found["Body"].read() == b"x" * 30000 and found["ServerSideEncryption"] == "AES256", found
    stream = f"{done['CommandId']}/{instance}/aws-runShellScript/stderr"
    events = logs.get_log_events(logGroupName="/aws/ssm/AWS-RunShellScript", logStreamName=stream)["events"]
    assert [one["message"] for one in events] == ["e" * 9000], events
    invocation = ssm.list_command_invocations(CommandId=done["CommandId"], Details=True)["CommandInvocations"][0]
    output = invocation["CommandPlugins"][0]["Output"]
    assert "x\n---Output truncated---" in output and output.endswith("e\n---Error truncated----"), output

    s3.put_object(Bucket="drill-outputs", Key="scripts/hello.sh", Body=b"#!/bin/bash\necho hello $1\n")
    command = ssm.send_command(
        DocumentName="AWS-RunRemoteScript",
        InstanceIds=[instance],
        Parameters={
            "sourceType": ["S3"],
            "sourceInfo": [json.dumps({"path": "https://s3.amazonaws.com/drill-outputs/scripts/hello.sh"})],
            "commandLine": ["hello.sh night"],
        },
    )["Command"]["CommandId"]
    assert result(command, instance)["Status"] == "Success", ssm.list_command_invocations(CommandId=command, Details=True)
    said = ssm.get_command_invocation(CommandId=command, InstanceId=instance, PluginName="runShellScript")
    assert said["StandardOutputContent"] == "hello night\n", said
    iam.delete_role_policy(RoleName="machine", PolicyName="outputs")


def as_the_agent_reads_them(instance):
    """Documents and parameters in the forms that the agent takes and refuses."""
    ssm.put_parameter(Name="/drill/word", Value="night", Type="String")
    assert run(instance, "echo {{ssm:/drill/word}}")["StandardOutputContent"] == "night\n"
    missing = run(instance, "echo {{ ssm:/drill/none }}")
    assert missing["Status"] == "Failed" and "invalid parameters [/drill/none]" in missing["StandardErrorContent"], missing
    ssm.delete_parameter(Name="/drill/word")

    def document(name, content, **parameters):
        ssm.create_document(Name=name, DocumentType="Command", Content=json.dumps(content))
        command = ssm.send_command(DocumentName=name, InstanceIds=[instance], Parameters=parameters)["Command"]["CommandId"]
        return result(command, instance)

    def old(properties):
        return {"schemaVersion": "1.2", "runtimeConfig": {"aws:runShellScript": {"properties": properties}}}

    def new(*steps, **more):
        steps = [{"action": action, "name": f"step{number}", **step} for number, (action, step) in enumerate(steps)]
        return {"schemaVersion": "2.2", "mainSteps": steps, **more}

    def shell(line):
        return {"inputs": {"runCommand": line}}

    assert document("drill-object", old({"runCommand": ["echo one"]}))["StandardOutputContent"] == "one\n"
    two = document("drill-two", old([{"runCommand": ["echo a; exit 3"]}, {"runCommand": ["echo b"]}]))
    assert two["StandardOutputContent"] == "a\n\nb\n", two
    text = document("drill-text", new(("aws:runShellScript", shell("echo text"))))
    assert text["Status"] == "Failed" and "cannot unmarshal string" in text["StandardErrorContent"], text
    assert document("drill-none", new(("aws:runShellScript", {"inputs": {}})))["Status"] == "Success"
    lost = document("drill-lost", new(("aws:runShellScript", {"inputs": {"runCommand": ["true"], "workingDirectory": "/no/such"}})))
    assert lost["StandardErrorContent"] == "failed to run commands: fork/exec /usr/bin/sh: no such file or directory", lost
    outer = new(("aws:runDocument", {"inputs": {"documentType": "SSMDocument", "documentPath": "drill-object"}}))
    assert document("drill-outer", outer)["StandardOutputContent"] == "one\n"
    when = {"precondition": {"StringEquals": ["{{ Mode }}", "full"]}}
    modes = {"Mode": {"type": "String", "default": "full"}}
    skipped = document("drill-mode", new(("aws:runShellScript", {**when, **shell(["echo full"])}), parameters=modes), Mode=["none"])
    # The agent says so in the step's output, which is none of a script.
    said = ssm.list_command_invocations(CommandId=skipped["CommandId"], Details=True)["CommandInvocations"][0]["CommandPlugins"][0]
    assert said["Output"].startswith("Step execution skipped due to unsatisfied preconditions"), said
    assert skipped["StandardOutputContent"] == "", skipped
    for name in ("object", "two", "text", "none", "lost", "outer", "mode"):
        ssm.delete_document(Name=f"drill-{name}")


def uploads(instance):
    """Every other upload of an instance is refused, over one connection and without a second attempt; the others come."""
    rounds, s3 = int(os.environ.get("ROUNDS", "20")), client("s3")
    s3.create_bucket(Bucket="drill-uploads")
    granted = policy(("s3:PutObject", "arn:aws:s3:::drill-uploads/*-good"))
    iam.put_role_policy(RoleName="machine", PolicyName="uploads", PolicyDocument=granted)
    script = [
        "export AWS_MAX_ATTEMPTS=1 AWS_CONFIG_FILE=/tmp/config",
        "aws configure set default.s3.max_concurrent_requests 1",
        f"mkdir some && for number in $(seq {rounds}); do echo x > some/$number-denied; echo x > some/$number-good; done",
        "aws s3 cp some s3://drill-uploads --recursive > said 2>&1",
        "grep -c '(AccessDenied)' said",
        "aws s3api put-object --bucket drill-uploads --key denied --body said && exit 1",
        "aws s3api put-object --bucket drill-uploads --key last-good --body said > put || exit 2",
    ]
    done = run(instance, script)
    assert (done["Status"], done["StandardOutputContent"].split()) == ("Success", [str(rounds)]), done
    keys = [one["Key"] for one in pages(s3, "list_objects_v2", "Contents", Bucket="drill-uploads")]
    assert sorted(keys) == sorted(["last-good", *(f"{number}-good" for number in range(1, rounds + 1))]), keys
    iam.delete_role_policy(RoleName="machine", PolicyName="uploads")


def away(*instances):
    ec2.modify_instance_attribute(InstanceId=instances[0], DisableApiTermination={"Value": True})
    refused("OperationNotPermitted", ec2.terminate_instances, InstanceIds=[instances[0]])
    ec2.modify_instance_attribute(InstanceId=instances[0], DisableApiTermination={"Value": False})
    ec2.terminate_instances(InstanceIds=list(instances))
    ec2.get_waiter("instance_terminated").wait(InstanceIds=list(instances), WaiterConfig={"Delay": 1})
    until("no managed nodes", lambda: not ssm.describe_instance_information()["InstanceInformationList"])
    iam.remove_role_from_instance_profile(InstanceProfileName="machine", RoleName="machine")
    iam.delete_instance_profile(InstanceProfileName="machine")
    iam.detach_role_policy(RoleName="machine", PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
    iam.delete_role(RoleName="machine")


profile()
first, second = two_instances()
commands(first, second)
sessions(first)
documents(first)
parameters()
stop_and_start(first)
uploads(first)
as_its_image(first)
outputs(first)
as_the_agent_reads_them(first)
reboots(first)
away(first, second)
