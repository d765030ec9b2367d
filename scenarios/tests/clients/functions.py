"""lambda, events, logs and sqs: functions with real environments, rules that reach them, queues, logs."""

import json
import os
import ssl
import time
import urllib.error
import urllib.request

from clients import ACCOUNT, REGION, client, pages, policy, refused, trust, until, zipped

events, functions, iam, logs, sqs = client("events"), client("lambda"), client("iam"), client("logs"), client("sqs")
kinesis, tables = client("kinesis"), client("dynamodb")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/function"
HANDLER = """
import os
def handler(event, context):
    print("got", event)
    if event.get("fail"):
        raise ValueError("on purpose")
    return {"said": event.get("say"), "level": os.environ["LEVEL"], "name": context.function_name}
"""


def role():
    iam.create_role(RoleName="function", AssumeRolePolicyDocument=trust("lambda"))
    iam.attach_role_policy(RoleName="function", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
    iam.put_role_policy(RoleName="function", PolicyName="queue", PolicyDocument=policy(("sqs:SendMessage", "*")))


def queues():
    url = sqs.create_queue(QueueName="drill", Attributes={"VisibilityTimeout": "30"}, tags={"a": "b"})["QueueUrl"]
    assert url.endswith(f"/{ACCOUNT}/drill"), url
    assert sqs.get_queue_url(QueueName="drill")["QueueUrl"] == url
    refused("AWS.SimpleQueueService.NonExistentQueue", sqs.get_queue_url, QueueName="none")
    refused("QueueAlreadyExists", sqs.create_queue, QueueName="drill", Attributes={"VisibilityTimeout": "31"})
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["QueueArn"]
    assert arn == f"arn:aws:sqs:{REGION}:{ACCOUNT}:drill"
    sent = sqs.send_message(
        QueueUrl=url, MessageBody="one", MessageAttributes={"n": {"DataType": "Number", "StringValue": "1"}}
    )
    assert sent["MD5OfMessageBody"] and sent["MD5OfMessageAttributes"]
    entries = [{"Id": str(number), "MessageBody": f"m{number}"} for number in range(3)]
    assert len(sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]) == 3
    got = []

    def receive():
        answer = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, MessageAttributeNames=["All"], AttributeNames=["All"]
        )
        got.extend(answer.get("Messages", []))
        return len(got) == 4

    until("four messages", receive)
    assert sorted(message["Body"] for message in got) == ["m0", "m1", "m2", "one"]
    assert got[0]["Attributes"]["ApproximateReceiveCount"] == "1"
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=got[0]["ReceiptHandle"], VisibilityTimeout=0)
    again = until("it is visible again", lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"))
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again[0]["ReceiptHandle"])
    rest = [{"Id": message["MessageId"], "ReceiptHandle": message["ReceiptHandle"]} for message in got[1:]]
    assert len(sqs.delete_message_batch(QueueUrl=url, Entries=rest)["Successful"]) == 3
    sqs.purge_queue(QueueUrl=url)
    sealed = sqs.create_queue(QueueName="sealed", Attributes={"KmsMasterKeyId": "alias/aws/sqs"})["QueueUrl"]
    sqs.send_message(QueueUrl=sealed, MessageBody="hush")
    assert sqs.receive_message(QueueUrl=sealed, WaitTimeSeconds=1)["Messages"][0]["Body"] == "hush"
    sqs.delete_queue(QueueUrl=sealed)
    assert url in pages(sqs, "list_queues", "QueueUrls", QueueNamePrefix="dr")
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "b"}
    sqs.set_queue_attributes(
        QueueUrl=url,
        Attributes={
            "Policy": json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn,
                            "Principal": {"Service": "events.amazonaws.com"},
                        }
                    ],
                }
            )
        },
    )
    return url, arn


