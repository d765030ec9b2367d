use serde_json::{Value, json};

use super::Fixture;

async fn put(f: &Fixture, name: &str, value: &str) {
    f.ssm("PutParameter", json!({"Name": name, "Value": value, "Type": "String"})).await.unwrap();
}

#[tokio::test]
async fn the_public_image_parameter_resolves_to_an_image_id_and_belongs_to_aws() {
    let f = Fixture::new();
    let name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
    let output = f.ssm("GetParameter", json!({"Name": name})).await.unwrap();
    assert_eq!(output["Parameter"]["Value"], "ami-0a1b2c3d4e5f60718");
    assert_eq!(output["Parameter"]["ARN"], format!("arn:aws:ssm:us-east-1::parameter{name}"));
    let error = f.ssm("GetParameter", json!({"Name": "/aws/service/bottlerocket/x"})).await.unwrap_err();
    assert_eq!(error.code, "NotImplemented");
    let error = f.ssm("PutParameter", json!({"Name": name, "Value": "x", "Type": "String"})).await.unwrap_err();
    assert_eq!(error.code, "AccessDeniedException");
}

#[tokio::test]
async fn the_images_of_amazon_canonical_and_debian_have_public_parameters() {
    let f = Fixture::new();
    for name in [
        "ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2",
        "ami-amazon-linux-latest/amzn2-ami-kernel-5.10-hvm-arm64-gp2",
        "ami-amazon-linux-latest/al2023-ami-kernel-6.12-x86_64",
        "ami-amazon-linux-latest/al2023-ami-minimal-kernel-default-arm64",
        "canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id",
        "canonical/ubuntu/server/noble/stable/current/arm64/hvm/ebs-gp3/ami-id",
        "debian/release/12/latest/amd64",
        "debian/release/trixie/latest/arm64",
    ] {
        let output = f.ssm("GetParameter", json!({"Name": format!("/aws/service/{name}")})).await.unwrap();
        assert!(output["Parameter"]["Value"].as_str().unwrap().starts_with("ami-0"), "{output}");
    }
    let below = json!({"Path": "/aws/service/debian/release/12", "Recursive": true});
    let output = f.ssm("GetParametersByPath", below).await.unwrap();
    assert_eq!(output["Parameters"].as_array().unwrap().len(), 2, "{output}");
}

