//! Lambda.

use crate::native::probe::{Probe, once, probe, there, wanted};

const FUNCTION: &[&str] = &["AWS::Lambda::Function"];
const INVOKE: &[&str] = &["AWS::Lambda::EventInvokeConfig"];

const CONFIGURATION: (&str, &str, &str) = ("lambda", "GetFunctionConfiguration", r#"{"FunctionName":"$id"}"#);
const INVOCATION: (&str, &str, &str) =
    ("lambda", "GetFunctionEventInvokeConfig", r#"{"FunctionName":"$FunctionName","Qualifier":"$Qualifier"}"#);

pub(super) const ASPECTS: &[Probe] = &[
    probe(FUNCTION, &["Description"], CONFIGURATION, "Description"),
    probe(FUNCTION, &["Role"], CONFIGURATION, "Role"),
    probe(FUNCTION, &["Runtime"], CONFIGURATION, "Runtime"),
    probe(FUNCTION, &["Handler"], CONFIGURATION, "Handler"),
    probe(FUNCTION, &["MemorySize"], CONFIGURATION, "MemorySize"),
    probe(FUNCTION, &["Timeout"], CONFIGURATION, "Timeout"),
    probe(FUNCTION, &["Environment"], CONFIGURATION, "Environment/Variables"),
    probe(FUNCTION, &["Architectures"], CONFIGURATION, "Architectures"),
    probe(FUNCTION, &["EphemeralStorage"], CONFIGURATION, "EphemeralStorage/Size"),
    probe(FUNCTION, &["KmsKeyArn"], CONFIGURATION, "KMSKeyArn"),
    probe(FUNCTION, &["DeadLetterConfig"], CONFIGURATION, "DeadLetterConfig/TargetArn"),
    probe(FUNCTION, &["Layers"], CONFIGURATION, "Layers/*/Arn"),
    probe(FUNCTION, &["LoggingConfig"], CONFIGURATION, "LoggingConfig"),
    probe(FUNCTION, &["TracingConfig"], CONFIGURATION, "TracingConfig/Mode"),
    probe(FUNCTION, &["VpcConfig"], CONFIGURATION, "VpcConfig/{SubnetIds,SecurityGroupIds}"),
    probe(
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
    probe(
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
    probe(
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
    probe(INVOKE, &["MaximumRetryAttempts"], INVOCATION, "MaximumRetryAttempts"),
    probe(INVOKE, &["MaximumEventAgeInSeconds"], INVOCATION, "MaximumEventAgeInSeconds"),
    probe(INVOKE, &["DestinationConfig"], INVOCATION, "DestinationConfig"),
    probe(INVOKE, &["FunctionName", "Qualifier"], INVOCATION, "FunctionArn"),
];
