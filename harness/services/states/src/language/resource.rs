//! Resources of Task states: functions, and operations of services.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html>

use nightproof_core::service::arn;

/// What a task does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resource {
    /// A function, by its ARN.
    Function(String),
    Integration(Integration),
}

/// An operation of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Integration {
    /// `aws-sdk:ssm` or `sns`: `resourceType` of a history.
    pub(crate) kind: String,
    /// `sendCommand`, and `startExecution.sync`: `resource` of a history.
    pub(crate) resource: String,
    pub(crate) target: Target,
    pub(crate) pattern: Pattern,
}

/// Which operation is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    LambdaInvoke,
    PutEvents,
    SendMessage,
    Publish,
    StartExecution,
    /// An operation of DynamoDB on one item.
    Item(&'static str),
    /// Any operation, as AWS's SDK for Java calls it.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html>
    Sdk {
        service: &'static SdkService,
        operation: String,
    },
}

/// When a task is done.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    Response,
    /// Once the execution that it started has ended.
    Sync,
    /// The same, with the output as JSON.
    Sync2,
    /// Once somebody sends the task's token.
    Token,
}

/// A service under its name in AWS's SDK for Java.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SdkService {
    name: &'static str,
    /// The signing name.
    pub(crate) signing: &'static str,
    /// What the names of its errors begin with.
    pub(crate) title: &'static str,
}

const fn service(name: &'static str, signing: &'static str, title: &'static str) -> SdkService {
    SdkService { name, signing, title }
}

static SERVICES: [SdkService; 22] = [
    service("autoscaling", "autoscaling", "AutoScaling"),
    service("cloudformation", "cloudformation", "CloudFormation"),
    service("cloudtrail", "cloudtrail", "CloudTrail"),
    service("cloudwatch", "monitoring", "CloudWatch"),
    service("cloudwatchlogs", "logs", "CloudWatchLogs"),
    service("dynamodb", "dynamodb", "DynamoDb"),
    service("dynamodbstreams", "dynamodbstreams", "DynamoDbStreams"),
    service("ec2", "ec2", "Ec2"),
    service("eventbridge", "events", "EventBridge"),
    service("iam", "iam", "Iam"),
    service("kms", "kms", "Kms"),
    service("lambda", "lambda", "Lambda"),
    service("resourcegroupstaggingapi", "tagging", "ResourceGroupsTaggingApi"),
    service("s3", "s3", "S3"),
    service("scheduler", "scheduler", "Scheduler"),
    service("secretsmanager", "secretsmanager", "SecretsManager"),
    service("servicequotas", "servicequotas", "ServiceQuotas"),
    service("sfn", "states", "Sfn"),
    service("sns", "sns", "Sns"),
    service("sqs", "sqs", "Sqs"),
    service("ssm", "ssm", "Ssm"),
    service("sts", "sts", "Sts"),
];

/// Why a text is no resource.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ResourceError {
    Unrecognized,
    /// AWS may well know it.
    Lacking,
}

impl Resource {
    pub(crate) fn parse(text: &str) -> Result<Self, ResourceError> {
        let resource = arn::resource_of(text);
        match (arn::service_of(text), arn::region_of(text)) {
            ("lambda", region) if !region.is_empty() && resource.starts_with("function:") => Ok(Self::Function(text.to_owned())),
            ("states", "") if arn::account_of(text).is_empty() => integration(resource).map(Self::Integration),
            // Activities.
            ("states", _) if resource.starts_with("activity:") => Err(ResourceError::Lacking),
            _ => Err(ResourceError::Unrecognized),
        }
    }
}