#[tokio::test]
async fn a_parameter_is_overwritten_only_on_request_and_keeps_its_versions() {
    let f = Fixture::new();
    put(&f, "/app/a", "1").await;
    let error = f.ssm("PutParameter", json!({"Name": "/app/a", "Value": "2", "Type": "String"})).await.unwrap_err();
    assert_eq!(error.code, "ParameterAlreadyExists");
    let output = f.ssm("PutParameter", json!({"Name": "/app/a", "Value": "2", "Overwrite": true})).await.unwrap();
    assert_eq!(output["Version"], 2);
    let get = |name: &str| json!({"Name": name});
    assert_eq!(f.ssm("GetParameter", get("/app/a")).await.unwrap()["Parameter"]["Value"], "2");
    assert_eq!(f.ssm("GetParameter", get("/app/a:1")).await.unwrap()["Parameter"]["Value"], "1");
    assert_eq!(f.ssm("GetParameter", get("/app/a:9")).await.unwrap_err().code, "ParameterVersionNotFound");
    assert_eq!(f.ssm("GetParameter", get("/app/b")).await.unwrap_err().code, "ParameterNotFound");
    let arn = "arn:aws:ssm:us-east-1:111122223333:parameter/app/a";
    assert_eq!(f.ssm("GetParameter", get(arn)).await.unwrap()["Parameter"]["Name"], "/app/a");
    let history = f.ssm("GetParameterHistory", get("/app/a")).await.unwrap();
    assert_eq!(history["Parameters"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_path_finds_its_own_level_or_everything_below() {
    let f = Fixture::new();
    for name in ["/app/a", "/app/b", "/app/deep/c", "/apple"] {
        put(&f, name, "1").await;
    }
    let names = |output: Value| -> Vec<String> {
        let list = output["Parameters"].as_array().unwrap();
        list.iter().map(|parameter| parameter["Name"].as_str().unwrap().to_owned()).collect()
    };
    let output = f.ssm("GetParametersByPath", json!({"Path": "/app"})).await.unwrap();
    assert_eq!(names(output), ["/app/a", "/app/b"]);
    let output = f.ssm("GetParametersByPath", json!({"Path": "/app/", "Recursive": true})).await.unwrap();
    assert_eq!(names(output), ["/app/a", "/app/b", "/app/deep/c"]);
    let filter = json!([{"Key": "Name", "Option": "BeginsWith", "Values": ["/appl"]}]);
    let output = f.ssm("DescribeParameters", json!({"ParameterFilters": filter})).await.unwrap();
    assert_eq!(names(output), ["/apple"]);
}

#[tokio::test]
async fn names_values_and_types_are_checked() {
    let f = Fixture::new();
    for (input, code) in [
        (json!({"Name": "a/b", "Value": "x", "Type": "String"}), "ValidationException"),
        (json!({"Name": "ssm-a", "Value": "x", "Type": "String"}), "ValidationException"),
        (json!({"Name": "a", "Value": "x"}), "ValidationException"),
        (json!({"Name": "a", "Value": "x".repeat(4097), "Type": "String"}), "ValidationException"),
        (json!({"Name": "a", "Value": "x", "Type": "String", "AllowedPattern": "^y$"}), "ParameterPatternMismatchException"),
        (json!({"Name": "a", "Value": "x", "Type": "String", "Policies": "[{}]"}), "NotImplemented"),
    ] {
        assert_eq!(f.ssm("PutParameter", input.clone()).await.unwrap_err().code, code, "{input}");
    }
}

#[tokio::test]
async fn deleting_and_reading_several_tells_which_were_there() {
    let f = Fixture::new();
    put(&f, "a", "1").await;
    let output = f.ssm("GetParameters", json!({"Names": ["a", "b"]})).await.unwrap();
    assert_eq!((&output["Parameters"][0]["Name"], &output["InvalidParameters"]), (&json!("a"), &json!(["b"])));
    let output = f.ssm("DeleteParameters", json!({"Names": ["a", "b"]})).await.unwrap();
    assert_eq!(output, json!({"DeletedParameters": ["a"], "InvalidParameters": ["b"]}));
    assert_eq!(f.ssm("DeleteParameter", json!({"Name": "a"})).await.unwrap_err().code, "ParameterNotFound");
}

#[tokio::test]
async fn a_parameter_has_tags() {
    let f = Fixture::new();
    put(&f, "a", "1").await;
    let resource = |more: Value| {
        let mut input = json!({"ResourceType": "Parameter", "ResourceId": "a"});
        for (name, value) in more.as_object().unwrap() {
            input[name] = value.clone();
        }
        input
    };
    f.ssm("AddTagsToResource", resource(json!({"Tags": [{"Key": "k", "Value": "v"}, {"Key": "l", "Value": "w"}]})))
        .await
        .unwrap();
    f.ssm("RemoveTagsFromResource", resource(json!({"TagKeys": ["l"]}))).await.unwrap();
    let output = f.ssm("ListTagsForResource", resource(json!({}))).await.unwrap();
    assert_eq!(output, json!({"TagList": [{"Key": "k", "Value": "v"}]}));
    let error = f.ssm("ListTagsForResource", resource(json!({"ResourceId": "b"}))).await.unwrap_err();
    assert_eq!(error.code, "InvalidResourceId");
}

#[tokio::test]
async fn a_secure_string_without_a_key_is_not_stored_in_clear() {
    let f = Fixture::new();
    let input = json!({"Name": "secret", "Value": "hunter2", "Type": "SecureString"});
    assert!(f.ssm("PutParameter", input).await.is_err(), "this region has no KMS");
    assert_eq!(f.ssm("GetParameter", json!({"Name": "secret"})).await.unwrap_err().code, "ParameterNotFound");
}
