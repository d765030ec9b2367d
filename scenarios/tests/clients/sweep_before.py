"""An expired run, one that is under way, and things that only look like runs."""
import boto3

TEMPLATE = "Resources: {Queue: {Type: 'AWS::SQS::Queue'}, Bucket: {Type: 'AWS::S3::Bucket'}}"
PAST, FUTURE = "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
cloudformation, s3 = boto3.client("cloudformation"), boto3.client("s3")


def tags(run, expires):
    pairs = {"nightproof:run": run, "nightproof:expires": expires}
    return [{"Key": key, "Value": value} for key, value in pairs.items() if value]


def stack(name, run=None, expires=None):
    cloudformation.create_stack(StackName=name, TemplateBody=TEMPLATE, Tags=tags(run, expires))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    found = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId="Bucket")
    bucket = found["StackResourceDetail"]["PhysicalResourceId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"v")


def bucket(name, run=None, expires=None):
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"v")
    if run or expires:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags(run, expires)})


stack("nightproof-dead", "dead", PAST)
bucket("nightproof-seed-dead", "dead", PAST)
stack("nightproof-alive", "alive", FUTURE)
stack("nightproof-of-somebody")
stack("nightproof-half", "half", None)
stack("other", "dead", PAST)
bucket("nightproof-seed-of-somebody")
bucket("nightproof-seed-half", None, PAST)
bucket("other-bucket", "dead", PAST)