fn integration(resource: &str) -> Result<Integration, ResourceError> {
    let (kind, full) = resource.rsplit_once(':').ok_or(ResourceError::Unrecognized)?;
    // `startExecution.sync:2` has a colon of its own.
    let (kind, full) = match kind.rsplit_once(':') {
        Some((kind, action)) if full == "2" => (kind, format!("{action}:2")),
        _ => (kind, full.to_owned()),
    };
    let (action, pattern) = match full.split_once('.') {
        None => (full.as_str(), Pattern::Response),
        Some((action, "waitForTaskToken")) => (action, Pattern::Token),
        Some((action, "sync")) => (action, Pattern::Sync),
        Some((action, "sync:2")) => (action, Pattern::Sync2),
        Some(_) => return Err(ResourceError::Unrecognized),
    };
    let first = action.chars().next().ok_or(ResourceError::Unrecognized)?;
    let target = match (kind, action) {
        ("lambda", "invoke") => Target::LambdaInvoke,
        ("dynamodb", "deleteItem") => Target::Item("DeleteItem"),
        ("dynamodb", "getItem") => Target::Item("GetItem"),
        ("dynamodb", "putItem") => Target::Item("PutItem"),
        ("dynamodb", "updateItem") => Target::Item("UpdateItem"),
        ("dynamodb", _) => return Err(ResourceError::Unrecognized),
        ("events", "putEvents") => Target::PutEvents,
        ("sns", "publish") => Target::Publish,
        ("sqs", "sendMessage") => Target::SendMessage,
        ("states", "startExecution") => Target::StartExecution,
        _ => {
            let Some(name) = kind.strip_prefix("aws-sdk:") else { return Err(ResourceError::Lacking) };
            if !first.is_ascii_lowercase() {
                return Err(ResourceError::Unrecognized);
            }
            let service = SERVICES.iter().find(|service| service.name == name).ok_or(ResourceError::Lacking)?;
            let operation: String = first.to_uppercase().chain(action.chars().skip(1)).collect();
            let model = nightproof_wire::service(service.signing).ok_or(ResourceError::Lacking)?;
            model.operation(&operation).ok_or(ResourceError::Unrecognized)?;
            Target::Sdk { service, operation }
        }
    };
    if matches!(pattern, Pattern::Sync | Pattern::Sync2) && target != Target::StartExecution {
        return Err(ResourceError::Unrecognized);
    }
    Ok(Integration { kind: kind.to_owned(), resource: full, target, pattern })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(resource: &str) -> Result<Resource, ResourceError> {
        Resource::parse(&format!("arn:aws:states:::{resource}"))
    }

    #[test]
    fn a_resource_names_a_function_or_an_operation_and_when_it_is_done() {
        let function = "arn:aws:lambda:us-east-1:111122223333:function:f";
        assert_eq!(Resource::parse(function), Ok(Resource::Function(function.to_owned())));
        let Ok(Resource::Integration(sends)) = parse("aws-sdk:ssm:sendCommand") else { panic!("no integration") };
        assert_eq!(
            (sends.kind.as_str(), sends.resource.as_str(), sends.pattern),
            ("aws-sdk:ssm", "sendCommand", Pattern::Response)
        );
        let Target::Sdk { service, operation } = sends.target else { panic!("no operation") };
        assert_eq!((service.signing, service.title, operation.as_str()), ("ssm", "Ssm", "SendCommand"));
        for (text, pattern) in [
            ("sqs:sendMessage.waitForTaskToken", Pattern::Token),
            ("states:startExecution.sync", Pattern::Sync),
            ("states:startExecution.sync:2", Pattern::Sync2),
            ("lambda:invoke", Pattern::Response),
            ("dynamodb:putItem", Pattern::Response),
            ("aws-sdk:dynamodb:query", Pattern::Response),
        ] {
            let Ok(Resource::Integration(read)) = parse(text) else { panic!("{text}") };
            assert_eq!((read.pattern, format!("{}:{}", read.kind, read.resource).as_str()), (pattern, text));
        }
    }

    #[test]
    fn what_aws_does_not_know_is_told_from_what_is_lacking() {
        for unknown in [
            "aws-sdk:ssm:SendCommand",
            "aws-sdk:ssm:sendCommands",
            "sns",
            "lambda:invoke.sync",
            "sns:publish.later",
            "dynamodb:query",
        ] {
            assert_eq!(parse(unknown), Err(ResourceError::Unrecognized), "{unknown}");
        }
        for ours in ["ecs:runTask.sync", "aws-sdk:rds:startDBInstance", "athena:startQueryExecution"] {
            assert_eq!(parse(ours), Err(ResourceError::Lacking), "{ours}");
        }
        assert_eq!(Resource::parse("arn:aws:states:us-east-1:1:activity:a"), Err(ResourceError::Lacking));
        assert_eq!(Resource::parse("sendToken"), Err(ResourceError::Unrecognized));
    }
}
