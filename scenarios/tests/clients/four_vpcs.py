"""Four VPCs of somebody else."""
from clients import client

for number in range(4):
    client("ec2").create_vpc(CidrBlock=f"10.{number}.0.0/16")
