//! What an account still has of a run, by the run's tag: the last look, which finds what no list of the drill's own names.
//! <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>

use nightproof_wire::AwsError;
use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;
use crate::archive::bucket;
use crate::chain::failure::refused;
use crate::cleanup::marks::RUN_TAG;

/// What has the tag of `run`, as `resource ARN`. The search is eventually consistent and remembers what was deleted a moment ago: each
/// hit is looked at by its own service. One that may not be looked at may be there. What `told` names, say a bucket, is not named again.
pub(crate) async fn remains(client: &DynamicClient, run: &str, told: &[String]) -> Vec<String> {
    let hits = match search(client, run).await {
        Ok(hits) => hits,
        Err(error) => return vec![format!("what has the tag {RUN_TAG}={run}, unknown: {}", refused("GetResources", &error))],
    };
    let is_told = |arn: &str| arn.rsplit([':', '/']).next().is_some_and(|id| told.iter().any(|one| one.contains(id)));
    let mut found = Vec::new();
    for arn in hits.into_iter().filter(|arn| !is_told(arn)) {
        match is_over(client, &arn).await {
            Ok(true) => {}
            Ok(false) => found.push(format!("resource {arn}")),
            Err(why) => found.push(format!("resource {arn}, perhaps: {why}")),
        }
    }
    found
}

/// The ARNs of all that has the tag.
async fn search(client: &DynamicClient, run: &str) -> Result<Vec<String>, AwsError> {
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let input = json!({ "TagFilters": [{ "Key": RUN_TAG, "Values": [run] }], "PaginationToken": token });
        let answer = client.ask("tagging", "GetResources", &input).await?;
        let resources = answer.get("ResourceTagMappingList").and_then(Value::as_array).into_iter().flatten();
        found.extend(resources.filter_map(|one| one.get("ResourceARN")?.as_str()).map(str::to_owned));
        match answer.get("PaginationToken").and_then(Value::as_str) {
            None | Some("") => return Ok(found),
            Some(next) => next.clone_into(&mut token),
        }
    }
}

/// What an ARN names.
struct Named<'a> {
    arn: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    /// `instance`, `log-group`; nothing where a service has one type.
    kind: &'a str,
    id: &'a str,
}

impl<'a> Named<'a> {
    fn parse(arn: &'a str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':').skip(2);
        let (service, region, account, resource) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (kind, id) = resource.split_once(['/', ':']).unwrap_or(("", resource));
        Some(Self { arn, service, region, account, kind, id })
    }
}

/// A look at one resource.
struct Look {
    operation: &'static str,
    input: Value,
    /// The code of the error that says that it is gone.
    gone: &'static str,
    /// What an answer has that says that it is there, or the state that says that it is not.
    tells: Tells,
}

