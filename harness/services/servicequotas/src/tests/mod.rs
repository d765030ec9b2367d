//! What is told of quotas, and that they hold.

use nightproof_core::{Caller, Region};
use nightproof_service_ec2::{Ec2, NoMachines};
use serde_json::{Value, json};

use crate::records::ServiceQuotas;

struct Account {
    region: Region,
    root: Caller,
}

impl Account {
    fn new() -> Self {
        let region = nightproof_test_region::region("111122223333", "/nonexistent");
        let ec2 = Ec2::new(std::sync::Arc::new(NoMachines));
        region.install(vec![("ec2", ec2), ("servicequotas", ServiceQuotas::new())]);
        Self { region, root: Caller::root("111122223333") }
    }

    async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Value, nightproof_core::service::AwsError> {
        self.region.call(&self.root, service, operation, input).await
    }

    async fn quota(&self, operation: &str, service: &str, code: &str) -> f64 {
        let answer = self.call("servicequotas", operation, json!({ "ServiceCode": service, "QuotaCode": code })).await.unwrap();
        answer["Quota"]["Value"].as_f64().unwrap()
    }
}

#[tokio::test]
async fn an_account_may_have_more_than_a_new_one() {
    let account = Account::new();
    assert_eq!(account.quota("GetServiceQuota", "ec2", "L-1216C47A").await, 64.0);
    assert_eq!(account.quota("GetAWSDefaultServiceQuota", "ec2", "L-1216C47A").await, 5.0);
    let listed = account.call("servicequotas", "ListServiceQuotas", json!({ "ServiceCode": "vpc" })).await.unwrap();
    assert_eq!(listed["Quotas"].as_array().unwrap().len(), 2);
    assert_eq!(listed["Quotas"][0]["QuotaArn"], "arn:aws:servicequotas:us-east-1:111122223333:vpc/L-F678F1CE");
}

#[tokio::test]
async fn a_quota_that_is_none_is_no_resource() {
    let account = Account::new();
    for (operation, input) in [
        ("GetServiceQuota", json!({ "ServiceCode": "vpc", "QuotaCode": "L-00000000" })),
        ("ListServiceQuotas", json!({ "ServiceCode": "nonesuch" })),
    ] {
        let refused = account.call("servicequotas", operation, input).await.unwrap_err();
        assert_eq!(refused.code, "NoSuchResourceException", "{operation}");
    }
}

#[tokio::test]
async fn what_goes_beyond_a_quota_is_refused() {
    let account = Account::new();
    let image = account.call("ec2", "DescribeImages", json!({ "Owners": ["amazon"] })).await.unwrap();
    let x86 = |image: &&Value| image["Architecture"] == "x86_64";
    let image = image["Images"].as_array().unwrap().iter().find(x86).unwrap()["ImageId"].clone();
    let run = |count: i64| json!({ "ImageId": image, "InstanceType": "t3.nano", "MinCount": count, "MaxCount": count });
    // 2 vCPUs each.
    for _ in 0..3 {
        account.call("ec2", "RunInstances", run(10)).await.unwrap();
    }
    let refused = account.call("ec2", "RunInstances", run(3)).await.unwrap_err();
    assert_eq!(refused.code, "VcpuLimitExceeded", "{refused}");
    account.call("ec2", "RunInstances", run(2)).await.unwrap();

    for (operation, input, most, code) in [
        ("CreateVpc", json!({ "CidrBlock": "10.0.0.0/16" }), 4, "VpcLimitExceeded"),
        ("CreateInternetGateway", json!({}), 4, "InternetGatewayLimitExceeded"),
        ("AllocateAddress", json!({}), 5, "AddressLimitExceeded"),
    ] {
        for _ in 0..most {
            account.call("ec2", operation, input.clone()).await.unwrap();
        }
        assert_eq!(account.call("ec2", operation, input).await.unwrap_err().code, code);
    }
}

/// A list of all operations and members of the model that are refused, to be reviewed when it changes.
#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread =
        nightproof_core::operation::unread_members("servicequotas", ServiceQuotas::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
}
