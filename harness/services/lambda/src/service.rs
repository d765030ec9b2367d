//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use bytes::Bytes;
use http::Response;
use nightproof_core::Region;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::operations::account_settings::GetAccountSettings;
use crate::operations::aliases::{CreateAlias, DeleteAlias, GetAlias, ListAliases, UpdateAlias};
use crate::operations::code_signing::{
    CreateCodeSigningConfig, DeleteCodeSigningConfig, DeleteFunctionCodeSigningConfig, GetCodeSigningConfig,
    GetFunctionCodeSigningConfig, ListCodeSigningConfigs, ListFunctionsByCodeSigningConfig, PutFunctionCodeSigningConfig,
    UpdateCodeSigningConfig,
};
use crate::operations::concurrency::{DeleteFunctionConcurrency, GetFunctionConcurrency, PutFunctionConcurrency};
use crate::operations::event_invoke_config::{
    DeleteFunctionEventInvokeConfig, GetFunctionEventInvokeConfig, ListFunctionEventInvokeConfigs, PutFunctionEventInvokeConfig,
    UpdateFunctionEventInvokeConfig,
};
use crate::operations::event_source_mappings::{
    CreateEventSourceMapping, DeleteEventSourceMapping, GetEventSourceMapping, ListEventSourceMappings, UpdateEventSourceMapping,
};
use crate::operations::function_urls::{
    CreateFunctionUrlConfig, DeleteFunctionUrlConfig, GetFunctionUrlConfig, ListFunctionUrlConfigs, UpdateFunctionUrlConfig,
};
use crate::operations::functions::{
    CreateFunction, DeleteFunction, GetFunction, GetFunctionConfiguration, ListFunctions, UpdateFunctionCode,
    UpdateFunctionConfiguration,
};
use crate::operations::invoke::Invoke;
use crate::operations::layer_permissions::{AddLayerVersionPermission, GetLayerVersionPolicy, RemoveLayerVersionPermission};
use crate::operations::layers::{
    DeleteLayerVersion, GetLayerVersion, GetLayerVersionByArn, ListLayerVersions, ListLayers, PublishLayerVersion,
};
use crate::operations::management::{
    GetFunctionRecursionConfig, GetRuntimeManagementConfig, PutFunctionRecursionConfig, PutRuntimeManagementConfig,
};
use crate::operations::permissions::{AddPermission, GetPolicy, RemovePermission};
use crate::operations::provisioned_concurrency::{
    DeleteProvisionedConcurrencyConfig, GetProvisionedConcurrencyConfig, ListProvisionedConcurrencyConfigs,
    PutProvisionedConcurrencyConfig,
};
use crate::operations::tags::{ListTags, TagResource, UntagResource};
use crate::operations::versions::{ListVersionsByFunction, PublishVersion};
use crate::records::Lambda;
use crate::web;

