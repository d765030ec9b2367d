//! What AWS's services look up and tell by themselves, by service-linked permissions that no customer's policy grants or withholds.

/// Service principal and action. Everything else that a service does needs the policy of the resource: invoking a function, sending to a
/// queue or topic, delivering access logs, using a key, assuming a role.
const BY_ITSELF: &[(&str, &str)] = &[
    // Run Command asks EC2 which instances exist and how they are tagged.
    ("ssm.amazonaws.com", "ec2:DescribeInstances"),
    // It tells the default bus of its commands.
    ("ssm.amazonaws.com", "events:PutEvents"),
    // Maintenance windows run tasks without a role of their own, and State Manager runs associations, by the service-linked role.
    // https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonSSMServiceRolePolicy.html
    ("ssm.amazonaws.com", "ssm:CancelCommand"),
    ("ssm.amazonaws.com", "ssm:ListCommands"),
    ("ssm.amazonaws.com", "ssm:SendCommand"),
    ("ssm.amazonaws.com", "ssm:StartAutomationExecution"),
    ("ssm.amazonaws.com", "iam:PassRole"),
    // EC2 Auto Scaling looks whether its service-linked role is there, and which role a profile holds, and tells the default bus of its
    // instances.
    ("autoscaling.amazonaws.com", "iam:GetInstanceProfile"),
    ("autoscaling.amazonaws.com", "iam:GetRole"),
    ("autoscaling.amazonaws.com", "events:PutEvents"),
    // CloudWatch tells it of its alarms.
    ("cloudwatch.amazonaws.com", "events:PutEvents"),
    ("states.amazonaws.com", "events:PutEvents"),
    // CloudFormation tells it of each change of a stack and its resources.
    ("cloudformation.amazonaws.com", "events:PutEvents"),
    // A bucket may tell the default bus of what happens in it.
    ("s3.amazonaws.com", "events:PutEvents"),
    // RunInstances and the metadata service ask which role a profile holds.
    ("ec2.amazonaws.com", "iam:GetInstanceProfile"),
    // Lambda deletes the network interfaces that no function needs any more.
    ("lambda.amazonaws.com", "ec2:DeleteNetworkInterface"),
];

/// Whether the service does this by itself.
pub(super) fn allowed(principal: &str, action: &str) -> bool {
    BY_ITSELF.contains(&(principal, action))
}
