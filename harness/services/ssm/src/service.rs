//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::node::UpdateInstanceInformation;
use crate::operations::agent_report::{PutComplianceItems, PutInventory};
use crate::operations::associations::agent::{
    DescribeInstanceAssociationsStatus, ListInstanceAssociations, UpdateInstanceAssociationStatus,
};
use crate::operations::associations::change::{
    CreateAssociation, DeleteAssociation, StartAssociationsOnce, UpdateAssociation, UpdateAssociationStatus,
};
use crate::operations::associations::executions::{DescribeAssociationExecutionTargets, DescribeAssociationExecutions};
use crate::operations::associations::query::{DescribeAssociation, ListAssociationVersions, ListAssociations};
use crate::operations::automation::query::{
    DescribeAutomationExecutions, DescribeAutomationStepExecutions, GetAutomationExecution,
};
use crate::operations::automation::signal::{SendAutomationSignal, StopAutomationExecution};
use crate::operations::automation::start::StartAutomationExecution;
use crate::operations::cancel_command::CancelCommand;
use crate::operations::command_query::ListCommands;
use crate::operations::documents::{
    CreateDocument, DeleteDocument, DescribeDocument, GetDocument, ListDocuments, UpdateDocument, UpdateDocumentDefaultVersion,
};
use crate::operations::invocation_query::{GetCommandInvocation, ListCommandInvocations};
use crate::operations::maintenance_windows::executions::{
    CancelMaintenanceWindowExecution, DescribeMaintenanceWindowExecutionTaskInvocations, DescribeMaintenanceWindowExecutionTasks,
    DescribeMaintenanceWindowExecutions, GetMaintenanceWindowExecution, GetMaintenanceWindowExecutionTask,
    GetMaintenanceWindowExecutionTaskInvocation,
};
use crate::operations::maintenance_windows::schedule::DescribeMaintenanceWindowSchedule;
use crate::operations::maintenance_windows::targets::{
    DeregisterTargetFromMaintenanceWindow, DescribeMaintenanceWindowTargets, RegisterTargetWithMaintenanceWindow,
    UpdateMaintenanceWindowTarget,
};
use crate::operations::maintenance_windows::tasks::{
    DeregisterTaskFromMaintenanceWindow, DescribeMaintenanceWindowTasks, GetMaintenanceWindowTask,
    RegisterTaskWithMaintenanceWindow, UpdateMaintenanceWindowTask,
};
use crate::operations::maintenance_windows::windows::{
    CreateMaintenanceWindow, DeleteMaintenanceWindow, DescribeMaintenanceWindows, GetMaintenanceWindow, UpdateMaintenanceWindow,
};
use crate::operations::managed_nodes::{DescribeInstanceInformation, RegisterManagedInstance};
use crate::operations::parameter_query::{
    DescribeParameters, GetParameter, GetParameterHistory, GetParameters, GetParametersByPath,
};
use crate::operations::parameters::{DeleteParameter, DeleteParameters, PutParameter};
use crate::operations::resource_tags::{AddTagsToResource, ListTagsForResource, RemoveTagsFromResource};
use crate::operations::send_command::SendCommand;
use crate::operations::sessions::{DescribeSessions, GetConnectionStatus, ResumeSession, StartSession, TerminateSession};
use crate::records::Ssm;

