"""What an instance does at its first boot: CloudFormation's helper scripts with a stack's metadata, and the forms of user data."""

import json
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from clients import client, refused, until
from instances import ec2, online, profile, run

cloudformation = client("cloudformation")
AMI = "{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}"
SCRIPT = """#!/bin/bash
/opt/aws/bin/cfn-init -v --stack ${AWS::StackName} --resource Server --configsets all --region ${AWS::Region}
/opt/aws/bin/cfn-signal -e $? --stack ${AWS::StackName} --resource Server --region ${AWS::Region}
"""


def template(command):
    """A server that is made once its metadata is applied. Its role may do nothing in CloudFormation."""
    init = {
        "configSets": {"all": ["first", {"ConfigSet": "rest"}], "rest": ["second"]},
        "first": {
            "packages": {"yum": {"tar": []}},
            "groups": {"keepers": {}},
            "users": {"keeper": {"groups": ["keepers"], "homeDir": "/srv/keeper"}},
            "files": {
                "/etc/backup.conf": {"content": {"Fn::Sub": "stack=${AWS::StackName}\n"}, "mode": "000600", "owner": "root", "group": "root"},
                "/etc/backup.json": {"content": {"bucket": {"Ref": "Bucket"}}},
                "/etc/greeting": {"content": "{{who}}\n", "context": {"who": "night"}},
                "/etc/systemd/system/waiter.service": {"content": "[Service]\nExecStart=/bin/sleep 1000\n"},
                "/etc/cfn/cfn-hup.conf": {"content": {"Fn::Sub": "[main]\nstack=${AWS::StackId}\nregion=${AWS::Region}\n"}},
                "/etc/cfn/hooks.d/reload.conf": {
                    "content": "[reload]\ntriggers=post.add\npath=Resources.Server.Metadata.AWS::CloudFormation::Init\naction=touch /var/reloaded\n"
                },
            },
        },
        "second": {
            "commands": {"01": {"command": command, "cwd": "/var"}, "02": {"command": "touch never", "cwd": "/var", "test": "false"}},
            "services": {"sysvinit": {"waiter": {"enabled": "true", "ensureRunning": "true"}}, "systemd": {"cfn-hup": {"enabled": True, "ensureRunning": True}}},
        },
    }
    server = {
        "Type": "AWS::EC2::Instance",
        "Metadata": {"AWS::CloudFormation::Init": init},
        "CreationPolicy": {"ResourceSignal": {"Timeout": "PT5M"}},
        "Properties": {
            "ImageId": AMI,
            "InstanceType": "t3.micro",
            "IamInstanceProfile": "machine",
            "UserData": {"Fn::Base64": {"Fn::Sub": SCRIPT}},
        },
    }
    return json.dumps({"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}, "Server": server, "Other": {"Type": "AWS::SQS::Queue"}}})


def ended(stack):
    def look():
        status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        return not status.endswith("IN_PROGRESS") and status

    return until(f"{stack} is done", look)


def server_of(stack):
    return cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId="Server")["StackResourceDetail"]["PhysicalResourceId"]


def helper_scripts():
    cloudformation.create_stack(StackName="first", TemplateBody=template("echo ran >> commands"))
    cloudformation.create_stack(StackName="failing", TemplateBody=template("exit 7"))
    events = lambda stack: [one.get("ResourceStatusReason", "") for one in cloudformation.describe_stack_events(StackName=stack)["StackEvents"]]
    assert ended("first") == "CREATE_COMPLETE", events("first")
    assert ended("failing") == "ROLLBACK_COMPLETE", events("failing")
    assert any("Received FAILURE signal" in reason for reason in events("failing")), events("failing")
    server = server_of("first")
    online(server)
    bucket = cloudformation.describe_stack_resource(StackName="first", LogicalResourceId="Bucket")["StackResourceDetail"]["PhysicalResourceId"]
    look = [
        "cat /etc/backup.conf /etc/backup.json; echo; cat /etc/greeting /var/commands; stat -c %a /etc/backup.conf; ls /var/never",
        "grep ^keeper /etc/passwd | cut -d: -f1,6,7; grep ^keepers /etc/group | cut -d: -f4; systemctl is-active waiter cfn-hup",
        "grep -c 'Build complete' /var/log/cfn-init.log; grep -c 'Completed successfully' /var/log/cfn-init-cmd.log",
        "/opt/aws/bin/cfn-get-metadata -s first -r Server -k AWS::CloudFormation::Init.second.commands.01.command",
        "/opt/aws/bin/cfn-hup --no-daemon && ls /var/reloaded; grep -c 'Running action for reload' /var/log/cfn-hup.log",
    ]
    seen = run(server, look)
    expected = [
        "stack=first", json.dumps({"bucket": bucket}), "night", "ran", "600", "keeper:/srv/keeper:/sbin/nologin", "keeper",
        "active", "active", "1", "1", "echo ran >> commands", "/var/reloaded", "1",
    ]  # fmt: skip
    assert seen["StandardOutputContent"].splitlines() == expected, seen

    # Its identity is good for its own stack: elsewhere its role decides.
    cloudformation.create_stack(StackName="other", TemplateBody='{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Metadata": {"a": "b"}}}}')
    assert ended("other") == "CREATE_COMPLETE"
    denied = run(server, "/opt/aws/bin/cfn-get-metadata -s other -r Q; echo $?")
    assert denied["StandardOutputContent"] == "1\n", denied
    assert f"AccessDenied: User: arn:aws:sts::123456789012:assumed-role/machine/{server} is not authorized" in denied["StandardErrorContent"], denied
    forged = run(server, "curl -s -H \"Authorization: CFN_V1 $(printf '{}' | base64):eA==\" "
                 "'https://cloudformation.us-east-1.amazonaws.com/?Action=DescribeStackResource&StackName=first&LogicalResourceId=Server&Version=2010-05-15'")
    assert "SignatureDoesNotMatch" in forged["StandardOutputContent"], forged
    wrong = run(server, "/opt/aws/bin/cfn-init --stack first --resource None; /opt/aws/bin/cfn-init --stack first --resource Other; /opt/aws/bin/cfn-signal; echo $?")
    for reason in ("Resource None does not exist for stack first", "Error: Other does not specify any metadata", "No WaitConditionHandle URL"):
        assert reason in wrong["StandardErrorContent"], wrong
    for stack in ("first", "failing", "other"):
        cloudformation.delete_stack(StackName=stack)
    until("no stack", lambda: not [one for one in cloudformation.describe_stacks()["Stacks"]])
    refused("ValidationError", cloudformation.signal_resource, StackName="first", LogicalResourceId="Server", UniqueId="x", Status="SUCCESS")


GROUP = """
Resources:
  Launch:
    Type: AWS::EC2::LaunchTemplate
    Metadata:
      AWS::CloudFormation::Init:
        config: {files: {/etc/backup.conf: {content: !Sub "stack=${AWS::StackName}", mode: "000600"}}, commands: {01_touch: {command: touch /etc/backup.ready}}}
    Properties:
      LaunchTemplateData:
        ImageId: "{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}"
        InstanceType: t3.micro
        IamInstanceProfile: {Name: machine}
        UserData: !Base64
          Fn::Sub: |
            #!/bin/bash -xe
            /opt/aws/bin/cfn-init -v --stack ${AWS::StackName} --resource Launch --region ${AWS::Region}
            /opt/aws/bin/cfn-signal -e $? --stack ${AWS::StackName} --resource Group --region ${AWS::Region}
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    CreationPolicy: {ResourceSignal: {Count: 1, Timeout: PT5M}}
    Properties:
      MinSize: "1"
      MaxSize: "1"
      AvailabilityZones: [us-east-1a]
      LaunchTemplate: {LaunchTemplateId: !Ref Launch, Version: !GetAtt Launch.LatestVersionNumber}
"""


def group():
    """An instance of a group is one of the group's stack."""
    cloudformation.create_stack(StackName="group", TemplateBody=GROUP)
    assert ended("group") == "CREATE_COMPLETE", cloudformation.describe_stack_events(StackName="group")["StackEvents"]
    filters = [{"Name": "tag:aws:cloudformation:stack-name", "Values": ["group"]}, {"Name": "instance-state-name", "Values": ["running"]}]
    found = [one["Instances"][0]["InstanceId"] for one in ec2.describe_instances(Filters=filters)["Reservations"]]
    assert len(found) == 1, found
    online(found[0])
    assert run(found[0], "cat /etc/backup.conf; ls /etc/backup.ready")["StandardOutputContent"] == "stack=group/etc/backup.ready\n"
    cloudformation.delete_stack(StackName="group")
    until("no group", lambda: not cloudformation.describe_stacks()["Stacks"])


CONFIG = """#cloud-config
package_update: true
packages: [tar, [gzip, "1.0"]]
groups: [nightly]
users:
- default
- {name: keeper, groups: nightly, shell: /bin/sh, sudo: "ALL=(ALL) NOPASSWD:ALL", gecos: Keeper}
write_files:
- {path: /etc/keeper.conf, content: "kept\\n", permissions: '0640'}
- {path: /home/keeper/late, content: "late\\n", owner: "keeper:keeper", defer: true}
bootcmd:
- echo boot $INSTANCE_ID >> /var/boots
runcmd:
- [sh, -c, 'echo "run by words" >> /var/order']
- echo "run by line $(id -un)" >> /var/order
"""


def archive():
    parts = [("cloud-config", CONFIG), ("x-shellscript", "#!/bin/bash\necho script >> /var/order\necho said\n"), ("cloud-boothook", "#cloud-boothook\n#!/bin/sh\necho hook >> /var/boots\n")]
    message = MIMEMultipart()
    for kind, text in parts:
        message.attach(MIMEText(text, kind))
    return message.as_string()


def user_data():
    def with_data(data):
        found = ec2.run_instances(
            ImageId="resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
            InstanceType="t3.micro", MinCount=1, MaxCount=1, IamInstanceProfile={"Name": "machine"}, UserData=data,
        )  # fmt: skip
        return found["Instances"][0]["InstanceId"]

    whole, unknown = with_data(archive()), with_data("#include\nhttps://example.com/x\n")
    online(whole)
    online(unknown)
    look = [
        "cloud-init status --wait; cat /var/order; cut -d' ' -f1 /var/boots; cat /etc/keeper.conf /home/keeper/late; stat -c %a /etc/keeper.conf",
        "grep ^keeper /etc/passwd | cut -d: -f5,6,7; grep ^nightly /etc/group | cut -d: -f4; cat /etc/sudoers.d/90-cloud-init-users | tail -n1; grep said /var/log/cloud-init-output.log",
        "sudo -u keeper sh -c 'cd; pwd'",
    ]
    seen = run(whole, look)
    expected = [
        "status: done", "script", "run by words", "run by line root", "hook", "boot", "kept", "late", "640",
        "Keeper:/home/keeper:/bin/sh", "keeper", "keeper ALL=(ALL) NOPASSWD:ALL", "said", "/home/keeper",
    ]  # fmt: skip
    assert seen["StandardOutputContent"].splitlines() == expected, seen
    assert run(unknown, "cloud-init status; true")["StandardOutputContent"] == "status: error\n"
    # Only bootcmd and boothooks run again.
    ec2.stop_instances(InstanceIds=[whole])
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[whole], WaiterConfig={"Delay": 1})
    ec2.start_instances(InstanceIds=[whole])
    ec2.get_waiter("instance_running").wait(InstanceIds=[whole], WaiterConfig={"Delay": 1})
    online(whole)
    again = run(whole, "cloud-init status --wait; wc -l < /var/boots; wc -l < /var/order")
    assert again["StandardOutputContent"].split()[-2:] == ["4", "3"], again
    ec2.terminate_instances(InstanceIds=[whole, unknown])


profile()
helper_scripts()
group()
user_data()