def function(queue_arn):
    refused("InvalidParameterValueException", functions.create_function, FunctionName="bad", Runtime="python3.12", Role=ROLE, Handler="index.handler", Code={"ZipFile": b"no zip"})
    made = functions.create_function(
        FunctionName="drill", Runtime="python3.12", Role=ROLE, Handler="index.handler", Timeout=20, MemorySize=256,
        Code={"ZipFile": zipped(index=HANDLER)}, Environment={"Variables": {"LEVEL": "high"}}, Tags={"a": "b"},
    )
    assert made["FunctionArn"] == f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:drill", made
    functions.get_waiter("function_active_v2").wait(FunctionName="drill")
    refused("ResourceConflictException", functions.create_function, FunctionName="drill", Runtime="python3.12", Role=ROLE, Handler="index.handler", Code={"ZipFile": zipped(index=HANDLER)})
    answer = functions.invoke(FunctionName="drill", Payload=json.dumps({"say": "hello"}), LogType="Tail")
    assert answer["StatusCode"] == 200 and "FunctionError" not in answer and answer["LogResult"], answer
    assert json.load(answer["Payload"]) == {"said": "hello", "level": "high", "name": "drill"}
    failed = functions.invoke(FunctionName="drill", Payload=json.dumps({"fail": True}))
    assert failed["FunctionError"] == "Unhandled" and json.load(failed["Payload"])["errorType"] == "ValueError"
    assert functions.invoke(FunctionName="drill", InvocationType="DryRun")["StatusCode"] == 204
    refused("ResourceNotFoundException", functions.invoke, FunctionName="none")
    refused("InvalidRequestContentException", functions.invoke, FunctionName="drill", Payload=b"{")
    configuration = functions.get_function_configuration(FunctionName="drill")
    assert (configuration["State"], configuration["LastUpdateStatus"]) == ("Active", "Successful"), configuration
    assert functions.get_function(FunctionName="drill")["Tags"] == {"a": "b"}
    assert [one["FunctionName"] for one in pages(functions, "list_functions", "Functions")] == ["drill"]
    functions.update_function_configuration(FunctionName="drill", Environment={"Variables": {"LEVEL": "low"}})
    functions.get_waiter("function_updated_v2").wait(FunctionName="drill")
    assert json.load(functions.invoke(FunctionName="drill", Payload=b"{}")["Payload"])["level"] == "low"

    config = {"FunctionName": "drill", "MaximumRetryAttempts": 0, "DestinationConfig": {"OnFailure": {"Destination": queue_arn}}}
    functions.put_function_event_invoke_config(**config)
    assert functions.get_function_event_invoke_config(FunctionName="drill")["MaximumRetryAttempts"] == 0
    assert functions.invoke(FunctionName="drill", InvocationType="Event", Payload=json.dumps({"fail": True}))["StatusCode"] == 202
    return made["FunctionArn"]


SHARED = "def greet(name): return f'hi {name}'"
SERVED = """
import shared
def handler(event, context):
    if "Records" in event:
        print("got", [one["body"] for one in event["Records"]])
        return {"batchItemFailures": [{"itemIdentifier": one["messageId"]} for one in event["Records"] if one["body"] == "bad"]}
    name = event["queryStringParameters"]["name"]
    return {"statusCode": 201, "body": shared.greet(name), "headers": {"x-method": event["requestContext"]["http"]["method"]}}
"""


