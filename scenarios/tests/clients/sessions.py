"""Two instances for sessions: one with a role for the agent, which is connected when this ends, and one without. Prints their ids."""

from clients import refused, until
from instances import IMAGE, ec2, launch, online, profile, ssm


def status(instance):
    return ssm.get_connection_status(Target=instance)["Status"]


def main():
    profile()
    lonely = ec2.run_instances(ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    connected = launch("Enabled")
    online(connected)
    until("it is connected", lambda: status(connected) == "connected")
    assert status(lonely) == "notconnected"
    refused("TargetNotConnected", ssm.start_session, Target=lonely)
    print(connected, lonely)


main()
