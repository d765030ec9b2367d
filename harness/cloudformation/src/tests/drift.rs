//! What a stack's resources are, against what the template says.

use nightproof_core::Caller;
use nightproof_journal::{DRIFT_NOT_CHECKED, Event};
use serde_json::{Value, json};

use super::world::{ACCOUNT, BOUND, World, submission};

/// Detects drift of a stack, and waits; the answer of `DescribeStackDriftDetectionStatus`.
async fn detect(world: &World, input: Value) -> Value {
    let begun = world.stack("DetectStackDrift", input).await;
    let settled = nightproof_poll::until(BOUND, || async {
        let answer = world.stack("DescribeStackDriftDetectionStatus", begun.clone()).await;
        if answer["DetectionStatus"] == "DETECTION_IN_PROGRESS" { Err(answer) } else { Ok(answer) }
    });
    settled.await.unwrap_or_else(|last| panic!("the detection does not end: {last}"))
}

/// `logical STATUS` of each resource that was checked, and its differences below it.
async fn drifts(world: &World) -> Vec<String> {
    let answer = world.stack("DescribeStackResourceDrifts", json!({"StackName": "s"})).await;
    let mut lines = Vec::new();
    for drift in answer["StackResourceDrifts"].as_array().unwrap() {
        let part = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        lines.push(format!("{} {}", part(drift, "LogicalResourceId"), part(drift, "StackResourceDriftStatus")));
        for one in drift["PropertyDifferences"].as_array().into_iter().flatten() {
            lines.push(format!(
                "  {} {} {} {}",
                part(one, "DifferenceType"),
                part(one, "PropertyPath"),
                part(one, "ExpectedValue"),
                part(one, "ActualValue")
            ));
        }
    }
    lines
}