def fetched(url):
    """The answer of a function's URL, which is at the region's endpoint."""
    host = url.split("/")[2]
    request = urllib.request.Request(f"{os.environ['AWS_ENDPOINT_URL']}/?name=you", headers={"Host": host})
    try:
        return urllib.request.urlopen(request, context=ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"]))
    except urllib.error.HTTPError as error:
        return error


def sources():
    """A function with a layer, by its URL and from a queue."""
    layer = functions.publish_layer_version(LayerName="shared", Content={"ZipFile": zipped(**{"python/shared": SHARED})})
    functions.create_function(
        FunctionName="served", Runtime="python3.12", Role=ROLE, Handler="index.handler", Timeout=20,
        Code={"ZipFile": zipped(index=SERVED)}, Layers=[layer["LayerVersionArn"]],
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="served")
    url = functions.create_function_url_config(FunctionName="served", AuthType="NONE")["FunctionUrl"]
    denied = fetched(url)
    assert denied.status == 403 and denied.headers["x-amzn-ErrorType"] == "AccessDeniedException", denied.status
    functions.add_permission(
        FunctionName="served", StatementId="all", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE"
    )
    answer = fetched(url)
    assert (answer.status, answer.read(), answer.headers["x-method"]) == (201, b"hi you", "GET"), answer.status

    queue = sqs.create_queue(QueueName="served", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    reads = policy(("sqs:ReceiveMessage", "*"), ("sqs:DeleteMessage", "*"), ("sqs:GetQueueAttributes", "*"))
    iam.put_role_policy(RoleName="function", PolicyName="source", PolicyDocument=reads)
    filters = {"Filters": [{"Pattern": json.dumps({"body": ["good", "bad"]})}]}
    mapping = functions.create_event_source_mapping(
        FunctionName="served", EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:served", FilterCriteria=filters,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    for body in ("good", "ignored", "bad"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)

    def left():
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return [int(counts[name]) for name in names] == [0, 1]

    until("the message that failed is all that is left", left)
    functions.delete_event_source_mapping(UUID=mapping["UUID"])
    functions.delete_function_url_config(FunctionName="served")
    assert fetched(url).status == 403
    functions.delete_function(FunctionName="served")
    functions.delete_layer_version(LayerName="shared", VersionNumber=layer["Version"])
    sqs.delete_queue(QueueUrl=queue)
    iam.delete_role_policy(RoleName="function", PolicyName="source")
    logs.delete_log_group(logGroupName="/aws/lambda/served")


READER = """
import base64
def handler(event, context):
    for record in event["Records"]:
        data = base64.b64decode(record["kinesis"]["data"]).decode()
        print("read", data)
        if data == "bad":
            return {"batchItemFailures": [{"itemIdentifier": record["kinesis"]["sequenceNumber"]}]}
"""


def stream():
    """A function that reads a stream: what it reports as failed is tried again alone, and then told to a queue."""
    kinesis.create_stream(StreamName="read", ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName="read", WaiterConfig={"Delay": 1})
    arn = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/read"
    queue = sqs.create_queue(QueueName="given-up")["QueueUrl"]
    iam.put_role_policy(RoleName="function", PolicyName="stream", PolicyDocument=policy(("kinesis:*", "*")))
    functions.create_function(
        FunctionName="reader", Runtime="python3.12", Role=ROLE, Handler="index.handler", Timeout=20, Code={"ZipFile": zipped(index=READER)}
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="reader")
    filters = {"Filters": [{"Pattern": json.dumps({"data": ["good", "bad", "last"]})}]}
    mapping = functions.create_event_source_mapping(
        FunctionName="reader", EventSourceArn=arn, StartingPosition="TRIM_HORIZON", BatchSize=3, MaximumRetryAttempts=1,
        FilterCriteria=filters, FunctionResponseTypes=["ReportBatchItemFailures"],
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:sqs:{REGION}:{ACCOUNT}:given-up"}},
    )["UUID"]
    kinesis.put_records(StreamName="read", Records=[{"PartitionKey": "k", "Data": data} for data in (b"good", b"ignored", b"bad")])
    told = until("what was given up", lambda: received(queue))[0]
    assert (told["requestContext"]["condition"], told["requestContext"]["approximateInvokeCount"]) == ("RetryAttemptsExhausted", 2), told
    assert told["KinesisBatchInfo"]["batchSize"] == 1 and told["responseContext"]["functionError"] is None, told
    kinesis.put_record(StreamName="read", PartitionKey="k", Data=b"last")

    def read():
        lines = [event["message"] for event in pages(logs, "filter_log_events", "events", logGroupName="/aws/lambda/reader")]
        lines = [line.split()[1] for line in lines if line.startswith("read ")]
        return lines if "last" in lines else None

    assert until("the last record", read) == ["good", "bad", "bad", "last"]
    until("a success", lambda: functions.get_event_source_mapping(UUID=mapping)["LastProcessingResult"] == "OK")
    functions.delete_event_source_mapping(UUID=mapping)
    functions.delete_function(FunctionName="reader")
    kinesis.delete_stream(StreamName="read")
    sqs.delete_queue(QueueUrl=queue)
    iam.delete_role_policy(RoleName="function", PolicyName="stream")
    logs.delete_log_group(logGroupName="/aws/lambda/reader")


WATCHER = """
def handler(event, context):
    for record in event["Records"]:
        print("changed", record["eventName"], record["dynamodb"]["Keys"]["id"]["S"])
"""


def table():
    """A function that is told of what changes in a table."""
    tables.create_table(
        TableName="watched", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    tables.get_waiter("table_exists").wait(TableName="watched", WaiterConfig={"Delay": 1})
    arn = tables.describe_table(TableName="watched")["Table"]["LatestStreamArn"]
    iam.put_role_policy(RoleName="function", PolicyName="table", PolicyDocument=policy(("dynamodb:*", "*")))
    functions.create_function(
        FunctionName="watcher", Runtime="python3.12", Role=ROLE, Handler="index.handler", Timeout=20, Code={"ZipFile": zipped(index=WATCHER)}
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="watcher")
    logs.create_log_group(logGroupName="/aws/lambda/watcher")
    mapping = functions.create_event_source_mapping(
        FunctionName="watcher", EventSourceArn=arn, StartingPosition="TRIM_HORIZON", FilterCriteria={"Filters": [{"Pattern": '{"eventName": ["REMOVE"]}'}]}
    )["UUID"]
    tables.put_item(TableName="watched", Item={"id": {"S": "archive"}})
    tables.delete_item(TableName="watched", Key={"id": {"S": "archive"}})

    def changed():
        lines = [event["message"] for event in pages(logs, "filter_log_events", "events", logGroupName="/aws/lambda/watcher")]
        return [line.strip() for line in lines if line.startswith("changed ")]

    assert until("a change", changed) == ["changed REMOVE archive"]
    functions.delete_event_source_mapping(UUID=mapping)
    functions.delete_function(FunctionName="watcher")
    tables.delete_table(TableName="watched")
    iam.delete_role_policy(RoleName="function", PolicyName="table")
    logs.delete_log_group(logGroupName="/aws/lambda/watcher")


def received(url):
    messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in messages]


def rules(function_arn, queue_url, queue_arn):
    assert until("the failure's destination", lambda: received(queue_url))[0]["requestContext"]["condition"] == "RetriesExhausted"
    pattern = json.dumps({"source": ["drill"], "detail": {"say": [{"prefix": "he"}]}})
    rule = events.put_rule(Name="said", EventPattern=pattern, Description="said he…")["RuleArn"]
    refused("InvalidEventPatternException", events.put_rule, Name="bad", EventPattern="{")
    refused("ValidationException", events.put_rule, Name="bad", ScheduleExpression="rate(1 nights)")
    events.put_rule(Name="nightly", ScheduleExpression="cron(0 3 * * ? *)", State="DISABLED")
    assert events.describe_rule(Name="nightly")["State"] == "DISABLED"
    events.enable_rule(Name="nightly")
    events.disable_rule(Name="nightly")
    assert [one["Name"] for one in pages(events, "list_rules", "Rules", NamePrefix="n")] == ["nightly"]
    functions.add_permission(
        FunctionName="drill", StatementId="rule", Action="lambda:InvokeFunction", Principal="events.amazonaws.com", SourceArn=rule
    )
    refused("ResourceConflictException", functions.add_permission, FunctionName="drill", StatementId="rule", Action="lambda:InvokeFunction", Principal="events.amazonaws.com")
    assert json.loads(functions.get_policy(FunctionName="drill")["Policy"])["Statement"][0]["Sid"] == "rule"
    targets = [{"Id": "function", "Arn": function_arn, "InputPath": "$.detail"}, {"Id": "queue", "Arn": queue_arn}]
    assert events.put_targets(Rule="said", Targets=targets)["FailedEntryCount"] == 0
    assert len(pages(events, "list_targets_by_rule", "Targets", Rule="said")) == 2
    assert pages(events, "list_rule_names_by_target", "RuleNames", TargetArn=queue_arn) == ["said"]
    assert events.test_event_pattern(
        EventPattern=pattern,
        Event=json.dumps({"id": "1", "account": ACCOUNT, "source": "drill", "time": "2026-01-01T00:00:00Z", "region": REGION, "resources": [], "detail-type": "t", "detail": {"say": "hey"}}),
    )["Result"]
    put = events.put_events(
        Entries=[
            {"Source": "drill", "DetailType": "said", "Detail": json.dumps({"say": "hello"})},
            {"Source": "drill", "DetailType": "said", "Detail": "no json"},
        ]
    )
    assert put["FailedEntryCount"] == 1 and put["Entries"][0]["EventId"] and put["Entries"][1]["ErrorCode"] == "MalformedDetail", put
    event = until("the event in the queue", lambda: received(queue_url))[0]
    assert event["detail"] == {"say": "hello"} and event["detail-type"] == "said" and event["account"] == ACCOUNT, event
    until("the function's log", lambda: [one for one in lines() if "'say': 'hello'" in one and "detail" not in one])
    events.tag_resource(ResourceARN=rule, Tags=[{"Key": "a", "Value": "b"}])
    assert events.list_tags_for_resource(ResourceARN=rule)["Tags"]
    refused("ValidationException", events.delete_rule, Name="said")
    assert events.remove_targets(Rule="said", Ids=["function", "queue"])["FailedEntryCount"] == 0
    for name in ("said", "nightly"):
        events.delete_rule(Name=name)
    refused("ResourceNotFoundException", events.describe_rule, Name="said")


def lines():
    return [one["message"] for one in pages(logs, "filter_log_events", "events", logGroupName="/aws/lambda/drill")]


def log_groups():
    assert any(line.startswith("REPORT RequestId") for line in lines()), lines()
    logs.create_log_group(logGroupName="/drill", tags={"a": "b"})
    refused("ResourceAlreadyExistsException", logs.create_log_group, logGroupName="/drill")
    logs.put_retention_policy(logGroupName="/drill", retentionInDays=7)
    refused("InvalidParameterException", logs.put_retention_policy, logGroupName="/drill", retentionInDays=8)
    logs.create_log_stream(logGroupName="/drill", logStreamName="s")
    now = int(time.time() * 1000)
    batch = [{"timestamp": now + number, "message": f"line {number}"} for number in range(5)]
    logs.put_log_events(logGroupName="/drill", logStreamName="s", logEvents=batch)
    read = logs.get_log_events(logGroupName="/drill", logStreamName="s", startFromHead=True)["events"]
    assert [one["message"] for one in read] == [one["message"] for one in batch]
    assert len(pages(logs, "filter_log_events", "events", logGroupName="/drill", filterPattern='"line 3"')) == 1
    group = pages(logs, "describe_log_groups", "logGroups", logGroupNamePrefix="/dr")[0]
    assert group["retentionInDays"] == 7 and group["arn"].endswith(":log-group:/drill:*"), group
    assert [one["logStreamName"] for one in pages(logs, "describe_log_streams", "logStreams", logGroupName="/drill")] == ["s"]
    assert logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"] == {"a": "b"}
    logs.delete_log_stream(logGroupName="/drill", logStreamName="s")
    logs.delete_retention_policy(logGroupName="/drill")
    logs.delete_log_group(logGroupName="/drill")
    refused("ResourceNotFoundException", logs.delete_log_group, logGroupName="/drill")


def away(queue_url):
    functions.remove_permission(FunctionName="drill", StatementId="rule")
    refused("ResourceNotFoundException", functions.get_policy, FunctionName="drill")
    functions.delete_function_event_invoke_config(FunctionName="drill")
    functions.delete_function(FunctionName="drill")
    refused("ResourceNotFoundException", functions.get_function, FunctionName="drill")
    logs.delete_log_group(logGroupName="/aws/lambda/drill")
    sqs.delete_queue(QueueUrl=queue_url)
    iam.delete_role_policy(RoleName="function", PolicyName="queue")
    iam.detach_role_policy(RoleName="function", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
    iam.delete_role(RoleName="function")


role()
queue_url, queue_arn = queues()
function_arn = function(queue_arn)
rules(function_arn, queue_url, queue_arn)
log_groups()
sources()
stream()
table()
away(queue_url)