operations!("lambda", Lambda:
    AddLayerVersionPermission => add_layer_version_permission: ["= @layerversion"],
    AddPermission => add_permission: ["= @function lambda:Principal=Principal lambda:FunctionUrlAuthType=FunctionUrlAuthType"],
    CreateAlias => create_alias: ["= @function"],
    CreateCodeSigningConfig => create_code_signing_config: ["= *"],
    CreateEventSourceMapping => create_event_source_mapping.await: ["= * lambda:FunctionArn=FunctionName"],
    CreateFunction => create_function.await: [
        "= function:{FunctionName} lambda:VpcIds=VpcConfig.VpcId lambda:SubnetIds=VpcConfig.SubnetIds lambda:SecurityGroupIds=VpcConfig.SecurityGroupIds lambda:Layer=Layers lambda:CodeSigningConfigArn=CodeSigningConfigArn",
        "iam:PassRole {Role} iam:PassedToService='lambda.amazonaws.com' iam:AssociatedResourceArn=FunctionName"
    ],
    CreateFunctionUrlConfig => create_function_url_config: ["= @function lambda:FunctionUrlAuthType=AuthType"],
    DeleteAlias => delete_alias: ["= @function"],
    DeleteCodeSigningConfig => delete_code_signing_config: ["= {CodeSigningConfigArn}"],
    DeleteEventSourceMapping => delete_event_source_mapping: ["= @mapping"],
    DeleteFunction => delete_function.await: ["= @function"],
    DeleteFunctionCodeSigningConfig => delete_function_code_signing_config: ["= @function"],
    DeleteFunctionConcurrency => delete_function_concurrency: ["= @function"],
    DeleteFunctionEventInvokeConfig => delete_function_event_invoke_config: ["= @function"],
    DeleteFunctionUrlConfig => delete_function_url_config: ["= @function"],
    DeleteLayerVersion => delete_layer_version: ["= @layerversion"],
    DeleteProvisionedConcurrencyConfig => delete_provisioned_concurrency_config: ["= @function"],
    GetAccountSettings => get_account_settings: ["= *"],
    GetAlias => get_alias: ["= @function"],
    GetCodeSigningConfig => get_code_signing_config: ["= {CodeSigningConfigArn}"],
    GetEventSourceMapping => get_event_source_mapping: ["= @mapping"],
    GetFunction => get_function: ["= @function"],
    GetFunctionCodeSigningConfig => get_function_code_signing_config: ["= @function"],
    GetFunctionConcurrency => get_function_concurrency: ["= @function"],
    GetFunctionConfiguration => get_function_configuration: ["= @function"],
    GetFunctionEventInvokeConfig => get_function_event_invoke_config: ["= @function"],
    GetFunctionRecursionConfig => get_function_recursion_config: ["= @function"],
    GetFunctionUrlConfig => get_function_url_config: ["= @function"],
    GetLayerVersion => get_layer_version: ["= @layerversion"],
    GetLayerVersionByArn => get_layer_version_by_arn: ["lambda:GetLayerVersion {Arn}"],
    GetLayerVersionPolicy => get_layer_version_policy: ["= @layerversion"],
    GetPolicy => get_policy: ["= @function"],
    GetProvisionedConcurrencyConfig => get_provisioned_concurrency_config: ["= @function"],
    GetRuntimeManagementConfig => get_runtime_management_config: ["= @function"],
    Invoke => invoke.await: ["lambda:InvokeFunction @function"],
    ListAliases => list_aliases: ["= @function"],
    ListCodeSigningConfigs => list_code_signing_configs: ["= *"],
    ListEventSourceMappings => list_event_source_mappings: ["= *"],
    ListFunctionEventInvokeConfigs => list_function_event_invoke_configs: ["= @function"],
    ListFunctions => list_functions: ["= *"],
    ListFunctionsByCodeSigningConfig => list_functions_by_code_signing_config: ["= {CodeSigningConfigArn}"],
    ListFunctionUrlConfigs => list_function_url_configs: ["= @function"],
    ListLayers => list_layers: ["= *"],
    ListLayerVersions => list_layer_versions: ["= *"],
    ListProvisionedConcurrencyConfigs => list_provisioned_concurrency_configs: ["= @function"],
    ListTags => list_tags: ["= {Resource}"],
    ListVersionsByFunction => list_versions_by_function: ["= @function"],
    PublishLayerVersion => publish_layer_version.await: ["= @layer"],
    PublishVersion => publish_version: ["= @function"],
    PutFunctionCodeSigningConfig => put_function_code_signing_config: ["= @function lambda:CodeSigningConfigArn=CodeSigningConfigArn"],
    PutFunctionConcurrency => put_function_concurrency: ["= @function"],
    PutFunctionEventInvokeConfig => put_function_event_invoke_config: ["= @function"],
    PutFunctionRecursionConfig => put_function_recursion_config: ["= @function"],
    PutProvisionedConcurrencyConfig => put_provisioned_concurrency_config: ["= @function"],
    PutRuntimeManagementConfig => put_runtime_management_config: ["= @function"],
    RemoveLayerVersionPermission => remove_layer_version_permission: ["= @layerversion"],
    RemovePermission => remove_permission: ["= @function"],
    TagResource => tag_resource: ["= {Resource}"],
    UntagResource => untag_resource: ["= {Resource}"],
    UpdateAlias => update_alias: ["= @function"],
    UpdateCodeSigningConfig => update_code_signing_config: ["= {CodeSigningConfigArn}"],
    UpdateEventSourceMapping => update_event_source_mapping.await: ["= @mapping lambda:FunctionArn=FunctionName"],
    UpdateFunctionCode => update_function_code.await: ["= @function"],
    UpdateFunctionConfiguration => update_function_configuration.await: [
        "= @function",
        "iam:PassRole {Role} ?Role iam:PassedToService='lambda.amazonaws.com'"
    ],
    UpdateFunctionEventInvokeConfig => update_function_event_invoke_config: ["= @function"],
    UpdateFunctionUrlConfig => update_function_url_config: ["= @function lambda:FunctionUrlAuthType=AuthType"],
);

#[async_trait]
impl Service for Lambda {
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
        self.named(call, kind, input)
    }

    fn resource_policy(&self, _account: &str, arn: &str) -> Option<ResourcePolicyText> {
        self.policy_of(arn)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        self.all_tagged(call.account())
    }

    fn serves(&self, region: &Region, host: &str, path: &str) -> bool {
        web::serves(region, host, path)
    }

    async fn serve(&self, call: &Call, body: Bytes) -> Response<Body> {
        self.serve_web(call, body).await
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.tags_at(account, arn)
    }
}
