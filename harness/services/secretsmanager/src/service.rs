//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::operations::random_password::GetRandomPassword;
use crate::operations::resource_policy::{DeleteResourcePolicy, GetResourcePolicy, PutResourcePolicy};
use crate::operations::secret_query::{DescribeSecret, ListSecrets};
use crate::operations::secrets::{CreateSecret, DeleteSecret, RestoreSecret, UpdateSecret};
use crate::operations::tags::{TagResource, UntagResource};
use crate::operations::values::{GetSecretValue, PutSecretValue};
use crate::operations::versions::{ListSecretVersionIds, UpdateSecretVersionStage};
use crate::records::SecretsManager;
use crate::secret::Secret;

operations!("secretsmanager", SecretsManager:
    CreateSecret => create_secret.await: ["= @new-secret secretsmanager:Name=Name secretsmanager:Description=Description secretsmanager:KmsKeyId=KmsKeyId", "secretsmanager:TagResource @new-secret ?Tags"],
    DeleteResourcePolicy => delete_resource_policy: ["= @secret"],
    DeleteSecret => delete_secret: ["= @secret secretsmanager:ForceDeleteWithoutRecovery=ForceDeleteWithoutRecovery secretsmanager:RecoveryWindowInDays=RecoveryWindowInDays"],
    DescribeSecret => describe_secret: ["= @secret"],
    GetRandomPassword => get_random_password: ["= *"],
    GetResourcePolicy => get_resource_policy: ["= @secret"],
    GetSecretValue => get_secret_value.await: ["= @secret secretsmanager:VersionId=VersionId secretsmanager:VersionStage=VersionStage"],
    ListSecretVersionIds => list_secret_version_ids: ["= @secret"],
    ListSecrets => list_secrets: ["= *"],
    PutResourcePolicy => put_resource_policy: ["= @secret secretsmanager:BlockPublicPolicy=BlockPublicPolicy"],
    PutSecretValue => put_secret_value.await: ["= @secret"],
    RestoreSecret => restore_secret: ["= @secret"],
    TagResource => tag_resource: ["= @secret"],
    UntagResource => untag_resource: ["= @secret"],
    UpdateSecret => update_secret.await: ["= @secret secretsmanager:Description=Description secretsmanager:KmsKeyId=KmsKeyId"],
    UpdateSecretVersionStage => update_secret_version_stage: ["= @secret secretsmanager:VersionStage=VersionStage"],
);

#[async_trait]
impl Service for SecretsManager {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    fn has_resource_policies(&self) -> bool {
        true
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        self.named_secret(call, kind, input)
    }

    fn resource_policy(&self, _account: &str, arn: &str) -> Option<ResourcePolicyText> {
        self.secret_policy(arn)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        let tagged = |secret: &Secret| Tagged { arn: secret.arn.clone(), tags: secret.tags.pairs() };
        self.with(call.account(), |secrets| secrets.values().map(tagged).collect())
    }

    fn resource_tags(&self, _account: &str, arn: &str) -> Vec<(String, String)> {
        self.secret_tags(arn)
    }
}