/// Resources of the types of a backup's chain, each with most of its properties.
const CHAIN: &str = r##"
Parameters: {Word: {Type: String, NoEcho: true, Default: nobody-sees-it}}
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration: {Status: Enabled}
      PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
      OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]}
      BucketEncryption: {ServerSideEncryptionConfiguration: [{BucketKeyEnabled: true, ServerSideEncryptionByDefault: {SSEAlgorithm: 'aws:kms', KMSMasterKeyID: !GetAtt Key.Arn}}]}
      LifecycleConfiguration: {Rules: [{Id: old, Status: Enabled, Prefix: a/, ExpirationInDays: 30, Transitions: [{StorageClass: GLACIER, TransitionInDays: 7}]}]}
      NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: true}}
      Tags: [{Key: a, Value: '1'}, {Key: b, Value: '2'}]
  BucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties: {Bucket: !Ref Bucket, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Deny, Principal: '*', Action: 's3:*', Resource: !Sub '${Bucket.Arn}/*', Condition: {Bool: {'aws:SecureTransport': false}}}]}}
  Key: {Type: AWS::KMS::Key, Properties: {Description: k, EnableKeyRotation: true, Tags: [{Key: a, Value: b}], KeyPolicy: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}, Action: 'kms:*', Resource: '*'}]}}}
  Alias: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/backup, TargetKeyId: !Ref Key}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      Description: r
      MaxSessionDuration: 7200
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole']
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: [lambda.amazonaws.com, ec2.amazonaws.com, states.amazonaws.com, scheduler.amazonaws.com, events.amazonaws.com]}, Action: 'sts:AssumeRole'}]}
      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: '*'}]}}]
  Managed: {Type: AWS::IAM::ManagedPolicy, Properties: {Path: /x/, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}}
  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref Role]}}
  User: {Type: AWS::IAM::User, Properties: {Path: /u/}}
  Inline: {Type: AWS::IAM::Policy, Properties: {PolicyName: i, Users: [!Ref User], PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}}
  Function:
    Type: AWS::Lambda::Function
    Properties: {Runtime: python3.12, Handler: index.handler, Role: !GetAtt Role.Arn, MemorySize: '256', Timeout: 30, Code: {ZipFile: 'def handler(e, c): pass'}, Environment: {Variables: {AA: '1', WORD: !Ref Word}}, Tags: [{Key: t, Value: v}]}
  Permission: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !GetAtt Function.Arn, Action: 'lambda:InvokeFunction', Principal: events.amazonaws.com, SourceArn: !GetAtt Rule.Arn}}
  Rule:
    Type: AWS::Events::Rule
    Properties: {ScheduleExpression: rate(1 day), State: ENABLED, Description: d, Targets: [{Id: f, Arn: !GetAtt Function.Arn, Input: '{"a": 1}', RetryPolicy: {MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 600}}]}
  Pattern: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [aws.s3], detail-type: ['Object Created']}}}
  Document: {Type: AWS::SSM::Document, Properties: {DocumentType: Command, Content: {schemaVersion: '2.2', mainSteps: [{action: 'aws:runShellScript', name: x, inputs: {runCommand: ['true']}}]}}}
  Parameter: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: '7', Tags: {a: b}}}
  Queue: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: '5', VisibilityTimeout: 60, RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}, Tags: [{Key: q, Value: r}]}}
  Dead: {Type: AWS::SQS::Queue}
  QueuePolicy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Queue], PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: sns.amazonaws.com}, Action: 'sqs:SendMessage', Resource: '*'}]}}}
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: d, Tags: [{Key: t, Value: u}]}}
  TopicPolicy: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [!Ref Topic], PolicyDocument: {Version: '2012-10-17', Statement: [{Sid: s, Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: 'sns:Publish', Resource: '*'}]}}}
  Subscription: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Queue.Arn, RawMessageDelivery: true, FilterPolicy: {a: [b]}}}
  Group: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 14, Tags: [{Key: l, Value: m}]}}
  Alarm: {Type: AWS::CloudWatch::Alarm, Properties: {Namespace: AWS/SQS, MetricName: ApproximateNumberOfMessagesVisible, Statistic: Sum, Period: 300, EvaluationPeriods: 1, Threshold: 0, ComparisonOperator: GreaterThanThreshold, AlarmActions: [!Ref Topic], Dimensions: [{Name: QueueName, Value: !GetAtt Dead.QueueName}]}}
  Schedule: {Type: AWS::Scheduler::Schedule, Properties: {ScheduleExpression: rate(1 day), FlexibleTimeWindow: {Mode: 'OFF'}, State: ENABLED, Target: {Arn: !GetAtt Queue.Arn, RoleArn: !GetAtt Role.Arn, Input: x}}}
  Machine: {Type: AWS::StepFunctions::StateMachine, Properties: {RoleArn: !GetAtt Role.Arn, DefinitionString: '{"StartAt": "${s}", "States": {"a": {"Type": "Succeed"}}}', DefinitionSubstitutions: {s: a}, Tags: [{Key: m, Value: n}]}}
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true, Tags: [{Key: v, Value: w}]}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, MapPublicIpOnLaunch: true}}
  Gateway: {Type: AWS::EC2::InternetGateway, Properties: {Tags: [{Key: g, Value: h}]}}
  Routes: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Security:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: g, VpcId: !Ref Vpc, SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 10.0.0.0/8, Description: d}], SecurityGroupEgress: [{IpProtocol: '-1', CidrIp: 0.0.0.0/0}]}
  Ingress: {Type: AWS::EC2::SecurityGroupEgress, Properties: {GroupId: !Ref Security, IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8}}
  Instance:
    Type: AWS::EC2::Instance
    Properties: {ImageId: '{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}', InstanceType: t3.micro, SubnetId: !Ref Subnet, SecurityGroupIds: [!Ref Security], IamInstanceProfile: !Ref Profile, UserData: !Base64 'echo', MetadataOptions: {HttpTokens: required}, Tags: [{Key: i, Value: j}]}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: other, Description: d, Tags: [{Key: e, Value: f}]}}
  Secret: {Type: AWS::SecretsManager::Secret, Properties: {Description: d, SecretString: x, Tags: [{Key: s, Value: t}]}}
  Handle: {Type: AWS::CloudFormation::WaitConditionHandle}
  Catalog:
    Type: AWS::DynamoDB::Table
    Properties:
      KeySchema: [{AttributeName: a, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: a, AttributeType: S}, {AttributeName: b, AttributeType: N}]
      ProvisionedThroughput: {ReadCapacityUnits: 1, WriteCapacityUnits: 2}
      GlobalSecondaryIndexes: [{IndexName: by-b, KeySchema: [{AttributeName: b, KeyType: HASH}], Projection: {ProjectionType: KEYS_ONLY}, ProvisionedThroughput: {ReadCapacityUnits: 3, WriteCapacityUnits: 4}}]
      StreamSpecification: {StreamViewType: KEYS_ONLY}
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
      TimeToLiveSpecification: {AttributeName: until, Enabled: true}
      Tags: [{Key: t, Value: u}]
  Database: {Type: AWS::Athena::WorkGroup, Properties: {Name: w}}
