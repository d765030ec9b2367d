"""The fixtures, as docs/python.md shows them. Run with the wheel installed: ``pytest python/tests``."""

from datetime import timedelta

import botocore.exceptions
import pytest

from nightproof import Drill, Fault, NightproofError


def test_code_with_boto3_runs_on_a_region(nightproof_region):
    s3 = nightproof_region.client("s3")
    s3.create_bucket(Bucket="archives")
    s3.put_object(Bucket="archives", Key="night.tar.gz", Body=b"data")
    assert s3.get_object(Bucket="archives", Key="night.tar.gz")["Body"].read() == b"data"
    assert len(nightproof_region.calls(service="s3", operation="PutObject")) == 1


def test_a_fault_is_seen_by_the_code(nightproof_region):
    nightproof_region.set_faults(Fault.error("s3", "CreateBucket", "AccessDenied", 403))
    s3 = nightproof_region.client("s3")
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        s3.create_bucket(Bucket="archives")
    assert nightproof_region.calls(error="AccessDenied")
    nightproof_region.set_faults()
    s3.create_bucket(Bucket="archives")


def test_the_clock_moves_and_a_rule_fires_into_a_queue(nightproof_region):
    events, sqs = nightproof_region.client("events"), nightproof_region.client("sqs")
    url = sqs.create_queue(QueueName="nights")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = events.put_rule(Name="nightly", ScheduleExpression="cron(0 3 * * ? *)")["RuleArn"]
    allowed = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue,
                "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
            }
        ],
    }
    import json

    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(allowed)})
    events.put_targets(Rule="nightly", Targets=[{"Id": "queue", "Arn": queue}])
    at = nightproof_region.fire(rule)
    assert at.hour == 3
    nightproof_region.settle()
    assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    later = nightproof_region.advance(timedelta(days=1))
    assert later - at >= timedelta(days=1)


def test_a_request_that_is_wrong_is_an_error_and_the_region_goes_on(nightproof_region):
    with pytest.raises(NightproofError, match="is not the ARN"):
        nightproof_region.fire("nonesuch")
    with pytest.raises(NightproofError, match="unknown variant"):
        nightproof_region.set_faults(Fault("s3", "PutObject", {"nonesuch": 1}))
    assert nightproof_region.now()


def test_the_bundled_stack_restores(nightproof_drill):
    verdict = nightproof_drill(strict=True)
    verdict.assert_passed()
    assert verdict.outcome["archive"]["identical"]
    assert "<html" in verdict.page


def test_a_template_that_is_missing_is_an_error():
    with pytest.raises(NightproofError, match="exit code 2: .*nowhere.yaml"):
        Drill("nowhere.yaml").run()
