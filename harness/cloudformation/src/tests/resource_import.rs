//! Resources that exist become part of a stack.

use nightproof_core::{Caller, Principal};
use serde_json::{Value, json};

use super::world::{ACCOUNT, World};

/// A request for an import; `wanted` are logical id, type and identifier.
fn import(stack: &str, body: &str, wanted: &[(&str, &str, Value)]) -> Value {
    let wanted: Vec<Value> = wanted
        .iter()
        .map(|(id, kind, identifier)| json!({"LogicalResourceId": id, "ResourceType": kind, "ResourceIdentifier": identifier}))
        .collect();
    json!({"StackName": stack, "ChangeSetName": "c", "ChangeSetType": "IMPORT", "TemplateBody": body, "ResourcesToImport": wanted,
           "Capabilities": ["CAPABILITY_NAMED_IAM"]})
}

/// Makes a change set; as it is described.
async fn described(world: &World, input: Value) -> Value {
    let made = world.stack("CreateChangeSet", input).await;
    world.stack("DescribeChangeSet", json!({"ChangeSetName": made["Id"]})).await
}

/// Makes a change set, executes it and waits; the stack's status.
async fn executed(world: &World, input: Value) -> String {
    let name = input["StackName"].as_str().unwrap().to_owned();
    let set = described(world, input).await;
    assert_eq!(set["Status"], "CREATE_COMPLETE", "{set}");
    world.stack("ExecuteChangeSet", json!({"ChangeSetName": set["ChangeSetId"]})).await;
    world.status(&name).await
}

async fn queue(world: &World, name: &str) -> String {
    let input = json!({"QueueName": name, "Attributes": {"VisibilityTimeout": "17"}});
    world.ok("sqs", "CreateQueue", input).await["QueueUrl"].as_str().unwrap().to_owned()
}

const X: &str = "X: {Type: AWS::SSM::Parameter, Properties: {Name: /x, Type: String, Value: v}}";
const Q: &str = "Q: {Type: AWS::SQS::Queue, DeletionPolicy: Retain, Properties: {QueueName: q, VisibilityTimeout: 17}}";

fn both(other: &str) -> String {
    format!("Resources:\n  {X}\n  {other}\n")
}

#[tokio::test]
async fn a_resource_is_imported_as_it_is_and_gets_the_tags_of_its_stack() {
    let world = World::new();
    let url = queue(&world, "q").await;
    let mut tagged = super::world::submission("s", &format!("Resources: {{{X}}}"));
    tagged["Tags"] = json!([{"Key": "team", "Value": "a"}]);
    world.stack("CreateStack", tagged).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    let set = described(&world, import("s", &both(Q), &[("Q", "AWS::SQS::Queue", json!({"QueueUrl": url}))])).await;
    assert_eq!((&set["Status"], &set["ExecutionStatus"]), (&json!("CREATE_COMPLETE"), &json!("AVAILABLE")));
    assert_eq!(
        set["StatusReason"],
        "Verify that resources and their properties defined in the template match the intended configuration of the resource import to avoid \
         unexpected changes."
    );
    let changes = set["Changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(
        changes[0],
        json!({"Type": "Resource", "ResourceChange": {
            "Action": "Import", "LogicalResourceId": "Q", "PhysicalResourceId": url, "ResourceType": "AWS::SQS::Queue", "Scope": [],
            "Details": [], "PolicyAction": null, "Replacement": null}})
    );
    world.stack("ExecuteChangeSet", json!({"ChangeSetName": "c", "StackName": "s"})).await;
    assert_eq!(world.status("s").await, "IMPORT_COMPLETE", "{:?}", world.failures("s").await);
    let history = world.history("s").await;
    assert_eq!(
        history[5..],
        [
            "s IMPORT_IN_PROGRESS",
            "Q IMPORT_IN_PROGRESS",
            "Q IMPORT_COMPLETE",
            "Q UPDATE_IN_PROGRESS",
            "Q UPDATE_COMPLETE",
            "s IMPORT_COMPLETE"
        ]
    );
    assert_eq!(world.reason("s", "Q", "IMPORT_IN_PROGRESS").await, "Resource import started.");
    assert_eq!(world.reason("s", "Q", "IMPORT_COMPLETE").await, "Resource import completed.");
    assert_eq!(world.reason("s", "Q", "UPDATE_IN_PROGRESS").await, "Apply stack-level tags to imported resource if applicable.");
    assert_eq!(world.physical("s", "Q").await, url);
    let tags = world.ok("sqs", "ListQueueTags", json!({"QueueUrl": url})).await["Tags"].clone();
    assert_eq!(tags, json!({"team": "a"}));
    // It is one of the stack's from now on: nothing differs, its attributes are known, and it stays when the stack goes.
    let input = json!({"StackName": "s", "LogicalResourceId": "Q"});
    let drift = world.stack("DetectStackResourceDrift", input).await;
    assert_eq!(drift["StackResourceDrift"]["StackResourceDriftStatus"], "IN_SYNC", "{drift}");
    let refused = world.refused("UpdateStack", super::world::submission("s", &both(Q))).await;
    assert!(refused.contains("No updates are to be performed."), "{refused}");
    let outputs = format!("{}Outputs: {{A: {{Value: !GetAtt Q.Arn}}}}", both(Q));
    assert_eq!(world.update("s", &outputs).await, "UPDATE_COMPLETE");
    let arn = world.settled("s").await["Outputs"][0]["OutputValue"].clone();
    assert_eq!(arn, format!("arn:aws:sqs:us-east-1:{ACCOUNT}:q"));
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    world.status("s").await;
    world.ok("sqs", "GetQueueUrl", json!({"QueueName": "q"})).await;
}