"##;

#[tokio::test]
async fn a_stack_is_in_sync_until_its_resources_are_changed_behind_its_back() {
    let world = World::new();
    assert_eq!(world.create("s", CHAIN).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let stack = async || world.settled("s").await["DriftInformation"].clone();
    assert_eq!(stack().await, json!({"StackDriftStatus": "NOT_CHECKED"}));

    let ended = detect(&world, json!({"StackName": "s"})).await;
    assert_eq!(ended["DetectionStatus"], "DETECTION_COMPLETE", "{ended}");
    let first = drifts(&world).await;
    let wrong: Vec<&String> = first.iter().filter(|line| !line.ends_with(" IN_SYNC")).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!((&ended["StackDriftStatus"], &ended["DriftedStackResourceCount"]), (&json!("IN_SYNC"), &json!(0)));
    assert_eq!(stack().await["StackDriftStatus"], "IN_SYNC");
    // What this region does not read is not checked, and named by its own output.
    assert!(first.iter().all(|line| !line.starts_with("Database") && !line.starts_with("Handle")), "{first:?}");
    let records = world.region.journal().records();
    let is_named = |id: &str| {
        records.iter().any(|record| {
            matches!(&record.event, Event::Finding { id: finding, detail } if finding == DRIFT_NOT_CHECKED && detail.contains(id))
        })
    };
    assert!(is_named("Database is not detected: resources of type AWS::Athena::WorkGroup are not read"));

    let physical = async |id: &str| world.physical("s", id).await;
    let (bucket, queue, function, group) =
        (physical("Bucket").await, physical("Queue").await, physical("Function").await, physical("Security").await);
    let tags = json!({"TagSet": [{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}]});
    world.ok("s3", "PutBucketTagging", json!({"Bucket": bucket, "Tagging": tags})).await;
    world.ok("s3", "DeleteBucketLifecycle", json!({"Bucket": bucket})).await;
    world.ok("sqs", "SetQueueAttributes", json!({"QueueUrl": queue, "Attributes": {"DelaySeconds": "9"}})).await;
    let variables = json!({"Variables": {"AA": "1", "WORD": "other", "BB": "2"}});
    world.ok("lambda", "UpdateFunctionConfiguration", json!({"FunctionName": function, "Environment": variables})).await;
    let open = json!({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]});
    world.ok("ec2", "AuthorizeSecurityGroupIngress", json!({"GroupId": group, "IpPermissions": [open]})).await;
    world.ok("events", "DisableRule", json!({"Name": physical("Rule").await})).await;
    world.ok("ssm", "DeleteParameter", json!({"Name": physical("Parameter").await})).await;
    world.ok("ec2", "TerminateInstances", json!({"InstanceIds": [physical("Instance").await]})).await;
    world.ok("secretsmanager", "DeleteSecret", json!({"SecretId": physical("Secret").await})).await;
    let role = json!({"RoleName": physical("Role").await, "PolicyName": "p"});
    world.ok("iam", "DeleteRolePolicy", role).await;

    let ended = detect(&world, json!({"StackName": "s"})).await;
    assert_eq!((&ended["StackDriftStatus"], &ended["DriftedStackResourceCount"]), (&json!("DRIFTED"), &json!(9)), "{ended}");
    let drifted: Vec<String> = drifts(&world).await.into_iter().filter(|line| !line.ends_with(" IN_SYNC")).collect();
    insta::assert_snapshot!(drifted.join("\n"));
    assert!(!world.stack("DescribeStackResourceDrifts", json!({"StackName": "s"})).await.to_string().contains("nobody-sees-it"));
    let input = json!({"StackName": "s", "StackResourceDriftStatusFilters": ["DELETED"]});
    let gone = world.stack("DescribeStackResourceDrifts", input).await;
    assert_eq!(gone["StackResourceDrifts"].as_array().map(Vec::len), Some(3), "{gone}");
    assert!(gone["StackResourceDrifts"][0].get("ActualProperties").is_none_or(Value::is_null), "{gone}");
    let detail = world.stack("DescribeStackResource", json!({"StackName": "s", "LogicalResourceId": "Queue"})).await;
    assert_eq!(detail["StackResourceDetail"]["DriftInformation"]["StackResourceDriftStatus"], "MODIFIED");
    let listed = world.stack("ListStackResources", json!({"StackName": "s"})).await;
    let never = listed["StackResourceSummaries"].as_array().unwrap().iter().find(|one| one["LogicalResourceId"] == "Database");
    assert_eq!(never.unwrap()["DriftInformation"], json!({"StackResourceDriftStatus": "NOT_CHECKED"}));
}

