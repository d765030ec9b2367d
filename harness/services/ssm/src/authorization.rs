//! What Systems Manager's calls are about.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html>

use nightproof_core::document::Members as _;
use nightproof_core::service::{Arn, Call, Tagged, arn};
use nightproof_core::tags::Tags;
use serde_json::Value;

use crate::association;
use crate::aws_documents;
use crate::command::Target;
use crate::maintenance_windows::window::TAGGED_AS;
use crate::records::Ssm;
use crate::sessions;

impl Ssm {
    /// Documents, parameters and nodes by name; instances by id or tag.
    pub(super) fn named_resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        let text = |name: &str| input.text(name).unwrap_or_default();
        match kind {
            "document" => {
                let name = input.text("DocumentName").or_else(|| input.text("Name")).unwrap_or_default();
                vec![document(call, name)]
            }
            // One that is named by its document and its node is those' affair.
            "association" => match input.text("AssociationId") {
                Some(id) => vec![call.arn("ssm", format!("association/{id}"))],
                None => vec![document(call, text("Name")), node(call, text("InstanceId"))],
            },
            "automation-definition" => {
                let name = text("DocumentName").rsplit('/').next().unwrap_or_default();
                let version = input.text("DocumentVersion").unwrap_or("$DEFAULT");
                vec![call.arn("ssm", format!("automation-definition/{name}:{version}"))]
            }
            "assumed-role" => self.passed_role(call, input).into_iter().collect(),
            "targeted-instances" => self.targeted(call, input),
            "parameter" => vec![parameter(call, text("Name"))],
            "parameters" => input.texts("Names").into_iter().map(|name| parameter(call, name)).collect(),
            "path" => vec![parameter(call, text("Path"))],
            "session-target" => vec![node(call, text("Target"))],
            "session-document" => vec![document(call, input.text("DocumentName").unwrap_or(sessions::document::DEFAULT))],
            "node" => vec![node(call, text("InstanceId"))],
            "tagged" => vec![match text("ResourceType") {
                "Document" => document(call, text("ResourceId")),
                "Parameter" => parameter(call, text("ResourceId")),
                association::TAGGED_AS => call.arn("ssm", format!("association/{}", text("ResourceId"))),
                TAGGED_AS => call.arn("ssm", format!("maintenancewindow/{}", text("ResourceId"))),
                _ => node(call, text("ResourceId")),
            }],
            _ => Vec::new(),
        }
    }

    /// The instances that a SendCommand reaches: those it names, and those that its targets find at this moment.
    fn targeted(&self, call: &Call, input: &Value) -> Vec<String> {
        let mut ids: Vec<String> = input.texts("InstanceIds").into_iter().map(str::to_owned).collect();
        let targets: Result<Vec<Target>, _> =
            input.list("Targets").iter().map(|target| serde_json::from_value(target.clone())).collect();
        if let Ok(targets) = targets
            && !targets.is_empty()
        {
            let instances = self.instances(&call.region, call.account());
            ids.extend(self.resolve(&call.region, call.account(), &instances, &targets).unwrap_or_default());
        }
        ids.sort();
        ids.dedup();
        ids.iter().map(|id| node(call, id)).collect()
    }

    /// Documents, parameters, managed nodes and maintenance windows that have tags.
    pub(super) fn tagged_resources(&self, call: &Call) -> Vec<Tagged> {
        let arn = |rest: String| call.arn("ssm", rest);
        self.with(call.account(), |records| {
            let named = |kind: &str, id: &str| match kind {
                "Document" => Some(arn(format!("document/{id}"))),
                "ManagedInstance" => Some(arn(format!("managed-instance/{id}"))),
                association::TAGGED_AS => Some(arn(format!("association/{id}"))),
                TAGGED_AS => Some(arn(format!("maintenancewindow/{id}"))),
                "Parameter" => Some(arn(format!("parameter/{}", id.trim_start_matches('/')))),
                _ => None,
            };
            let tagged =
                |((kind, id), tags): (&(String, String), &Tags)| Some(Tagged { arn: named(kind, id)?, tags: tags.pairs() });
            records.tags.iter().filter_map(tagged).collect()
        })
    }

    /// The tags of a document, parameter, managed node or maintenance window.
    pub(super) fn tags_of(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        let Some((kind, id)) = arn::resource_of(arn).split_once('/') else { return Vec::new() };
        let tags = match kind {
            "document" => self.tags(account, "Document", id),
            "managed-instance" => self.tags(account, "ManagedInstance", id),
            "association" => self.tags(account, association::TAGGED_AS, id),
            "maintenancewindow" => self.tags(account, TAGGED_AS, id),
            // The ARN of `/a/b` and that of `a/b` are alike.
            "parameter" => {
                let mut tags = self.tags(account, "Parameter", &format!("/{id}"));
                tags.extend(self.tags(account, "Parameter", id).pairs());
                tags
            }
            _ => return Vec::new(),
        };
        tags.pairs()
    }
}

/// AWS's own documents have no account in their ARN.
fn document(call: &Call, name: &str) -> String {
    if name.starts_with("arn:") {
        return name.to_owned();
    }
    let owned_by_aws =
        aws_documents::content(name).is_some() || ["AWS-", "AWSEC2-", "Amazon"].iter().any(|prefix| name.starts_with(prefix));
    let account = if owned_by_aws { "" } else { call.account() };
    Arn::new("ssm", call.region.name(), account, format!("document/{name}")).to_string()
}

/// Public parameters have no account in their ARN.
fn parameter(call: &Call, name: &str) -> String {
    if name.starts_with("arn:") {
        return name.to_owned();
    }
    // A selector of a version or label is no part of the name.
    let name = name.split(':').next().unwrap_or_default().trim_start_matches('/');
    let account = if name.starts_with("aws/") { "" } else { call.account() };
    Arn::new("ssm", call.region.name(), account, format!("parameter/{name}")).to_string()
}

/// Instances are EC2's; nodes from elsewhere are Systems Manager's own.
fn node(call: &Call, id: &str) -> String {
    let (service, kind) = if id.starts_with("mi-") { ("ssm", "managed-instance") } else { ("ec2", "instance") };
    call.arn(service, format!("{kind}/{id}"))
}