enum Tells {
    Answer,
    Member(&'static str),
    State(&'static str, &'static str),
}

/// How to see whether it is there; nothing for a type that no stack of a drill has had yet.
fn look(named: &Named<'_>) -> Option<Look> {
    let listed =
        |operation, member: &str, gone| Look { operation, input: json!({ member: [named.id] }), gone, tells: Tells::Answer };
    let by =
        |operation, member: &str, id: &str, gone| Look { operation, input: json!({ member: id }), gone, tells: Tells::Answer };
    Some(match (named.service, named.kind) {
        // A group's id comes before its name.
        ("autoscaling", "autoScalingGroup") => Look {
            operation: "DescribeAutoScalingGroups",
            input: json!({ "AutoScalingGroupNames": [named.id.rsplit('/').next()] }),
            gone: "ValidationError",
            tells: Tells::Member("/AutoScalingGroups/0"),
        },
        ("cloudformation", "stack") => Look {
            tells: Tells::State("/Stacks/0/StackStatus", "DELETE_COMPLETE"),
            ..by("DescribeStacks", "StackName", named.arn, "ValidationError")
        },
        // An instance is described for an hour after it has ended.
        ("ec2", "instance") => Look {
            tells: Tells::State("/Reservations/0/Instances/0/State/Name", "terminated"),
            ..listed("DescribeInstances", "InstanceIds", "InvalidInstanceID.NotFound")
        },
        ("ec2", "internet-gateway") => {
            listed("DescribeInternetGateways", "InternetGatewayIds", "InvalidInternetGatewayID.NotFound")
        }
        ("ec2", "launch-template") => listed("DescribeLaunchTemplates", "LaunchTemplateIds", "InvalidLaunchTemplateId.NotFound"),
        // As an instance.
        ("ec2", "natgateway") => Look {
            tells: Tells::State("/NatGateways/0/State", "deleted"),
            ..listed("DescribeNatGateways", "NatGatewayIds", "NatGatewayNotFound")
        },
        ("ec2", "route-table") => listed("DescribeRouteTables", "RouteTableIds", "InvalidRouteTableID.NotFound"),
        ("ec2", "security-group") => listed("DescribeSecurityGroups", "GroupIds", "InvalidGroup.NotFound"),
        ("ec2", "subnet") => listed("DescribeSubnets", "SubnetIds", "InvalidSubnetID.NotFound"),
        ("ec2", "vpc") => listed("DescribeVpcs", "VpcIds", "InvalidVpcID.NotFound"),
        ("events", "rule") => by("DescribeRule", "Name", named.id, "ResourceNotFoundException"),
        ("kinesis", "stream") if named.id.contains("/consumer/") => {
            by("DescribeStreamConsumer", "ConsumerARN", named.arn, "ResourceNotFoundException")
        }
        ("kinesis", "stream") => Look {
            tells: Tells::State("/StreamDescriptionSummary/StreamStatus", "DELETING"),
            ..by("DescribeStreamSummary", "StreamName", named.id, "ResourceNotFoundException")
        },
        // A key waits for its deletion for seven days at least.
        ("kms", "key") => Look {
            tells: Tells::State("/KeyMetadata/KeyState", "PendingDeletion"),
            ..by("DescribeKey", "KeyId", named.arn, "NotFoundException")
        },
        ("lambda", "function") => by("GetFunction", "FunctionName", named.id, "ResourceNotFoundException"),
        ("logs", "log-group") => Look {
            tells: Tells::Member("/logGroups/0"),
            ..by("DescribeLogGroups", "logGroupNamePrefix", named.id.trim_end_matches(":*"), "ResourceNotFoundException")
        },
        ("cloudwatch", "alarm") => {
            Look { tells: Tells::Member("/MetricAlarms/0"), ..listed("DescribeAlarms", "AlarmNames", "ResourceNotFound") }
        }
        ("scheduler", "schedule-group") => by("GetScheduleGroup", "Name", named.id, "ResourceNotFoundException"),
        ("dynamodb", "table") => by("DescribeTable", "TableName", named.id, "ResourceNotFoundException"),
        ("secretsmanager", "secret") => by("DescribeSecret", "SecretId", named.arn, "ResourceNotFoundException"),
        ("sns", "") => by("GetTopicAttributes", "TopicArn", named.arn, "NotFound"),
        ("ssm", "association") => by("DescribeAssociation", "AssociationId", named.id, "AssociationDoesNotExist"),
        ("ssm", "maintenancewindow") => by("GetMaintenanceWindow", "WindowId", named.id, "DoesNotExistException"),
        ("states", "stateMachine") => by("DescribeStateMachine", "stateMachineArn", named.arn, "StateMachineDoesNotExist"),
        ("sqs", "") => {
            let url = format!("https://sqs.{}.amazonaws.com/{}/{}", named.region, named.account, named.id);
            by("GetQueueAttributes", "QueueUrl", &url, "QueueDoesNotExist")
        }
        _ => return None,
    })
}

/// Whether the search only remembers it; why that cannot be known.
async fn is_over(client: &DynamicClient, arn: &str) -> Result<bool, String> {
    if let Some(bucket) = arn.strip_prefix("arn:aws:s3:::") {
        return bucket::exists(client, bucket).await.map(|there| !there).map_err(|broken| broken.reason);
    }
    let Some(named) = Named::parse(arn) else { return Ok(false) };
    let Some(look) = look(&named) else { return Ok(false) };
    // CloudWatch signs by another name.
    let service = if named.service == "cloudwatch" { "monitoring" } else { named.service };
    match client.ask(service, look.operation, &look.input).await {
        Ok(answer) => Ok(match look.tells {
            Tells::Answer => false,
            Tells::Member(member) => answer.pointer(member).is_none(),
            Tells::State(state, over) => answer.pointer(state).and_then(Value::as_str) == Some(over),
        }),
        Err(error) if error.code == look.gone => Ok(true),
        Err(error) => Err(refused(look.operation, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_is_looked_at_by_its_own_name() {
        for (arn, operation, input) in [
            (
                "arn:aws:autoscaling:us-east-1:1:autoScalingGroup:u:autoScalingGroupName/g",
                "DescribeAutoScalingGroups",
                json!({ "AutoScalingGroupNames": ["g"] }),
            ),
            ("arn:aws:cloudwatch:us-east-1:1:alarm:a", "DescribeAlarms", json!({ "AlarmNames": ["a"] })),
            ("arn:aws:ec2:us-east-1:1:vpc/vpc-1", "DescribeVpcs", json!({ "VpcIds": ["vpc-1"] })),
            ("arn:aws:events:us-east-1:1:rule/r", "DescribeRule", json!({ "Name": "r" })),
            ("arn:aws:kinesis:us-east-1:1:stream/s", "DescribeStreamSummary", json!({ "StreamName": "s" })),
            (
                "arn:aws:kinesis:us-east-1:1:stream/s/consumer/c:1",
                "DescribeStreamConsumer",
                json!({ "ConsumerARN": "arn:aws:kinesis:us-east-1:1:stream/s/consumer/c:1" }),
            ),
            ("arn:aws:kms:us-east-1:1:key/k", "DescribeKey", json!({ "KeyId": "arn:aws:kms:us-east-1:1:key/k" })),
            ("arn:aws:lambda:us-east-1:1:function:f", "GetFunction", json!({ "FunctionName": "f" })),
            ("arn:aws:logs:us-east-1:1:log-group:/a/b", "DescribeLogGroups", json!({ "logGroupNamePrefix": "/a/b" })),
            (
                "arn:aws:secretsmanager:us-east-1:1:secret:s-AbCdEf",
                "DescribeSecret",
                json!({ "SecretId": "arn:aws:secretsmanager:us-east-1:1:secret:s-AbCdEf" }),
            ),
            ("arn:aws:sns:us-east-1:1:t", "GetTopicAttributes", json!({ "TopicArn": "arn:aws:sns:us-east-1:1:t" })),
            ("arn:aws:ssm:us-east-1:1:maintenancewindow/mw-1", "GetMaintenanceWindow", json!({ "WindowId": "mw-1" })),
            (
                "arn:aws:states:us-east-1:1:stateMachine:m",
                "DescribeStateMachine",
                json!({ "stateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:m" }),
            ),
            ("arn:aws:sqs:us-east-1:1:q", "GetQueueAttributes", json!({ "QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/q" })),
        ] {
            let look = look(&Named::parse(arn).unwrap()).unwrap();
            assert_eq!((look.operation, look.input), (operation, input), "{arn}");
        }
        for unknown in ["arn:aws:ssm:us-east-1:1:parameter/a", "arn:aws:s3:::b", "arn:aws:ec2:us-east-1:1:volume/vol-1"] {
            assert!(look(&Named::parse(unknown).unwrap()).is_none(), "{unknown}");
        }
    }
}
