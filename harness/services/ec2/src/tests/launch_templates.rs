//! Launch templates, their versions, and launches by them.

use nightproof_machine_image::IMAGES;
use serde_json::{Value, json};

use super::bed::Bed;

fn data() -> Value {
    json!({
        "ImageId": IMAGES[0].id, "InstanceType": "t3.small", "IamInstanceProfile": { "Name": "web" },
        "MetadataOptions": { "HttpTokens": "required", "HttpPutResponseHopLimit": 3 }, "UserData": "IyEvYmluL3NoCg==",
        "BlockDeviceMappings": [{ "DeviceName": "/dev/xvda", "Ebs": { "Encrypted": true, "VolumeSize": 20 } }],
        "TagSpecifications": [
            { "ResourceType": "instance", "Tags": [{ "Key": "Backup", "Value": "Enabled" }, { "Key": "Name", "Value": "template" }] },
            { "ResourceType": "volume", "Tags": [{ "Key": "Of", "Value": "template" }] },
        ],
    })
}

async fn template(bed: &Bed, name: &str, data: Value) -> Value {
    let made = bed.ok("CreateLaunchTemplate", json!({ "LaunchTemplateName": name, "LaunchTemplateData": data })).await;
    made["LaunchTemplate"]["LaunchTemplateId"].clone()
}

#[tokio::test]
async fn an_instance_is_launched_with_what_its_template_and_the_call_say() {
    let bed = Bed::new();
    bed.profile().await;
    let id = template(&bed, "web", data()).await;
    let more = json!([{ "ResourceType": "instance", "Tags": [{ "Key": "Name", "Value": "call" }] }]);
    let launch = json!({
        "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro", "TagSpecifications": more, "LaunchTemplate": { "LaunchTemplateName": "web" },
    });
    let launched = bed.ok("RunInstances", launch).await["Instances"][0]["InstanceId"].as_str().unwrap().to_owned();
    let running = bed.becomes(&launched, "running").await;
    assert_eq!((&running["InstanceType"], &running["ImageId"]), (&json!("t3.micro"), &json!(IMAGES[0].id)));
    assert_eq!(running["MetadataOptions"]["HttpPutResponseHopLimit"], 3);
    assert!(running["IamInstanceProfile"]["Arn"].as_str().unwrap().ends_with("/web"));
    let tags = json!([
        { "Key": "Name", "Value": "call" }, { "Key": "Backup", "Value": "Enabled" },
        { "Key": "aws:ec2launchtemplate:id", "Value": id }, { "Key": "aws:ec2launchtemplate:version", "Value": "1" },
    ]);
    assert_eq!(running["Tags"], tags);
    let volumes = bed.ok("DescribeVolumes", json!({ "Filters": [{ "Name": "tag:Of", "Values": ["template"] }] })).await;
    assert_eq!((&volumes["Volumes"][0]["Size"], &volumes["Volumes"][0]["Encrypted"]), (&json!(20), &json!(true)));
}

#[tokio::test]
async fn versions_are_numbered_and_the_default_one_is_changed_by_asking() {
    let bed = Bed::new();
    let id = template(&bed, "web", json!({ "ImageId": IMAGES[0].id, "InstanceType": "t3.small" })).await;
    let next = json!({
        "LaunchTemplateId": id, "SourceVersion": "1", "VersionDescription": "larger", "LaunchTemplateData": { "InstanceType": "t3.medium" },
    });
    let made = bed.ok("CreateLaunchTemplateVersion", next).await["LaunchTemplateVersion"].clone();
    assert_eq!((&made["VersionNumber"], &made["DefaultVersion"]), (&json!(2), &json!(false)));
    assert_eq!(made["LaunchTemplateData"], json!({ "ImageId": IMAGES[0].id, "InstanceType": "t3.medium" }));
    let versions =
        bed.ok("DescribeLaunchTemplateVersions", json!({ "LaunchTemplateId": id })).await["LaunchTemplateVersions"].clone();
    let numbers: Vec<_> = versions.as_array().unwrap().iter().map(|version| version["VersionNumber"].as_i64()).collect();
    assert_eq!(numbers, [Some(2), Some(1)], "the newest first");
    let kind = |version: &'static str| {
        let (bed, id) = (&bed, &id);
        async move {
            let input = json!({ "LaunchTemplateId": id, "Versions": [version] });
            bed.ok("DescribeLaunchTemplateVersions", input).await["LaunchTemplateVersions"][0]["LaunchTemplateData"]["InstanceType"].clone()
        }
    };
    assert_eq!((kind("$Latest").await, kind("$Default").await), (json!("t3.medium"), json!("t3.small")));
    let changed =
        bed.ok("ModifyLaunchTemplate", json!({ "LaunchTemplateId": id, "DefaultVersion": "2" })).await["LaunchTemplate"].clone();
    assert_eq!((&changed["DefaultVersionNumber"], &changed["LatestVersionNumber"]), (&json!(2), &json!(2)));
    assert_eq!(kind("$Default").await, "t3.medium");

    let deleted = bed.ok("DeleteLaunchTemplateVersions", json!({ "LaunchTemplateId": id, "Versions": ["1", "2", "7"] })).await;
    assert_eq!(deleted["SuccessfullyDeletedLaunchTemplateVersions"][0]["VersionNumber"], 1);
    let refused = deleted["UnsuccessfullyDeletedLaunchTemplateVersions"].as_array().unwrap().iter();
    let refused: Vec<_> = refused.map(|item| (item["VersionNumber"].as_i64(), item["ResponseError"]["Code"].as_str())).collect();
    assert_eq!(refused, [(Some(2), Some("unexpectedError")), (Some(7), Some("launchTemplateVersionDoesNotExist"))]);
    bed.ok("DeleteLaunchTemplate", json!({ "LaunchTemplateName": "web" })).await;
    assert_eq!(bed.ok("DescribeLaunchTemplates", json!({})).await["LaunchTemplates"], json!([]));
}

