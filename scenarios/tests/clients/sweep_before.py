"""An expired run, one that is under way, and things that only look like runs."""
import boto3

TEMPLATE = "Resources: {Queue: {Type: 'AWS::SQS::Queue'}, Bucket: {Type: 'AWS::S3::Bucket'}}"
PAST, FUTURE = "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
cloudformation, s3 = boto3.client("cloudformation"), boto3.client("s3")


def tags(run, expires):
    pairs = {"firedrill:run": run, "firedrill:expires": expires}
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


stack("firedrill-dead", "dead", PAST)
bucket("firedrill-seed-dead", "dead", PAST)
stack("firedrill-alive", "alive", FUTURE)
stack("firedrill-of-somebody")
stack("firedrill-half", "half", None)
stack("other", "dead", PAST)
bucket("firedrill-seed-of-somebody")
bucket("firedrill-seed-half", None, PAST)
bucket("other-bucket", "dead", PAST)
