//! Services that have VPC endpoints. <https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html>

/// Services with interface endpoints: those of this region, and some that stacks ask for beside, whose endpoints lead to nothing here.
pub(crate) const INTERFACE: [&str; 32] = [
    "autoscaling",
    "backup",
    "cloudformation",
    "cloudtrail",
    "ebs",
    "ec2",
    "ec2messages",
    "ecr.api",
    "ecr.dkr",
    "ecs",
    "ecs-agent",
    "ecs-telemetry",
    "elasticfilesystem",
    "elasticloadbalancing",
    "events",
    "execute-api",
    "kinesis-streams",
    "kms",
    "lambda",
    "logs",
    "monitoring",
    "rds",
    "s3",
    "scheduler",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "ssmmessages",
    "states",
    "sts",
    "xray",
];

/// Services with gateway endpoints, and AWS's prefix list of each in us-east-1.
pub(crate) const GATEWAY: [(&str, &str); 2] = [("s3", "pl-63a5400a"), ("dynamodb", "pl-02cd2c6b")];

/// The service of a name such as `com.amazonaws.us-east-1.ssm`, if it is of this form and region.
pub(crate) fn of_name<'a>(region: &str, name: &'a str) -> Option<&'a str> {
    name.strip_prefix("com.amazonaws.")?.strip_prefix(region)?.strip_prefix('.')
}

/// `com.amazonaws.us-east-1.ssm`
pub(crate) fn name(region: &str, service: &str) -> String {
    format!("com.amazonaws.{region}.{service}")
}

/// The prefix list of a service with a gateway endpoint.
pub(crate) fn prefix_list(service: &str) -> Option<&'static str> {
    GATEWAY.iter().find(|(name, _)| *name == service).map(|(_, list)| *list)
}

/// The name that private DNS has lead to an endpoint.
pub(crate) fn private_dns_name(region: &str, service: &str) -> String {
    match service {
        "s3" => format!("*.s3.{region}.amazonaws.com"),
        service => format!("{service}.{region}.amazonaws.com"),
    }
}