#[tokio::test]
async fn a_new_stack_is_made_of_what_exists_and_is_brought_to_what_its_template_says() {
    let world = World::new();
    let url = queue(&world, "q").await;
    world.ok("s3", "CreateBucket", json!({"Bucket": "archives"})).await;
    let trust = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}"#;
    world.ok("iam", "CreateRole", json!({"RoleName": "r", "AssumeRolePolicyDocument": trust, "Description": "old"})).await;
    let document = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}"#;
    world.ok("iam", "PutRolePolicy", json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": document})).await;
    let body = format!(
        "Resources:
  Q: {{Type: AWS::SQS::Queue, DeletionPolicy: Retain, Properties: {{QueueName: q, VisibilityTimeout: 30}}}}
  B: {{Type: AWS::S3::Bucket, DeletionPolicy: Retain, Properties: {{BucketName: archives, VersioningConfiguration: {{Status: Enabled}}}}}}
  R: {{Type: AWS::IAM::Role, DeletionPolicy: Delete, Properties: {{RoleName: r, Description: new, AssumeRolePolicyDocument: {trust}}}}}
  P: {{Type: AWS::IAM::RolePolicy, DeletionPolicy: Retain, Properties: {{RoleName: !Ref R, PolicyName: p, PolicyDocument: {document}}}}}
"
    );
    let wanted = [
        ("Q", "AWS::SQS::Queue", json!({"QueueUrl": url})),
        ("B", "AWS::S3::Bucket", json!({"BucketName": "archives"})),
        ("R", "AWS::IAM::Role", json!({"RoleName": "r"})),
        ("P", "AWS::IAM::RolePolicy", json!({"RoleName": "r", "PolicyName": "p"})),
    ];
    let set = described(&world, import("s", &body, &wanted)).await;
    assert_eq!(set["Status"], "CREATE_COMPLETE", "{set}");
    let stack = world.stack("DescribeStacks", json!({"StackName": "s"})).await["Stacks"][0].clone();
    assert_eq!(stack["StackStatus"], "REVIEW_IN_PROGRESS");
    assert_eq!(world.history("s").await, ["s REVIEW_IN_PROGRESS"]);
    // Nothing has happened yet.
    let attributes = json!({"QueueUrl": url, "AttributeNames": ["VisibilityTimeout"]});
    assert_eq!(world.ok("sqs", "GetQueueAttributes", attributes.clone()).await["Attributes"]["VisibilityTimeout"], "17");
    world.stack("ExecuteChangeSet", json!({"ChangeSetName": "c", "StackName": "s"})).await;
    assert_eq!(world.status("s").await, "IMPORT_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(world.ok("sqs", "GetQueueAttributes", attributes).await["Attributes"]["VisibilityTimeout"], "30");
    assert_eq!(world.ok("iam", "GetRole", json!({"RoleName": "r"})).await["Role"]["Description"], "new");
    let versioning = world.ok("s3", "GetBucketVersioning", json!({"Bucket": "archives"})).await;
    assert_eq!(versioning["Status"], "Enabled");
    for (id, physical) in [("B", "archives"), ("R", "r"), ("P", "p|r")] {
        assert_eq!(world.physical("s", id).await, physical, "{id}");
    }
}

#[tokio::test]
async fn an_import_whose_update_is_refused_lets_go_of_its_resources() {
    let world = World::new();
    let url = queue(&world, "q").await;
    // It is imported as another one than it is.
    let renamed = "Q: {Type: AWS::SQS::Queue, DeletionPolicy: Delete, Properties: {QueueName: another}}";
    assert_eq!(world.create("s", &format!("Resources: {{{X}}}")).await, "CREATE_COMPLETE");
    let wanted = [("Q", "AWS::SQS::Queue", json!({"QueueUrl": url}))];
    assert_eq!(executed(&world, import("s", &both(renamed), &wanted)).await, "IMPORT_ROLLBACK_COMPLETE");
    assert_eq!(
        world.history("s").await[5..],
        [
            "s IMPORT_IN_PROGRESS",
            "Q IMPORT_IN_PROGRESS",
            "Q IMPORT_COMPLETE",
            "Q UPDATE_IN_PROGRESS",
            "Q UPDATE_FAILED",
            "s IMPORT_ROLLBACK_IN_PROGRESS",
            "Q IMPORT_ROLLBACK_IN_PROGRESS",
            "Q IMPORT_ROLLBACK_COMPLETE",
            "s IMPORT_ROLLBACK_COMPLETE"
        ]
    );
    assert_eq!(
        world.reason("s", "Q", "UPDATE_FAILED").await,
        "Invalid patch update: createOnlyProperties [/properties/QueueName] cannot be updated"
    );
    let resources = world.stack("DescribeStackResources", json!({"StackName": "s"})).await;
    assert_eq!(resources["StackResources"].as_array().unwrap().len(), 1);
    let body = world.stack("GetTemplate", json!({"StackName": "s"})).await["TemplateBody"].clone();
    assert!(!body.as_str().unwrap().contains("Queue"), "{body}");
    world.ok("sqs", "GetQueueUrl", json!({"QueueName": "q"})).await;
    // The stack can be worked with, and a new one is as one that was rolled back.
    assert_eq!(executed(&world, import("s", &both(Q), &wanted)).await, "IMPORT_COMPLETE");
    let other = queue(&world, "w").await;
    let input = import("t", &format!("Resources: {{{renamed}}}"), &[("Q", "AWS::SQS::Queue", json!({"QueueUrl": other}))]);
    assert_eq!(executed(&world, input).await, "ROLLBACK_COMPLETE");
}

#[tokio::test]
async fn a_resource_that_goes_before_it_is_imported_fails_the_import() {
    let world = World::new();
    let url = queue(&world, "q").await;
    assert_eq!(world.create("s", &format!("Resources: {{{X}}}")).await, "CREATE_COMPLETE");
    world.stack("CreateChangeSet", import("s", &both(Q), &[("Q", "AWS::SQS::Queue", json!({"QueueUrl": url}))])).await;
    world.ok("sqs", "DeleteQueue", json!({"QueueUrl": url})).await;
    world.stack("ExecuteChangeSet", json!({"ChangeSetName": "c", "StackName": "s"})).await;
    assert_eq!(world.status("s").await, "IMPORT_ROLLBACK_COMPLETE");
    assert_eq!(
        world.reason("s", "Q", "IMPORT_FAILED").await,
        format!("Resource of type 'AWS::SQS::Queue' with identifier '{url}' was not found.")
    );
    let reason = world.reason("s", "s", "IMPORT_ROLLBACK_IN_PROGRESS").await;
    assert_eq!(reason, "The following resource(s) failed to import: [Q]. ");
}

#[tokio::test]
async fn an_import_of_what_is_not_there_or_belongs_to_a_stack_makes_a_failed_change_set() {
    let world = World::new();
    let url = queue(&world, "q").await;
    assert_eq!(world.create("s", &format!("Resources: {{{X}}}")).await, "CREATE_COMPLETE");
    let owner = "Resources: {K: {Type: AWS::SQS::Queue, Properties: {QueueName: held}}}";
    assert_eq!(world.create("owner", owner).await, "CREATE_COMPLETE");
    let owner = world.settled("owner").await["StackId"].as_str().unwrap().to_owned();
    let held = world.physical("owner", "K").await;
    let nowhere = format!("{url}-ghost");
    for (wanted, reason) in [
        (&nowhere, format!("Resource of type 'AWS::SQS::Queue' with identifier '{nowhere}' was not found.")),
        (&held, format!("{held} already exists in stack {owner}")),
    ] {
        let set = described(&world, import("s", &both(Q), &[("Q", "AWS::SQS::Queue", json!({"QueueUrl": wanted}))])).await;
        assert_eq!((&set["Status"], &set["ExecutionStatus"]), (&json!("FAILED"), &json!("UNAVAILABLE")), "{set}");
        assert_eq!((&set["StatusReason"], &set["Changes"]), (&json!(reason), &json!([])));
        world.stack("DeleteChangeSet", json!({"ChangeSetName": set["ChangeSetId"]})).await;
    }
}

#[tokio::test]
async fn what_no_import_may_ask_for_is_refused_in_the_words_of_aws() {
    let world = World::new();
    let url = queue(&world, "q").await;
    assert_eq!(world.create("s", &format!("Resources: {{{X}}}")).await, "CREATE_COMPLETE");
    let by_url = || json!({"QueueUrl": url});
    let refusal = async |body: &str, wanted: &[(&str, &str, Value)]| {
        let error = world.call("cloudformation", "CreateChangeSet", import("s", body, wanted)).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.status), ("ValidationError", 400), "{error}");
        error.message
    };
    let one = |id: &'static str, kind: &'static str, identifier: Value| vec![(id, kind, identifier)];
    let unkept = Q.replace("DeletionPolicy: Retain, ", "");
    let changed = both(Q).replace("Value: v", "Value: w");
    let another = format!("{}  N: {{Type: AWS::SQS::Queue, DeletionPolicy: Retain}}\n", both(Q));
    let policy =
        "P: {Type: AWS::IAM::Policy, DeletionPolicy: Retain, Properties: {PolicyName: p, Users: [u], PolicyDocument: {}}}";
    let modified = "You have modified resources [X] in your template that are not being imported. Update, create or delete operations cannot \
                    be executed during import operations.";
    for (body, wanted, message) in [
        (both(Q), vec![], "Must Provide at least one resource to import"),
        (
            both(Q),
            vec![("Q", "AWS::SQS::Queue", by_url()), ("Q", "AWS::SQS::Queue", by_url())],
            "Every resource to import must have unique LogicalResourceId",
        ),
        (
            both(Q),
            one("Z", "AWS::SQS::Queue", by_url()),
            "The logical resource ids [Z] provided in ResourceToImport do not exist in the template.",
        ),
        (
            both(Q),
            one("Q", "AWS::SQS::Queue", json!({"QueueName": "q"})),
            "Invalid resource identifier for resource type AWS::SQS::Queue. Expected [QueueUrl]",
        ),
        (
            both(Q),
            one("Q", "AWS::SNS::Topic", json!({"TopicArn": "arn:aws:sns:us-east-1:111122223333:t"})),
            "Resource type of [Q] passed in ResourceToImport does not match with resource type defined in the template. Resource type in \
             ResourceToImport: AWS::SNS::Topic; Resource type in Template: AWS::SQS::Queue.",
        ),
        (
            both(policy),
            one("P", "AWS::IAM::Policy", json!({"Id": "p"})),
            "ResourceTypes [AWS::IAM::Policy] are not supported for Import",
        ),
        (
            format!("Resources: {{{X}}}"),
            one("X", "AWS::SSM::Parameter", json!({"Name": "/x"})),
            "The template should contain at least one new resource to import.",
        ),
        (
            both(Q),
            one("X", "AWS::SSM::Parameter", json!({"Name": "/x"})),
            "Resources [X] passed in ResourceToImport are already in a stack and cannot be imported.",
        ),
        (another, one("Q", "AWS::SQS::Queue", by_url()), "Resources [N] is missing from ResourceToImport list"),
        (changed, one("Q", "AWS::SQS::Queue", by_url()), modified),
        (format!("Resources:\n  {Q}\n"), one("Q", "AWS::SQS::Queue", by_url()), modified),
        (
            both(&unkept),
            one("Q", "AWS::SQS::Queue", by_url()),
            "The following resources to import [Q] must have DeletionPolicy attribute specified in the template.",
        ),
        (
            format!("{}Outputs: {{O: {{Value: !Ref Q}}}}\n", both(Q)),
            one("Q", "AWS::SQS::Queue", by_url()),
            "As part of the import operation, you cannot modify or add [Outputs]",
        ),
    ] {
        assert_eq!(refusal(&body, &wanted).await, message);
    }
    let mut tagged = import("s", &both(Q), &one("Q", "AWS::SQS::Queue", by_url()));
    tagged["Tags"] = json!([{"Key": "k", "Value": "v"}]);
    tagged["RoleARN"] = format!("arn:aws:iam::{ACCOUNT}:role/r").into();
    let refused = world.refused("CreateChangeSet", tagged).await;
    assert!(refused.contains("As part of the import operation, you cannot modify or add [RoleArn, Tags]"), "{refused}");
    let listed = world.stack("ListChangeSets", json!({"StackName": "s"})).await;
    assert_eq!(listed["Summaries"], json!([]));
}