#[tokio::test]
async fn a_template_is_found_by_its_name_and_tags() {
    let bed = Bed::new();
    let tags = json!([{ "ResourceType": "launch-template", "Tags": [{ "Key": "Team", "Value": "night" }] }]);
    let input = json!({ "LaunchTemplateName": "tagged", "LaunchTemplateData": {}, "TagSpecifications": tags });
    bed.ok("CreateLaunchTemplate", input).await;
    template(&bed, "other", json!({})).await;
    let found = bed.ok("DescribeLaunchTemplates", json!({ "Filters": [{ "Name": "tag:Team", "Values": ["night"] }] })).await;
    assert_eq!(found["LaunchTemplates"].as_array().unwrap().len(), 1);
    assert_eq!(found["LaunchTemplates"][0]["LaunchTemplateName"], "tagged");
    let named = bed.ok("DescribeLaunchTemplates", json!({ "LaunchTemplateNames": ["other"] })).await;
    assert_eq!(named["LaunchTemplates"][0]["DefaultVersionNumber"], 1);
}

#[tokio::test]
async fn templates_that_aws_refuses_are_refused() {
    let bed = Bed::new();
    let id = template(&bed, "web", json!({ "InstanceType": "t3.small" })).await;
    let absent = "lt-0123456789abcdef0";
    for (operation, input, expected) in [
        (
            "CreateLaunchTemplate",
            json!({ "LaunchTemplateName": "web", "LaunchTemplateData": {} }),
            "InvalidLaunchTemplateName.AlreadyExistsException: Launch template name already in use.",
        ),
        (
            "CreateLaunchTemplate",
            json!({ "LaunchTemplateName": "spot", "LaunchTemplateData": { "InstanceMarketOptions": { "MarketType": "spot" } } }),
            "NotImplemented: ec2: CreateLaunchTemplate with LaunchTemplateData.InstanceMarketOptions",
        ),
        (
            "DeleteLaunchTemplate",
            json!({ "LaunchTemplateId": absent }),
            "InvalidLaunchTemplateId.NotFound: The specified launch template, with template ID lt-0123456789abcdef0, does not exist.",
        ),
        ("DeleteLaunchTemplate", json!({}), "MissingParameter"),
        ("ModifyLaunchTemplate", json!({ "LaunchTemplateId": id, "LaunchTemplateName": "web" }), "InvalidParameterCombination"),
        (
            "ModifyLaunchTemplate",
            json!({ "LaunchTemplateId": id, "DefaultVersion": "9" }),
            "InvalidLaunchTemplateId.VersionNotFound",
        ),
        ("DescribeLaunchTemplates", json!({ "LaunchTemplateNames": ["none"] }), "InvalidLaunchTemplateName.NotFoundException"),
        ("DescribeLaunchTemplateVersions", json!({ "Versions": ["1"] }), "MissingParameter"),
        (
            "RunInstances",
            json!({ "MinCount": 1, "MaxCount": 1, "LaunchTemplate": { "LaunchTemplateId": id, "Version": "3" } }),
            "InvalidLaunchTemplateId.VersionNotFound: Could not find the specified version 3 for the launch template with ID",
        ),
        (
            "RunInstances",
            json!({ "MinCount": 1, "MaxCount": 1, "LaunchTemplate": { "LaunchTemplateId": id } }),
            "MissingParameter: The request must contain the parameter ImageId",
        ),
    ] {
        let refusal = bed.refused(operation, input).await;
        assert!(refusal.starts_with(expected), "{operation}: {refusal}");
    }
}
