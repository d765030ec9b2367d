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
async fn a_provider_is_changed_where_it_is_and_replaced_for_another_url() {
    let world = World::new();
    let of = |host: &str, clients: &str| {
        template(&format!(
            "{{P: {{Type: AWS::IAM::OIDCProvider, Properties: {{Url: 'https://{host}', ClientIdList: {clients}}}}}}}"
        ))
    };
    assert_eq!(world.create("s", &of("a.example", "[one, two]")).await, "CREATE_COMPLETE");
    let first = world.physical("s", "P").await;
    assert_eq!(world.update("s", &of("a.example", "[two, three]")).await, "UPDATE_COMPLETE");
    let provider = world.ok("iam", "GetOpenIDConnectProvider", json!({"OpenIDConnectProviderArn": first})).await;
    assert_eq!(provider["ClientIDList"], json!(["two", "three"]));
    assert_eq!(world.update("s", &of("b.example/path", "[two]")).await, "UPDATE_COMPLETE");
    let second = world.physical("s", "P").await;
    assert!(second.ends_with(":oidc-provider/b.example/path"), "{second}");
    let all = world.ok("iam", "ListOpenIDConnectProviders", json!({})).await;
    assert_eq!(all["OpenIDConnectProviderList"], json!([{"Arn": second}]));
}

#[tokio::test]
async fn an_account_has_one_provider_of_a_url_and_none_without_https() {
    let world = World::new();
    let create = |url: &str| json!({"Url": url});
    world.ok("iam", "CreateOpenIDConnectProvider", create("https://a.example")).await;
    for (url, code) in [
        ("https://a.example", "EntityAlreadyExists"),
        ("http://b.example", "InvalidInput"),
        ("https://b.example:8443", "InvalidInput"),
    ] {
        let refused = world.call("iam", "CreateOpenIDConnectProvider", create(url)).await.unwrap_err();
        assert_eq!(refused.code, code, "{url}");
    }
    let input = json!({"Url": "https://c.example", "ThumbprintList": ["abc"]});
    assert!(world.call("iam", "CreateOpenIDConnectProvider", input).await.is_err());
    let gone = json!({"OpenIDConnectProviderArn": "arn:aws:iam::111122223333:oidc-provider/c.example"});
    assert_eq!(world.call("iam", "GetOpenIDConnectProvider", gone.clone()).await.unwrap_err().code, "NoSuchEntity");
    world.ok("iam", "DeleteOpenIDConnectProvider", gone).await;
}