#[tokio::test]
async fn a_type_that_is_not_read_here_is_refused_as_lacking() {
    let world = World::new();
    let body = "Resources: {T: {Type: AWS::Athena::WorkGroup, DeletionPolicy: Retain, Properties: {Name: t}}}";
    let input = import("s", body, &[("T", "AWS::Athena::WorkGroup", json!({"Name": "t"}))]);
    let error = world.call("cloudformation", "CreateChangeSet", input).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("NotImplemented", 501));
    assert!(error.message.contains("import of AWS::Athena::WorkGroup"), "{error}");
    world.call("cloudformation", "DescribeStacks", json!({"StackName": "s"})).await.unwrap_err();
}

fn existing(stack: &str, kind: &str, body: &str) -> Value {
    json!({"StackName": stack, "ChangeSetName": "c", "ChangeSetType": kind, "TemplateBody": body, "ImportExistingResources": true})
}

#[tokio::test]
async fn a_change_set_may_import_what_exists_under_its_name_and_make_the_rest() {
    let world = World::new();
    world.ok("logs", "CreateLogGroup", json!({"logGroupName": "g"})).await;
    let body = |policy: &str| {
        format!(
            "Resources:\n  L: {{Type: AWS::Logs::LogGroup, DeletionPolicy: {policy}, Properties: {{LogGroupName: g, RetentionInDays: 7}}}}\n  \
             N: {{Type: AWS::SQS::Queue, Properties: {{QueueName: n}}}}\n"
        )
    };
    let set = described(&world, existing("s", "CREATE", &body("Delete"))).await;
    assert_eq!(set["Status"], "FAILED");
    assert_eq!(
        set["StatusReason"],
        "CloudFormation is attempting to import some resources because they already exist in your account. The resources must have the \
         DeletionPolicy attribute set to 'Retain' or 'RetainExceptOnCreate' in the template for successful import. The affected resources are L \
         ({LogGroupName=g})"
    );
    world.stack("DeleteChangeSet", json!({"ChangeSetName": set["ChangeSetId"]})).await;
    let set = described(&world, existing("s", "CREATE", &body("RetainExceptOnCreate"))).await;
    let actions: Vec<&Value> = set["Changes"].as_array().unwrap().iter().map(|one| &one["ResourceChange"]["Action"]).collect();
    assert_eq!(actions, ["Import", "Add"], "{set}");
    assert_eq!(set["ImportExistingResources"], true);
    world.stack("ExecuteChangeSet", json!({"ChangeSetName": "c", "StackName": "s"})).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let groups = world.ok("logs", "DescribeLogGroups", json!({"logGroupNamePrefix": "g"})).await;
    assert_eq!(groups["logGroups"][0]["retentionInDays"], 7);
    // By an update, too.
    queue(&world, "q").await;
    world.ok("ssm", "PutParameter", json!({"Name": "/p", "Value": "v", "Type": "String"})).await;
    let parameter = "  P: {Type: AWS::SSM::Parameter, DeletionPolicy: Retain, Properties: {Name: /p, Type: String, Value: v}}\n";
    let more = format!("{}{parameter}", body("RetainExceptOnCreate"));
    assert_eq!(executed(&world, existing("s", "UPDATE", &more)).await, "UPDATE_COMPLETE");
    assert_eq!(world.physical("s", "P").await, "/p");
}

