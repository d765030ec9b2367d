//! Lambda.

use crate::native::aspect::{Aspect, of, once, there, wanted};

const FUNCTION: &[&str] = &["AWS::Lambda::Function"];
const INVOKE: &[&str] = &["AWS::Lambda::EventInvokeConfig"];

const CONFIGURATION: (&str, &str, &str) = ("lambda", "GetFunctionConfiguration", r#"{"FunctionName":"$id"}"#);
const INVOCATION: (&str, &str, &str) =
    ("lambda", "GetFunctionEventInvokeConfig", r#"{"FunctionName":"$FunctionName","Qualifier":"$Qualifier"}"#);

pub(super) const ASPECTS: &[Aspect] = &[
    of(FUNCTION, &["Description"], CONFIGURATION, "Description"),
    of(FUNCTION, &["Role"], CONFIGURATION, "Role"),
    of(FUNCTION, &["Runtime"], CONFIGURATION, "Runtime"),
    of(FUNCTION, &["Handler"], CONFIGURATION, "Handler"),
    of(FUNCTION, &["MemorySize"], CONFIGURATION, "MemorySize"),
    of(FUNCTION, &["Timeout"], CONFIGURATION, "Timeout"),
    of(FUNCTION, &["Environment"], CONFIGURATION, "Environment/Variables"),
    of(FUNCTION, &["Architectures"], CONFIGURATION, "Architectures"),
    of(FUNCTION, &["EphemeralStorage"], CONFIGURATION, "EphemeralStorage/Size"),
    of(FUNCTION, &["KmsKeyArn"], CONFIGURATION, "KMSKeyArn"),
    of(FUNCTION, &["DeadLetterConfig"], CONFIGURATION, "DeadLetterConfig/TargetArn"),
    of(FUNCTION, &["Layers"], CONFIGURATION, "Layers/*/Arn"),
    of(FUNCTION, &["LoggingConfig"], CONFIGURATION, "LoggingConfig"),
    of(FUNCTION, &["TracingConfig"], CONFIGURATION, "TracingConfig/Mode"),
    of(FUNCTION, &["VpcConfig"], CONFIGURATION, "VpcConfig/{SubnetIds,SecurityGroupIds}"),
    of(
        FUNCTION,
        &["ReservedConcurrentExecutions"],
        ("lambda", "GetFunctionConcurrency", r#"{"FunctionName":"$id"}"#),
        "ReservedConcurrentExecutions",
    )
    .mended(&[once(
        "lambda",
        "PutFunctionConcurrency",
        r#"{"FunctionName":"$id","ReservedConcurrentExecutions":"$want"}"#,
    )]),
    of(
        FUNCTION,
        &["Tags"],
        ("lambda", "ListTags", r#"{"Resource":"arn:aws:lambda:$region:$account:function:$id"}"#),
        "Tags",
    )
    .mended(&[once(
        "lambda",
        "TagResource",
        r#"{"Resource":"arn:aws:lambda:$region:$account:function:$id","Tags":"$want"}"#,
    )]),
    of(
        &["AWS::Lambda::Permission"],
        &["FunctionName", "Action", "Principal", "SourceArn", "SourceAccount"],
        ("lambda", "GetPolicy", r#"{"FunctionName":"$FunctionName"}"#),
        "Policy/Statement",
    )
    .mended(&[
        there("lambda", "RemovePermission", r#"{"FunctionName":"$FunctionName","StatementId":"$item/Sid"}"#),
        wanted(
            "lambda",
            "AddPermission",
            r#"{"FunctionName":"$FunctionName","StatementId":"$item/Sid","Action":"$item/Action","Principal":"$item/Principal/Service","SourceArn":"$item/Condition/ArnLike/AWS:SourceArn","SourceAccount":"$item/Condition/StringEquals/AWS:SourceAccount"}"#,
        ),
    ]),
    of(INVOKE, &["MaximumRetryAttempts"], INVOCATION, "MaximumRetryAttempts"),
    of(INVOKE, &["MaximumEventAgeInSeconds"], INVOCATION, "MaximumEventAgeInSeconds"),
    of(INVOKE, &["DestinationConfig"], INVOCATION, "DestinationConfig"),
    of(INVOKE, &["FunctionName", "Qualifier"], INVOCATION, "FunctionArn"),
];