operations!("ssm", Ssm:
    AddTagsToResource => add_tags_to_resource: ["= @tagged"],
    CancelCommand => cancel_command.await: ["= *"],
    CancelMaintenanceWindowExecution => cancel_maintenance_window_execution: ["= *"],
    CreateAssociation => create_association: ["= @document", "ssm:AddTagsToResource association/* ?Tags"],
    CreateDocument => create_document: ["= @document"],
    CreateMaintenanceWindow => create_maintenance_window: ["= *", "ssm:AddTagsToResource maintenancewindow/* ?Tags"],
    DeleteAssociation => delete_association: ["= @association"],
    DeleteDocument => delete_document: ["= @document"],
    DeleteMaintenanceWindow => delete_maintenance_window: ["= maintenancewindow/{WindowId}"],
    DeleteParameter => delete_parameter: ["= @parameter"],
    DeleteParameters => delete_parameters: ["= @parameters"],
    DeregisterTargetFromMaintenanceWindow => deregister_target_from_maintenance_window: ["= maintenancewindow/{WindowId}", "= windowtarget/{WindowTargetId}"],
    DeregisterTaskFromMaintenanceWindow => deregister_task_from_maintenance_window: ["= maintenancewindow/{WindowId}", "= windowtask/{WindowTaskId}"],
    DescribeAssociation => describe_association: ["= @association"],
    DescribeAssociationExecutionTargets => describe_association_execution_targets: ["= association/{AssociationId}"],
    DescribeAssociationExecutions => describe_association_executions: ["= association/{AssociationId}"],
    DescribeAutomationExecutions => describe_automation_executions: ["= *"],
    DescribeAutomationStepExecutions => describe_automation_step_executions: ["= automation-execution/{AutomationExecutionId}"],
    DescribeDocument => describe_document: ["= @document"],
    DescribeInstanceAssociationsStatus => describe_instance_associations_status: ["= *"],
    DescribeInstanceInformation => describe_instance_information: ["= *"],
    DescribeMaintenanceWindowExecutionTaskInvocations => describe_maintenance_window_execution_task_invocations: ["= *"],
    DescribeMaintenanceWindowExecutionTasks => describe_maintenance_window_execution_tasks: ["= *"],
    DescribeMaintenanceWindowExecutions => describe_maintenance_window_executions: ["= maintenancewindow/{WindowId}"],
    DescribeMaintenanceWindowSchedule => describe_maintenance_window_schedule: ["= *"],
    DescribeMaintenanceWindowTargets => describe_maintenance_window_targets: ["= maintenancewindow/{WindowId}"],
    DescribeMaintenanceWindowTasks => describe_maintenance_window_tasks: ["= maintenancewindow/{WindowId}"],
    DescribeMaintenanceWindows => describe_maintenance_windows: ["= *"],
    DescribeParameters => describe_parameters: ["= *"],
    DescribeSessions => describe_sessions: ["= *"],
    GetAutomationExecution => get_automation_execution: ["= automation-execution/{AutomationExecutionId}"],
    GetCommandInvocation => get_command_invocation: ["= *"],
    GetConnectionStatus => get_connection_status.await: ["= @session-target"],
    GetDocument => get_document: ["= @document"],
    GetMaintenanceWindow => get_maintenance_window: ["= maintenancewindow/{WindowId}"],
    GetMaintenanceWindowExecution => get_maintenance_window_execution: ["= *"],
    GetMaintenanceWindowExecutionTask => get_maintenance_window_execution_task: ["= *"],
    GetMaintenanceWindowExecutionTaskInvocation => get_maintenance_window_execution_task_invocation: ["= *"],
    GetMaintenanceWindowTask => get_maintenance_window_task: ["= maintenancewindow/{WindowId}"],
    GetParameter => get_parameter.await: ["= @parameter"],
    GetParameterHistory => get_parameter_history.await: ["= @parameter"],
    GetParameters => get_parameters.await: ["= @parameters"],
    GetParametersByPath => get_parameters_by_path.await: ["= @path ssm:Recursive=Recursive"],
    ListAssociationVersions => list_association_versions: ["= association/{AssociationId}"],
    ListAssociations => list_associations: ["= *"],
    ListCommandInvocations => list_command_invocations: ["= *"],
    ListCommands => list_commands: ["= *"],
    ListDocuments => list_documents: ["= *"],
    ListInstanceAssociations => list_instance_associations: ["= @node"],
    ListTagsForResource => list_tags_for_resource: ["= @tagged"],
    PutComplianceItems => put_compliance_items: ["= *"],
    PutInventory => put_inventory: ["= *"],
    PutParameter => put_parameter.await: ["= @parameter"],
    RegisterManagedInstance => register_managed_instance: ["= *"],
    RegisterTargetWithMaintenanceWindow => register_target_with_maintenance_window: ["= maintenancewindow/{WindowId}"],
    RegisterTaskWithMaintenanceWindow => register_task_with_maintenance_window: ["= maintenancewindow/{WindowId}", "iam:PassRole {ServiceRoleArn} ?ServiceRoleArn iam:PassedToService='ssm.amazonaws.com'"],
    RemoveTagsFromResource => remove_tags_from_resource: ["= @tagged"],
    ResumeSession => resume_session: ["= session/{SessionId}"],
    SendAutomationSignal => send_automation_signal: ["= automation-execution/{AutomationExecutionId}"],
    SendCommand => send_command.await: ["= @document", "= @targeted-instances", "iam:PassRole {ServiceRoleArn} ?ServiceRoleArn iam:PassedToService='ssm.amazonaws.com'"],
    StartAssociationsOnce => start_associations_once: ["= association/{AssociationIds}"],
    StartAutomationExecution => start_automation_execution: ["= @automation-definition", "iam:PassRole @assumed-role iam:PassedToService='ssm.amazonaws.com'"],
    StartSession => start_session.await: ["= @session-target ssm:SessionDocumentAccessCheck='true'", "= @session-document ssm:SessionDocumentAccessCheck='true'"],
    TerminateSession => terminate_session: ["= session/{SessionId}"],
    StopAutomationExecution => stop_automation_execution: ["= automation-execution/{AutomationExecutionId}"],
    UpdateAssociation => update_association: ["= association/{AssociationId}", "= @document ?Name"],
    UpdateAssociationStatus => update_association_status: ["= @document", "= @node"],
    UpdateDocument => update_document: ["= @document"],
    UpdateDocumentDefaultVersion => update_document_default_version: ["= @document"],
    UpdateInstanceAssociationStatus => update_instance_association_status: ["= *"],
    UpdateInstanceInformation => update_instance_information: ["= @node"],
    UpdateMaintenanceWindow => update_maintenance_window: ["= maintenancewindow/{WindowId}"],
    UpdateMaintenanceWindowTarget => update_maintenance_window_target: ["= maintenancewindow/{WindowId}", "= windowtarget/{WindowTargetId}"],
    UpdateMaintenanceWindowTask => update_maintenance_window_task: ["= maintenancewindow/{WindowId}", "= windowtask/{WindowTaskId}", "iam:PassRole {ServiceRoleArn} ?ServiceRoleArn iam:PassedToService='ssm.amazonaws.com'"],
);

#[async_trait]
impl Service for Ssm {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        self.named_resources(call, kind, input)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        self.tagged_resources(call)
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.tags_of(account, arn)
    }
}