#[tokio::test]
async fn what_a_failed_creation_has_imported_stays() {
    let world = World::new();
    world.ok("logs", "CreateLogGroup", json!({"logGroupName": "g"})).await;
    let body = "Resources:
  L: {Type: AWS::Logs::LogGroup, DeletionPolicy: RetainExceptOnCreate, Properties: {LogGroupName: g}}
  T: {Type: AWS::SNS::Subscription, DependsOn: L, Properties: {Protocol: sqs, Endpoint: nowhere, TopicArn: 'arn:aws:sns:us-east-1:111122223333:no'}}
";
    assert_eq!(executed(&world, existing("s", "CREATE", body)).await, "ROLLBACK_COMPLETE");
    let groups = world.ok("logs", "DescribeLogGroups", json!({"logGroupNamePrefix": "g"})).await;
    assert_eq!(groups["logGroups"].as_array().unwrap().len(), 1);
    assert!(world.history("s").await.contains(&"L DELETE_SKIPPED".to_owned()), "{:?}", world.history("s").await);
}

#[tokio::test]
async fn whoever_may_not_read_a_resource_does_not_import_it() {
    let world = World::new();
    let url = queue(&world, "q").await;
    world.ok("iam", "CreateUser", json!({"UserName": "u"})).await;
    let policy = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["cloudformation:*", "ec2:DescribeAvailabilityZones"], "Resource": "*"}]}"#;
    world.ok("iam", "PutUserPolicy", json!({"UserName": "u", "PolicyName": "p", "PolicyDocument": policy})).await;
    let user = world.ok("iam", "GetUser", json!({"UserName": "u"})).await["User"].clone();
    let (name, id) = ("u".to_owned(), user["UserId"].as_str().unwrap().to_owned());
    let caller = Caller { principal: Principal::User { name, id }, ..Caller::root(ACCOUNT) };
    let body = format!("Resources: {{{Q}}}");
    let input = import("s", &body, &[("Q", "AWS::SQS::Queue", json!({"QueueUrl": url}))]);
    let made = world.region.call(&caller, "cloudformation", "CreateChangeSet", input).await.unwrap();
    let set = world.stack("DescribeChangeSet", json!({"ChangeSetName": made["Id"]})).await;
    assert_eq!(set["Status"], "FAILED");
    assert!(set["StatusReason"].as_str().unwrap().contains("is not authorized to perform: sqs:"), "{set}");
}

