use serde_json::{Value, json};

use super::world::{World, submission, template};

async fn made(world: &World, body: &str) {
    let status = world.create("s", body).await;
    assert_eq!(status, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
}

async fn updated(world: &World, body: &str) {
    let status = world.update("s", body).await;
    assert_eq!(status, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
}

#[tokio::test]
async fn nothing_to_do_is_said() {
    let world = World::new();
    let body = template("{Q: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 5}}}");
    made(&world, &body).await;
    for same in [body.as_str(), "Resources: {Q: {Type: AWS::SQS::Queue, DependsOn: [], Properties: {DelaySeconds: '5'}}}"] {
        let refused = world.refused("UpdateStack", submission("s", same)).await;
        assert!(refused.contains("No updates are to be performed."), "{refused}");
    }
    let refused = world.refused("UpdateStack", submission("none", &body)).await;
    assert!(refused.contains("Stack [none] does not exist"), "{refused}");
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
}

#[tokio::test]
async fn what_can_be_changed_where_it_is_keeps_its_identity() {
    let world = World::new();
    let trust = "{Version: 2012-10-17, Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: lambda.amazonaws.com}}]}";
    let allow =
        |action: &str| format!("{{Version: 2012-10-17, Statement: [{{Effect: Allow, Action: '{action}', Resource: '*'}}]}}");
    let body = |new: bool| {
        let pick = |old: &str, now: &str| if new { now.to_owned() } else { old.to_owned() };
        template(&format!(
            "{{Queue: {{Type: AWS::SQS::Queue, Properties: {{{}Tags: [{{Key: a, Value: '{}'}}]}}}}, \
             Access: {{Type: AWS::SQS::QueuePolicy, Properties: {{Queues: [!Ref Queue], PolicyDocument: {{Version: 2012-10-17, Statement: [{{Effect: Allow, Principal: '*', Action: '{}', Resource: '*'}}]}}}}}}, \
             Logs: {{Type: AWS::Logs::LogGroup, Properties: {{{}}}}}, \
             Role: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {trust}, Description: {}, Policies: [{{PolicyName: {}, PolicyDocument: {}}}]}}}}, \
             Inline: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: inline, PolicyDocument: {}, Roles: [!Ref Role]}}}}, \
             Managed: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {}, Roles: [{}]}}}}, \
             Profile: {{Type: AWS::IAM::InstanceProfile, Properties: {{Roles: [!Ref {}]}}}}, \
             Other: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {trust}}}}}, \
             Bucket: {{Type: AWS::S3::Bucket, Properties: {{{}}}}}, \
             Policy: {{Type: AWS::S3::BucketPolicy, Properties: {{Bucket: !Ref Bucket, PolicyDocument: {{Version: 2012-10-17, Statement: [{{Effect: Deny, Principal: '*', Action: '{}', Resource: !Sub '${{Bucket.Arn}}/*'}}]}}}}}}, \
             Key: {{Type: AWS::KMS::Key, Properties: {{Description: {}, EnableKeyRotation: {}}}}}, \
             Name: {{Type: AWS::KMS::Alias, Properties: {{AliasName: alias/n, TargetKeyId: !Ref {}}}}}, \
             Key2: {{Type: AWS::KMS::Key}}, \
             Rule: {{Type: AWS::Events::Rule, Properties: {{ScheduleExpression: rate({}), State: {}, Targets: [{{Id: {}, Arn: !GetAtt Queue.Arn}}]}}}}, \
             Parameter: {{Type: AWS::SSM::Parameter, Properties: {{Type: String, Value: {}}}}}, \
             Vpc: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16, EnableDnsHostnames: {}}}}}, \
             Group: {{Type: AWS::EC2::SecurityGroup, Properties: {{GroupDescription: g, VpcId: !Ref Vpc, SecurityGroupIngress: [{{IpProtocol: tcp, FromPort: {}, ToPort: {}, CidrIp: 10.0.0.0/16}}]{}}}}}}}",
            pick("DelaySeconds: 5, ", "VisibilityTimeout: 60, "),
            pick("b", "c"),
            pick("sqs:SendMessage", "sqs:ReceiveMessage"),
            pick("RetentionInDays: 3", "RetentionInDays: 7"),
            pick("one", "two"),
            pick("first", "second"),
            allow("s3:*"),
            allow(&pick("ec2:*", "ssm:*")),
            allow(&pick("kms:*", "logs:*")),
            pick("!Ref Role", "!Ref Other"),
            pick("Role", "Other"),
            pick(
                "VersioningConfiguration: {Status: Enabled}",
                "LifecycleConfiguration: {Rules: [{Id: r, Status: Enabled, ExpirationInDays: 9}]}"
            ),
            pick("s3:GetObject", "s3:PutObject"),
            pick("one", "two"),
            pick("true", "false"),
            pick("Key", "Key2"),
            pick("1 day", "2 days"),
            pick("ENABLED", "DISABLED"),
            pick("a", "b"),
            pick("x", "y"),
            pick("false", "true"),
            pick("80", "443"),
            pick("80", "443"),
            pick("", ", SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}]"),
        ))
    };
    made(&world, &body(false)).await;
    let names =
        ["Queue", "Access", "Logs", "Role", "Inline", "Managed", "Profile", "Bucket", "Key", "Rule", "Parameter", "Vpc", "Group"];
    let mut before = Vec::new();
    for name in names {
        before.push(world.physical("s", name).await);
    }
    updated(&world, &body(true)).await;
    for (name, before) in names.into_iter().zip(before) {
        assert_eq!(world.physical("s", name).await, before, "{name}");
        assert!(world.history("s").await.contains(&format!("{name} UPDATE_COMPLETE")), "{name}");
    }
    check_all(&world).await;
    // All the way back, too.
    updated(&world, &body(false)).await;
    let bucket = world.physical("s", "Bucket").await;
    world.call("s3", "GetBucketLifecycleConfiguration", json!({"Bucket": bucket})).await.unwrap_err();
    let stack = world.settled("s").await["StackId"].as_str().unwrap().to_owned();
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status(&stack).await, "DELETE_COMPLETE", "{:?}", world.history(&stack).await);
}

/// Each service says what the new template says.
async fn check_all(world: &World) {
    let id = async |name: &str| world.physical("s", name).await;
    let get = async |service: &str, operation: &str, input: Value, pointer: &str| {
        world.ok(service, operation, input).await.pointer(pointer).cloned().unwrap_or_default()
    };
    let queue = json!({"QueueUrl": id("Queue").await, "AttributeNames": ["All"]});
    let attributes = get("sqs", "GetQueueAttributes", queue, "/Attributes").await;
    assert_eq!((&attributes["DelaySeconds"], &attributes["VisibilityTimeout"]), (&json!("0"), &json!("60")));
    assert!(attributes["Policy"].as_str().unwrap().contains("sqs:ReceiveMessage"));
    let tags = get("sqs", "ListQueueTags", json!({"QueueUrl": id("Queue").await}), "/Tags").await;
    assert_eq!(tags, json!({"a": "c"}));
    let logs =
        get("logs", "DescribeLogGroups", json!({"logGroupNamePrefix": id("Logs").await}), "/logGroups/0/retentionInDays").await;
    assert_eq!(logs, 7);
    let role = id("Role").await;
    assert_eq!(get("iam", "GetRole", json!({"RoleName": role}), "/Role/Description").await, "two");
    assert_eq!(get("iam", "ListRolePolicies", json!({"RoleName": role}), "/PolicyNames").await, json!(["inline", "second"]));
    let inline = get("iam", "GetRolePolicy", json!({"RoleName": role, "PolicyName": "inline"}), "/PolicyDocument").await;
    assert!(inline.as_str().unwrap().contains("ssm"), "{inline}");
    assert_eq!(get("iam", "ListAttachedRolePolicies", json!({"RoleName": role}), "/AttachedPolicies").await, json!([]));
    let policy = id("Managed").await;
    assert_eq!(get("iam", "GetPolicy", json!({"PolicyArn": policy}), "/Policy/DefaultVersionId").await, "v2");
    assert_eq!(get("iam", "GetPolicy", json!({"PolicyArn": policy}), "/Policy/AttachmentCount").await, 1);
    let profile = json!({"InstanceProfileName": id("Profile").await});
    let carried = get("iam", "GetInstanceProfile", profile, "/InstanceProfile/Roles/0/RoleName").await;
    assert_eq!(carried, id("Other").await.as_str());
    let bucket = json!({"Bucket": id("Bucket").await});
    assert_eq!(get("s3", "GetBucketVersioning", bucket.clone(), "/Status").await, "Suspended");
    assert_eq!(get("s3", "GetBucketLifecycleConfiguration", bucket.clone(), "/Rules/0/Expiration/Days").await, 9);
    assert!(get("s3", "GetBucketPolicy", bucket, "/Policy").await.as_str().unwrap().contains("s3:PutObject"));
    let key = json!({"KeyId": id("Key").await});
    assert_eq!(get("kms", "DescribeKey", key.clone(), "/KeyMetadata/Description").await, "two");
    assert_eq!(get("kms", "GetKeyRotationStatus", key, "/KeyRotationEnabled").await, false);
    let alias = get("kms", "DescribeKey", json!({"KeyId": "alias/n"}), "/KeyMetadata/KeyId").await;
    assert_eq!(alias, id("Key2").await.as_str());
    let rule = id("Rule").await;
    let described = get("events", "DescribeRule", json!({"Name": rule}), "").await;
    assert_eq!((&described["ScheduleExpression"], &described["State"]), (&json!("rate(2 days)"), &json!("DISABLED")));
    let targets = get("events", "ListTargetsByRule", json!({"Rule": rule}), "/Targets").await;
    assert_eq!((targets.as_array().unwrap().len(), &targets[0]["Id"]), (1, &json!("b")));
    assert_eq!(get("ssm", "GetParameter", json!({"Name": id("Parameter").await}), "/Parameter/Value").await, "y");
    let hostnames = json!({"VpcId": id("Vpc").await, "Attribute": "enableDnsHostnames"});
    assert_eq!(get("ec2", "DescribeVpcAttribute", hostnames, "/EnableDnsHostnames/Value").await, true);
    let group = get("ec2", "DescribeSecurityGroups", json!({"GroupIds": [id("Group").await]}), "/SecurityGroups/0").await;
    assert_eq!((group["IpPermissions"].as_array().unwrap().len(), &group["IpPermissions"][0]["ToPort"]), (1, &json!(443)));
    let out = group["IpPermissionsEgress"].as_array().unwrap();
    assert_eq!((out.len(), &out[0]["ToPort"]), (1, &json!(443)));
}

#[tokio::test]
async fn a_function_gets_new_code_and_configuration() {
    let world = World::new();
    let body = |source: &str, more: &str| {
        template(&format!(
            "{{Role: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{Version: 2012-10-17, Statement: [{{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{Service: lambda.amazonaws.com}}}}]}}}}}}, \
             F: {{Type: AWS::Lambda::Function, Properties: {{Runtime: python3.11, Handler: index.h, Role: !GetAtt Role.Arn, Code: {{ZipFile: '{source}'}}{more}}}}}, \
             P: {{Type: AWS::Lambda::Permission, Properties: {{FunctionName: !Ref F, Action: 'lambda:InvokeFunction', Principal: {}}}}}, \
             C: {{Type: AWS::Lambda::EventInvokeConfig, Properties: {{FunctionName: !Ref F, Qualifier: $LATEST, MaximumRetryAttempts: {}}}}}}}",
            if more.is_empty() { "events.amazonaws.com" } else { "s3.amazonaws.com" },
            if more.is_empty() { "1" } else { "0" },
        ))
    };
    made(&world, &body("x = 1", "")).await;
    let (name, permission) = (world.physical("s", "F").await, world.physical("s", "P").await);
    let get = async || world.ok("lambda", "GetFunctionConfiguration", json!({"FunctionName": name})).await;
    let before = get().await;
    updated(&world, &body("x = 2", ", Timeout: '30', Environment: {Variables: {NAME: 1}}")).await;
    assert_eq!(world.physical("s", "F").await, name);
    let after = get().await;
    assert_ne!(after["CodeSha256"], before["CodeSha256"]);
    assert_eq!((&after["Timeout"], &after["Environment"]["Variables"]["NAME"]), (&json!(30), &json!("1")));
    // A permission is replaced, and the old one is gone.
    assert_ne!(world.physical("s", "P").await, permission);
    let policy = world.ok("lambda", "GetPolicy", json!({"FunctionName": name})).await["Policy"].as_str().unwrap().to_owned();
    assert!(policy.contains("s3.amazonaws.com") && !policy.contains("events.amazonaws.com"), "{policy}");
    let config = world.ok("lambda", "GetFunctionEventInvokeConfig", json!({"FunctionName": name})).await;
    assert_eq!(config["MaximumRetryAttempts"], 0);
    updated(&world, &body("x = 2", "")).await;
    let after = get().await;
    assert_eq!(after["Timeout"], before["Timeout"]);
    assert!(after.pointer("/Environment/Variables/NAME").is_none(), "{after}");
}

#[tokio::test]
async fn what_must_be_replaced_is_and_the_old_one_goes_last() {
    let world = World::new();
    let body = |name: &str, policy: &str| {
        template(&format!(
            "{{Q: {{Type: AWS::SQS::Queue, UpdateReplacePolicy: {policy}, Properties: {{QueueName: {name}}}}}, \
             P: {{Type: AWS::SSM::Parameter, Properties: {{Type: String, Value: !GetAtt Q.Arn}}}}}}"
        ))
    };
    made(&world, &body("one", "Delete")).await;
    let parameter = world.physical("s", "P").await;
    updated(&world, &body("two", "Delete")).await;
    assert!(world.physical("s", "Q").await.ends_with("/two"));
    let value = world.ok("ssm", "GetParameter", json!({"Name": parameter})).await["Parameter"]["Value"].clone();
    assert_eq!(value, "arn:aws:sqs:us-east-1:111122223333:two");
    world.call("sqs", "GetQueueUrl", json!({"QueueName": "one"})).await.unwrap_err();
    let history = world.history("s").await;
    let at = |line: &str| history.iter().position(|other| other == line).unwrap_or_else(|| panic!("{line}: {history:?}"));
    assert!(at("P UPDATE_COMPLETE") < at("s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"));
    assert!(at("s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS") < at("Q DELETE_IN_PROGRESS"));
    assert!(at("Q DELETE_COMPLETE") < at("s UPDATE_COMPLETE"));
    // The old one stays if it is to.
    updated(&world, &body("three", "Retain")).await;
    world.ok("sqs", "GetQueueUrl", json!({"QueueName": "two"})).await;
    assert!(world.history("s").await.contains(&"Q DELETE_SKIPPED".to_owned()));
}

#[tokio::test]
async fn resources_come_and_go_and_outputs_follow() {
    let world = World::new();
    made(&world, "Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: a}}, K: {Type: AWS::SQS::Queue, DeletionPolicy: Retain, Properties: {QueueName: k}}}").await;
    updated(
        &world,
        "Resources: {B: {Type: AWS::SQS::Queue, Properties: {QueueName: b}}}\nOutputs: {O: {Value: !GetAtt B.QueueName, Export: {Name: e}}}",
    )
    .await;
    world.call("sqs", "GetQueueUrl", json!({"QueueName": "a"})).await.unwrap_err();
    world.ok("sqs", "GetQueueUrl", json!({"QueueName": "k"})).await;
    let stack = world.settled("s").await;
    assert_eq!(stack["Outputs"][0]["OutputValue"], "b");
    assert!(stack["LastUpdatedTime"].is_string());
    let resources = world.stack("DescribeStackResources", json!({"StackName": "s"})).await;
    assert_eq!(resources["StackResources"].as_array().unwrap().len(), 1);
    // Outputs alone are a change as well.
    updated(&world, "Resources: {B: {Type: AWS::SQS::Queue, Properties: {QueueName: b}}}\nOutputs: {O: {Value: x}}").await;
    assert_eq!(world.stack("ListExports", json!({})).await["Exports"], json!([]));
    let template = world.stack("GetTemplate", json!({"StackName": "s"})).await;
    assert!(template["TemplateBody"].as_str().unwrap().contains("Value: x"));
}

#[tokio::test]
async fn parameters_and_templates_can_stay_what_they_were() {
    let world = World::new();
    let body = "Parameters: {A: {Type: String, NoEcho: true}, B: {Type: Number, Default: 1}}\n\
                Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Sub '${A}${B}'}}}";
    let mut input = submission("s", body);
    input["Parameters"] = json!([{"ParameterKey": "A", "ParameterValue": "secret"}]);
    world.stack("CreateStack", input).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    let update = |parameters: Value| json!({"StackName": "s", "UsePreviousTemplate": true, "Parameters": parameters});
    let keep = json!({"ParameterKey": "A", "UsePreviousValue": true});
    world.stack("UpdateStack", update(json!([keep, {"ParameterKey": "B", "ParameterValue": "2"}]))).await;
    assert_eq!(world.status("s").await, "UPDATE_COMPLETE");
    let name = world.physical("s", "P").await;
    let value = world.ok("ssm", "GetParameter", json!({"Name": name})).await["Parameter"]["Value"].clone();
    assert_eq!(value, "secret2");
    let stack = world.settled("s").await;
    assert_eq!(stack["Parameters"][0]["ParameterValue"], "****");
    assert_eq!(stack["Parameters"][1]["ParameterValue"], "2");
    // What is not given goes back to its default, and what has none must be given.
    assert!(world.refused("UpdateStack", update(json!([]))).await.contains("Parameters: [A] must have values"));
    let unknown = json!([keep, {"ParameterKey": "Z", "UsePreviousValue": true}]);
    let refused = world.refused("UpdateStack", update(unknown)).await;
    assert!(refused.contains("parameter key Z. Cannot specify usePreviousValue as true for a parameter key not in the previous"));
    let none = json!({"StackName": "s", "Parameters": [keep]});
    assert!(world.refused("UpdateStack", none).await.contains("Either Template URL or Template Body must be specified"));
}

#[tokio::test]
async fn an_instance_is_changed_in_place_stopped_or_replaced_as_documented() {
    let world = World::new();
    let image = world.ok("ec2", "DescribeImages", json!({})).await["Images"][0]["ImageId"].as_str().unwrap().to_owned();
    let body = |more: &str| template(&format!("{{I: {{Type: AWS::EC2::Instance, Properties: {{ImageId: {image}, {more}}}}}}}"));
    made(&world, &body("InstanceType: t3.micro, Tags: [{Key: Name, Value: a}]")).await;
    let id = world.physical("s", "I").await;
    let get = async |id: &str| {
        let answer = world.ok("ec2", "DescribeInstances", json!({"InstanceIds": [id]})).await;
        answer["Reservations"][0]["Instances"][0].clone()
    };
    updated(&world, &body("InstanceType: t3.small, Tags: [{Key: Name, Value: b}], MetadataOptions: {HttpTokens: required}"))
        .await;
    assert_eq!(world.physical("s", "I").await, id);
    let instance = get(&id).await;
    assert_eq!((&instance["InstanceType"], &instance["State"]["Name"]), (&json!("t3.small"), &json!("running")));
    assert_eq!(instance["MetadataOptions"]["HttpTokens"], "required");
    assert!(instance["Tags"].as_array().unwrap().contains(&json!({"Key": "Name", "Value": "b"})));
    updated(&world, &body("InstanceType: t3.small, BlockDeviceMappings: [{DeviceName: /dev/xvda, Ebs: {VolumeSize: 20}}]")).await;
    assert_ne!(world.physical("s", "I").await, id);
    assert_eq!(get(&id).await["State"]["Name"], "terminated");
}

#[tokio::test]
async fn a_resource_cannot_become_another_type() {
    let world = World::new();
    made(&world, &template("{Q: {Type: AWS::SQS::Queue}}")).await;
    let refused = world.refused("UpdateStack", submission("s", &template("{Q: {Type: AWS::Logs::LogGroup}}"))).await;
    assert!(refused.contains("Update of resource type is not permitted") && refused.contains("[Q]"), "{refused}");
}

#[tokio::test]
async fn what_this_region_cannot_do_is_said_by_name() {
    let world = World::new();
    made(&world, &template("{Q: {Type: AWS::SQS::Queue}}")).await;
    assert!(world.refused("EstimateTemplateCost", json!({"TemplateBody": "{}"})).await.contains("EstimateTemplateCost"));
}

#[tokio::test]
async fn an_instance_changes_its_profile_groups_and_address() {
    let world = World::new();
    let image = world.ok("ec2", "DescribeImages", json!({})).await["Images"][0]["ImageId"].as_str().unwrap().to_owned();
    let body = |which: &str, on: &str| {
        template(&format!(
            "{{V: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}, S: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref V, CidrBlock: 10.0.0.0/24}}}}, \
             W: {{Type: AWS::EC2::InternetGateway}}, A: {{Type: AWS::EC2::VPCGatewayAttachment, Properties: {{VpcId: !Ref V, InternetGatewayId: !Ref W}}}}, \
             R: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{Version: 2012-10-17, Statement: [{{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{Service: ec2.amazonaws.com}}}}]}}}}}}, \
             P1: {{Type: AWS::IAM::InstanceProfile, Properties: {{Roles: [!Ref R]}}}}, P2: {{Type: AWS::IAM::InstanceProfile, Properties: {{Roles: [!Ref R]}}}}, \
             G1: {{Type: AWS::EC2::SecurityGroup, Properties: {{GroupDescription: g, VpcId: !Ref V}}}}, G2: {{Type: AWS::EC2::SecurityGroup, Properties: {{GroupDescription: g, VpcId: !Ref V}}}}, \
             I: {{Type: AWS::EC2::Instance, Properties: {{ImageId: {image}, InstanceType: t3.micro, SubnetId: !Ref S, IamInstanceProfile: !Ref P{which}, SecurityGroupIds: [!Ref G{which}]}}}}, \
             E: {{Type: AWS::EC2::EIP, DependsOn: A, Properties: {{Domain: vpc{on}}}}}}}"
        ))
    };
    made(&world, &body("1", ", InstanceId: !Ref I")).await;
    let id = world.physical("s", "I").await;
    let get = async || {
        world.ok("ec2", "DescribeInstances", json!({"InstanceIds": [id]})).await["Reservations"][0]["Instances"][0].clone()
    };
    let address = world.physical("s", "E").await;
    assert_eq!(get().await["PublicIpAddress"], address.as_str());
    updated(&world, &body("2", "")).await;
    assert_eq!(world.physical("s", "I").await, id);
    let instance = get().await;
    assert_eq!(instance["SecurityGroups"][0]["GroupId"], world.physical("s", "G2").await.as_str());
    let profile = world.physical("s", "P2").await;
    assert!(instance["IamInstanceProfile"]["Arn"].as_str().unwrap().ends_with(&profile), "{instance}");
    let addresses = world.ok("ec2", "DescribeAddresses", json!({})).await;
    assert!(addresses["Addresses"][0].get("AssociationId").is_none(), "{addresses}");
}
