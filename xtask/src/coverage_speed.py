"""How long a region takes for a stack of 200 resources of ten types."""

import json
import time

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
RUNS = 5


def resources(index):
    def get(name, attribute="Arn"):
        return {"Fn::GetAtt": [f"{name}{index}", attribute]}

    def ref(name):
        return {"Ref": f"{name}{index}"}

    code = {"ZipFile": "def handler(event, context): pass"}
    allowed = [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": get("Queue")}]
    alarm = {
        "MetricName": "Errors",
        "Namespace": "AWS/Lambda",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "AlarmActions": [ref("Topic")],
        "Dimensions": [{"Name": "FunctionName", "Value": ref("Function")}],
    }
    table = {
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    made = {
        "Bucket": ("AWS::S3::Bucket", {}),
        "Topic": ("AWS::SNS::Topic", {}),
        "Queue": ("AWS::SQS::Queue", {}),
        "Role": ("AWS::IAM::Role", {"AssumeRolePolicyDocument": TRUST, "ManagedPolicyArns": [BASIC]}),
        "Policy": (
            "AWS::IAM::Policy",
            {"PolicyName": "send", "Roles": [ref("Role")], "PolicyDocument": {"Version": "2012-10-17", "Statement": allowed}},
        ),
        "Function": (
            "AWS::Lambda::Function",
            {"Runtime": "python3.13", "Handler": "index.handler", "Role": get("Role"), "Code": code},
        ),
        "Parameter": ("AWS::SSM::Parameter", {"Type": "String", "Value": ref("Queue")}),
        "Logs": ("AWS::Logs::LogGroup", {"RetentionInDays": 7}),
        "Alarm": ("AWS::CloudWatch::Alarm", alarm),
        "Table": ("AWS::DynamoDB::Table", table),
    }
    return {f"{name}{index}": {"Type": kind, "Properties": properties} for name, (kind, properties) in made.items()}


def milliseconds(cloudformation):
    """The fastest of some runs."""
    body = json.dumps({"Resources": {name: one for index in range(20) for name, one in resources(index).items()}})
    times = []
    for run in range(RUNS):
        name = {"StackName": f"coverage-speed-{run}"}
        begun = time.monotonic()
        cloudformation.create_stack(**name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
        status = settled(cloudformation, name["StackName"], begun)
        if status != "CREATE_COMPLETE":
            raise SystemExit(f"the stack of 200 resources is {status}")
        times.append(1000 * (time.monotonic() - begun))
        cloudformation.delete_stack(**name)
    return min(times)


def settled(cloudformation, name, begun):
    while time.monotonic() < begun + 60:
        status = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        if status != "CREATE_IN_PROGRESS":
            return status
        time.sleep(0.005)
    return "not made within a minute"


def text(cloudformation):
    return (
        "\n## Speed\n\n"
        f"A stack of 200 resources of ten types (functions, roles, buckets, queues, alarms and others) is made in {milliseconds(cloudformation):.0f} ms: "
        f"the fastest of {RUNS} runs, in a build without optimisation.\n"
    )