#[tokio::test]
async fn what_several_properties_identify_is_imported_by_all_of_them() {
    let world = World::new();
    world.ok("logs", "CreateLogGroup", json!({"logGroupName": "g"})).await;
    let transformation = json!({"metricName": "m", "metricNamespace": "n", "metricValue": "1"});
    let filter =
        json!({"logGroupName": "g", "filterName": "f", "filterPattern": "ERROR", "metricTransformations": [transformation]});
    world.ok("logs", "PutMetricFilter", filter).await;
    let address = world.ok("ec2", "AllocateAddress", json!({"Domain": "vpc"})).await;
    let body = "Resources:
  F: {Type: AWS::Logs::MetricFilter, DeletionPolicy: Retain, Properties: {LogGroupName: g, FilterName: f, FilterPattern: WARN, MetricTransformations: [{MetricName: m, MetricNamespace: n, MetricValue: '1'}]}}
  A: {Type: AWS::EC2::EIP, DeletionPolicy: Retain, Properties: {Domain: vpc}}
";
    let identifier = json!({"PublicIp": address["PublicIp"], "AllocationId": address["AllocationId"]});
    let filter = ("F", "AWS::Logs::MetricFilter", json!({"LogGroupName": "g", "FilterName": "f"}));
    let partly = json!({"PublicIp": address["PublicIp"]});
    let refused = world.refused("CreateChangeSet", import("s", body, &[filter.clone(), ("A", "AWS::EC2::EIP", partly)])).await;
    assert!(
        refused.contains("Invalid resource identifier for resource type AWS::EC2::EIP. Expected [PublicIp, AllocationId]"),
        "{refused}"
    );
    let input = import("s", body, &[filter, ("A", "AWS::EC2::EIP", identifier)]);
    assert_eq!(executed(&world, input).await, "IMPORT_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(world.physical("s", "A").await, address["PublicIp"].as_str().unwrap());
    let filters = world.ok("logs", "DescribeMetricFilters", json!({"logGroupName": "g"})).await;
    assert_eq!(filters["metricFilters"][0]["filterPattern"], "WARN");
}
