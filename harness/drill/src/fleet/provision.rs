//! What a fleet stands on: a role, a bucket and instances, made by ordinary calls.

use std::time::Duration;

use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;
use crate::chain::failure::{HopFailure, at};
use crate::{FailurePoint, Hop};

/// For all instances to run.
const RUNNING_BOUND: Duration = Duration::from_secs(120);
/// Instances per call. EC2's documentation recommends batches of this size for large fleets; listing them by pages of it bounds the client's memory.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html>
const BATCH: usize = 100;
const IMAGE: &str = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
/// The tag by which the fleet is sent its command.
pub(super) const TAG: (&str, &str) = ("Fleet", "Yes");

/// The fleet before anybody serves it.
pub(super) struct Provisioned {
    pub(super) role_arn: String,
    pub(super) bucket: String,
    pub(super) instances: Vec<String>,
}

/// Makes role, bucket and `machines` instances, and returns when all run.
pub(super) async fn provision(client: &DynamicClient, machines: usize) -> Result<Provisioned, HopFailure> {
    let name = format!("fleet-{}", crate::new_run());
    let ask = |service: &'static str, operation: &'static str, input: Value| async move {
        client.ask(service, operation, &input).await.map_err(at(FailurePoint::Drill, operation))
    };
    ask("s3", "CreateBucket", json!({ "Bucket": name })).await?;
    let trust =
        policy(&json!({ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }));
    let made = ask("iam", "CreateRole", json!({ "RoleName": name, "AssumeRolePolicyDocument": trust })).await?;
    let role_arn = text(&made, "/Role/Arn");
    let core = json!({ "RoleName": name, "PolicyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore" });
    ask("iam", "AttachRolePolicy", core).await?;
    let upload = policy(&json!({ "Effect": "Allow", "Action": "s3:PutObject", "Resource": format!("arn:aws:s3:::{name}/*") }));
    ask("iam", "PutRolePolicy", json!({ "RoleName": name, "PolicyName": "upload", "PolicyDocument": upload })).await?;
    ask("iam", "CreateInstanceProfile", json!({ "InstanceProfileName": name })).await?;
    ask("iam", "AddRoleToInstanceProfile", json!({ "InstanceProfileName": name, "RoleName": name })).await?;
    let image = text(&ask("ssm", "GetParameter", json!({ "Name": IMAGE })).await?, "/Parameter/Value");
    let tags = json!([{ "ResourceType": "instance", "Tags": [{ "Key": TAG.0, "Value": TAG.1 }] }]);
    let mut instances: Vec<String> = Vec::with_capacity(machines);
    while instances.len() < machines {
        let count = BATCH.min(machines - instances.len());
        let launch = json!({
            "ImageId": image, "InstanceType": "t3.micro", "MinCount": count, "MaxCount": count,
            "IamInstanceProfile": { "Name": name }, "TagSpecifications": tags,
        });
        let launched = ask("ec2", "RunInstances", launch).await?;
        let launched = launched.get("Instances").and_then(Value::as_array).into_iter().flatten();
        instances.extend(launched.map(|instance| text(instance, "/InstanceId")));
    }
    running(client, instances.len()).await?;
    Ok(Provisioned { role_arn, bucket: name, instances })
}

/// Waits until as many instances run.
async fn running(client: &DynamicClient, count: usize) -> Result<(), HopFailure> {
    let filters = json!([
        { "Name": format!("tag:{}", TAG.0), "Values": [TAG.1] }, { "Name": "instance-state-name", "Values": ["running"] },
    ]);
    let seen = nightproof_poll::try_until(RUNNING_BOUND, || async {
        let (mut running, mut token) = (0, Value::Null);
        loop {
            let input = json!({ "Filters": filters, "MaxResults": BATCH, "NextToken": token });
            let mut page =
                client.ask("ec2", "DescribeInstances", &input).await.map_err(at(Hop::Instance, "DescribeInstances"))?;
            let reservations = page.get("Reservations").and_then(Value::as_array).into_iter().flatten();
            running += reservations.filter_map(|one| one.get("Instances")?.as_array()).map(Vec::len).sum::<usize>();
            token = page.get_mut("NextToken").map_or(Value::Null, Value::take);
            if token.is_null() {
                return Ok::<_, HopFailure>(if running == count { Ok(()) } else { Err(running) });
            }
        }
    });
    let late = |running| HopFailure::at(Hop::Instance, format!("{running} of {count} instances run"));
    seen.await?.map_err(late)
}

fn policy(statement: &Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

fn text(document: &Value, path: &str) -> String {
    document.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
}
