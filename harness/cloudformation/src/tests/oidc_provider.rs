use serde_json::json;

use super::world::{World, submission, template};

const OPERATOR: &str = include_str!("../../../../stack/operator.yaml");

#[tokio::test]
async fn the_operators_template_is_deployed_and_deleted_with_its_provider() {
    let world = World::new();
    let mut input = submission("nightproof-operator", OPERATOR);
    input["Parameters"] = json!([{"ParameterKey": "Repository", "ParameterValue": "you/your-repository"}]);
    world.stack("CreateStack", input).await;
    let status = world.status("nightproof-operator").await;
    assert_eq!(status, "CREATE_COMPLETE", "{:?}", world.failures("nightproof-operator").await);
    let arn = world.physical("nightproof-operator", "GitHub").await;
    assert_eq!(arn, "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com");
    let provider = world.ok("iam", "GetOpenIDConnectProvider", json!({"OpenIDConnectProviderArn": arn})).await;
    assert_eq!(provider["ClientIDList"], json!(["sts.amazonaws.com"]));
    let role = world.ok("iam", "GetRole", json!({"RoleName": "nightproof-operator"})).await;
    assert!(role["Role"]["AssumeRolePolicyDocument"].as_str().unwrap().contains("token.actions.githubusercontent.com"));

    world.stack("DeleteStack", json!({"StackName": "nightproof-operator"})).await;
    assert_eq!(world.status("nightproof-operator").await, "gone");
    assert_eq!(world.ok("iam", "ListOpenIDConnectProviders", json!({})).await["OpenIDConnectProviderList"], json!([]));
}

#[tokio::test]
async fn a_provider_is_replaced_for_another_url() {
    let world = World::new();
    let body = |host: &str| {
        template(&format!("{{P: {{Type: AWS::IAM::OIDCProvider, Properties: {{Url: 'https://{host}', ClientIdList: [one]}}}}}}"))
    };
    assert_eq!(world.create("s", &body("a.example")).await, "CREATE_COMPLETE");
    assert_eq!(world.update("s", &body("b.example/path")).await, "UPDATE_COMPLETE");
    let arn = world.physical("s", "P").await;
    assert!(arn.ends_with(":oidc-provider/b.example/path"), "{arn}");
    let all = world.ok("iam", "ListOpenIDConnectProviders", json!({})).await;
    assert_eq!(all["OpenIDConnectProviderList"], json!([{"Arn": arn}]));
}
