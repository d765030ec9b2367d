"""An instance in a private subnet: what it reaches by VPC endpoints, what their policies and its network ACL keep back."""

import json

from clients import client, refused, until
from instances import IMAGE, ec2, iam, online, profile, run, ssm

s3 = client("s3")
BUCKET = "drill-private"
NAME = "com.amazonaws.us-east-1."


def network():
    vpc = ec2.create_vpc(CidrBlock="10.6.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.6.1.0/24", AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
    other = ec2.create_subnet(VpcId=vpc, CidrBlock="10.6.2.0/24", AvailabilityZone="us-east-1b")["Subnet"]["SubnetId"]
    table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]["RouteTableId"]
    return vpc, subnet, other, table


def endpoint(vpc, service, **more):
    return ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=NAME + service, **more)["VpcEndpoint"]["VpcEndpointId"]


def published(vpc):
    details = ec2.describe_vpc_endpoint_services(ServiceNames=[NAME + "s3"])["ServiceDetails"]
    assert sorted(one["ServiceType"][0]["ServiceType"] for one in details) == ["Gateway", "Interface"], details
    refused("InvalidServiceName", ec2.create_vpc_endpoint, VpcId=vpc, ServiceName="com.example.none")


def copy(instance):
    """Copies to the bucket with little patience; answers what the CLI says."""
    script = [
        "echo x > /tmp/x; export AWS_MAX_ATTEMPTS=1 AWS_REGION=us-east-1",
        f"aws s3 cp /tmp/x s3://{BUCKET}/x --cli-connect-timeout 2 --cli-read-timeout 5 2>&1 | tail -n 1",
    ]
    return run(instance, script)["StandardOutputContent"]


def acl_of(subnet):
    found = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["NetworkAcls"][0]
    return found, next(one["NetworkAclAssociationId"] for one in found["Associations"] if one["SubnetId"] == subnet)


def status(instance):
    found = ssm.describe_instance_information(Filters=[{"Key": "InstanceIds", "Values": [instance]}])["InstanceInformationList"]
    return found and found[0]["PingStatus"]


def connection(instance):
    return ssm.get_connection_status(Target=instance)["Status"]


def main():
    profile()
    s3.create_bucket(Bucket=BUCKET)
    statement = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    iam.put_role_policy(RoleName="machine", PolicyName="copy", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    vpc, subnet, other, table = network()
    published(vpc)
    instance = ec2.run_instances(
        ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=subnet, IamInstanceProfile={"Name": "machine"}
    )["Instances"][0]["InstanceId"]
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance], WaiterConfig={"Delay": 1})
    assert not status(instance), "nothing leads out"
    interface = {"VpcEndpointType": "Interface", "SubnetIds": [other]}
    made = [endpoint(vpc, service, **interface) for service in ("ssm", "ec2messages")]
    online(instance)
    assert connection(instance) == "notconnected", "sessions have no way"
    made.append(endpoint(vpc, "ssmmessages", **interface))
    assert "Connect timeout" in copy(instance), copy(instance)

    gateway = endpoint(vpc, "s3", RouteTableIds=[table])
    assert "upload: " in copy(instance)
    only = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    for key, value, said in (("aws:SourceVpce", gateway, "upload: "), ("aws:SourceVpc", "vpc-0", "explicit deny in a resource-based policy")):
        policy = {"Version": "2012-10-17", "Statement": [{**only, "Condition": {"StringNotEquals": {key: value}}}]}
        s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
        assert said in copy(instance), (key, copy(instance))
    s3.delete_bucket_policy(Bucket=BUCKET)
    reading = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}
    ec2.modify_vpc_endpoint(VpcEndpointId=gateway, PolicyDocument=json.dumps(reading))
    assert "because no VPC endpoint policy allows the s3:PutObject action" in copy(instance), copy(instance)
    ec2.modify_vpc_endpoint(VpcEndpointId=gateway, ResetPolicy=True)
    assert "upload: " in copy(instance)

    default, association = acl_of(subnet)
    own = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    entry = {"NetworkAclId": own, "RuleNumber": 100, "Protocol": "6", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"}
    ec2.create_network_acl_entry(**entry, Egress=True, PortRange={"From": 443, "To": 443})
    ec2.create_network_acl_entry(**entry, Egress=False, PortRange={"From": 443, "To": 443})
    ec2.replace_network_acl_entry(**entry, Egress=False, PortRange={"From": 1024, "To": 65535})
    association = ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=own)["NewAssociationId"]
    assert "upload: " in copy(instance)
    ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=default["NetworkAclId"])
    ec2.delete_network_acl_entry(NetworkAclId=own, RuleNumber=100, Egress=False)
    ec2.delete_network_acl(NetworkAclId=own)

    until("it is connected", lambda: connection(instance) == "connected")
    ec2.terminate_instances(InstanceIds=[instance])
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[instance], WaiterConfig={"Delay": 1})
    assert not ec2.delete_vpc_endpoints(VpcEndpointIds=[*made, gateway])["Unsuccessful"]
    until("no endpoint", lambda: not ec2.describe_vpc_endpoints()["VpcEndpoints"])
    for one in (subnet, other):
        ec2.delete_subnet(SubnetId=one)
    ec2.delete_vpc(VpcId=vpc)
    iam.delete_role_policy(RoleName="machine", PolicyName="copy")
    iam.remove_role_from_instance_profile(InstanceProfileName="machine", RoleName="machine")
    iam.delete_instance_profile(InstanceProfileName="machine")
    iam.detach_role_policy(RoleName="machine", PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
    iam.delete_role(RoleName="machine")


main()