#[tokio::test]
async fn one_resource_is_looked_at_and_what_is_changed_by_an_update_is_unchecked_again() {
    let world = World::new();
    let body = |delay: u32| {
        let both = "Topic: {Type: AWS::SNS::Topic}, Table: {Type: AWS::Athena::WorkGroup, Properties: {Name: w}}";
        format!("Resources: {{Queue: {{Type: AWS::SQS::Queue, Properties: {{DelaySeconds: {delay}}}}}, {both}}}")
    };
    assert_eq!(world.create("s", &body(1)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let queue = world.physical("s", "Queue").await;
    world.ok("sqs", "SetQueueAttributes", json!({"QueueUrl": queue, "Attributes": {"DelaySeconds": "9"}})).await;
    let input = |id: &str| json!({"StackName": "s", "LogicalResourceId": id});
    let drift = world.stack("DetectStackResourceDrift", input("Queue")).await["StackResourceDrift"].clone();
    assert_eq!(drift["StackResourceDriftStatus"], "MODIFIED");
    assert_eq!(
        (drift["ExpectedProperties"].as_str(), drift["ActualProperties"].as_str()),
        (Some("{\"DelaySeconds\":1}"), Some("{\"DelaySeconds\":9}"))
    );
    let difference =
        json!({"PropertyPath": "/DelaySeconds", "ExpectedValue": "1", "ActualValue": "9", "DifferenceType": "NOT_EQUAL"});
    assert_eq!(drift["PropertyDifferences"], json!([difference]));
    world.stack("DetectStackResourceDrift", input("Topic")).await;
    assert_eq!(drifts(&world).await.len(), 3);

    assert_eq!(world.update("s", &body(2)).await, "UPDATE_COMPLETE");
    assert_eq!(drifts(&world).await, ["Topic IN_SYNC"], "the queue was changed, the topic was not");

    assert!(
        world
            .refused("DetectStackResourceDrift", input("Table"))
            .await
            .contains("drift detection of AWS::Athena::WorkGroup is not implemented")
    );
    assert!(world.refused("DetectStackResourceDrift", input("No")).await.contains("Resource No does not exist for stack s"));
    assert!(world.refused("DetectStackDrift", json!({"StackName": "no"})).await.contains("Stack [no] does not exist"));
    let unknown = json!({"StackName": "s", "LogicalResourceIds": ["No"]});
    assert!(world.refused("DetectStackDrift", unknown).await.contains("Resource No does not exist"));
    assert!(
        world
            .refused(
                "DescribeStackDriftDetectionStatus",
                json!({"StackDriftDetectionId": "00000000-0000-0000-0000-000000000000"})
            )
            .await
            .contains("does not exist")
    );
    let filters = json!({"StackName": "s", "StackResourceDriftStatusFilters": ["GONE"]});
    assert!(world.refused("DescribeStackResourceDrifts", filters).await.contains("GONE"));
}

#[tokio::test]
async fn who_may_not_read_a_resource_does_not_learn_its_drift() {
    let world = World::new();
    let body = "Resources: {Queue: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 1}}, Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: d}}}";
    world.stack("CreateStack", submission("s", body)).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    world.ok("iam", "CreateUser", json!({"UserName": "reader"})).await;
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["cloudformation:*", "sns:*"], "Resource": "*"}]});
    let put = json!({"UserName": "reader", "PolicyName": "p", "PolicyDocument": policy.to_string()});
    world.ok("iam", "PutUserPolicy", put).await;
    let key = world.ok("iam", "CreateAccessKey", json!({"UserName": "reader"})).await;
    let reader: Caller = world.region.credentials().find(key["AccessKey"]["AccessKeyId"].as_str().unwrap()).unwrap().caller;
    assert_eq!(reader.account, ACCOUNT);
    let call = async |operation: &str, input: Value| world.region.call(&reader, "cloudformation", operation, input).await;
    let begun = call("DetectStackDrift", json!({"StackName": "s"})).await.unwrap();
    let settled = nightproof_poll::until(BOUND, || async {
        let answer = call("DescribeStackDriftDetectionStatus", begun.clone()).await.unwrap();
        if answer["DetectionStatus"] == "DETECTION_IN_PROGRESS" { Err(answer) } else { Ok(answer) }
    });
    let ended = settled.await.unwrap();
    assert_eq!(
        (&ended["DetectionStatus"], &ended["StackDriftStatus"]),
        (&json!("DETECTION_FAILED"), &json!("UNKNOWN")),
        "{ended}"
    );
    let reason = ended["DetectionStatusReason"].as_str().unwrap();
    let begins = "{\"Summary\":\"Failed to detect drift on resources [Queue]\",\"Failures\":[{\"Resource\":\"Queue\",";
    assert!(reason.starts_with(begins) && reason.contains("not authorized to perform: sqs:"), "{reason}");
    assert_eq!(drifts(&world).await, ["Queue UNKNOWN", "Topic IN_SYNC"]);
}

