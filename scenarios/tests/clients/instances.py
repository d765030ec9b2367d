"""Launching instances and running commands on them."""

from clients import client, trust, until

ec2, iam, ssm = client("ec2"), client("iam"), client("ssm")
IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
ENDED = ("Success", "Failed", "TimedOut", "Cancelled")


def profile():
    iam.create_role(RoleName="machine", AssumeRolePolicyDocument=trust("ec2"))
    iam.attach_role_policy(RoleName="machine", PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
    iam.create_instance_profile(InstanceProfileName="machine")
    iam.add_role_to_instance_profile(InstanceProfileName="machine", RoleName="machine")


def launch(tag, **more):
    user_data = "#!/bin/sh\necho prepared > /var/prepared\n"
    return ec2.run_instances(
        ImageId=IMAGE,
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        IamInstanceProfile={"Name": "machine"},
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Backup", "Value": tag}]}],
        UserData=user_data,
        **more,
    )["Instances"][0]["InstanceId"]


def online(instance):
    filters = [{"Key": "InstanceIds", "Values": [instance]}]

    def look():
        found = ssm.describe_instance_information(Filters=filters)["InstanceInformationList"]
        return found and found[0]["PingStatus"] == "Online" and found[0]

    return until(f"{instance} is online", look)


def send(script, **target):
    arguments = {"DocumentName": "AWS-RunShellScript", "Parameters": {"commands": script if isinstance(script, list) else [script]}}
    return ssm.send_command(**arguments, **target)["Command"]["CommandId"]


def result(command, instance):
    def look():
        try:
            found = ssm.get_command_invocation(CommandId=command, InstanceId=instance)
        except ssm.exceptions.InvocationDoesNotExist:
            return None
        return found["Status"] in ENDED and found

    return until(f"{command} ends on {instance}", look)


def run(instance, script, **more):
    return result(send(script, InstanceIds=[instance], **more), instance)