#[tokio::test]
async fn further_types_are_read() {
    let world = World::new();
    let body = r##"
Resources:
  Dashboard: {Type: AWS::CloudWatch::Dashboard, Properties: {DashboardName: d, DashboardBody: '{"widgets": []}'}}
  Schedules: {Type: AWS::Scheduler::ScheduleGroup, Properties: {Tags: [{Key: s, Value: g}]}}
  Group: {Type: AWS::Logs::LogGroup}
  Filter: {Type: AWS::Logs::MetricFilter, Properties: {LogGroupName: !Ref Group, FilterPattern: '{ $.a = 1 }', MetricTransformations: [{MetricName: m, MetricNamespace: n, MetricValue: '1', Dimensions: [{Key: k, Value: $.a}]}]}}
  Provider: {Type: AWS::IAM::OIDCProvider, Properties: {Url: 'https://a.example', ClientIdList: [one, two], Tags: [{Key: o, Value: p}]}}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: b}}
  Archive: {Type: AWS::Events::Archive, Properties: {SourceArn: !GetAtt Bus.Arn, RetentionDays: 7, EventPattern: {source: [s]}}}
  Address: {Type: AWS::EC2::EIP, Properties: {Domain: vpc, Tags: [{Key: e, Value: i}]}}
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Gateway: {Type: AWS::EC2::InternetGateway}
  Attached: {Type: AWS::EC2::VPCGatewayAttachment, Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Gateway}}
  Table: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Route: {Type: AWS::EC2::Route, DependsOn: Attached, Properties: {RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway}}
"##;
    assert_eq!(world.create("s", body).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    detect(&world, json!({"StackName": "s"})).await;
    let found = drifts(&world).await;
    for id in ["Address", "Archive", "Dashboard", "Filter", "Provider", "Route", "Schedules"] {
        assert!(found.contains(&format!("{id} IN_SYNC")), "{found:#?}");
    }
    world.ok("monitoring", "DeleteDashboards", json!({"DashboardNames": ["d"]})).await;
    let table = world.physical("s", "Table").await;
    world.ok("ec2", "DeleteRoute", json!({"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"})).await;
    let address = json!({"PublicIps": [world.physical("s", "Address").await]});
    let address = world.ok("ec2", "DescribeAddresses", address).await["Addresses"][0]["AllocationId"].clone();
    world.ok("ec2", "ReleaseAddress", json!({"AllocationId": address})).await;
    world.ok("events", "UpdateArchive", json!({"ArchiveName": world.physical("s", "Archive").await, "RetentionDays": 8})).await;
    detect(&world, json!({"StackName": "s"})).await;
    let found = drifts(&world).await;
    for line in ["Address DELETED", "Dashboard DELETED", "Route DELETED", "Archive MODIFIED", "  NOT_EQUAL /RetentionDays 7 8"] {
        assert!(found.contains(&line.to_owned()), "{found:#?}");
    }
}
