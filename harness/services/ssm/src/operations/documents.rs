//! Operations on documents, the account's and Amazon's.

use jiff::Timestamp;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Digest as _;

use crate::automation::runbook::Refusal;
use crate::document::Document;
use crate::page::page;
use crate::records::Ssm;
use crate::sessions::document as session_document;
use crate::stamp::stamp;
use crate::stored_document::{StoredDocument, Version};
use crate::{aws_documents, yaml};

/// `CreateDocument`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateDocument {
    name: String,
    content: String,
    document_type: Option<String>,
    document_format: Option<String>,
}

/// `UpdateDocument`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateDocument.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateDocument {
    name: String,
    content: String,
    document_version: Option<String>,
    document_format: Option<String>,
}

/// `UpdateDocumentDefaultVersion`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateDocumentDefaultVersion.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateDocumentDefaultVersion {
    name: String,
    document_version: String,
}

/// `DeleteDocument`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteDocument.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteDocument {
    name: String,
    #[expect(dead_code, reason = "AWS demands it for types of documents that are not served, and for no Command document")]
    force: Option<bool>,
}

/// `DescribeDocument`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeDocument.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeDocument {
    name: String,
    document_version: Option<String>,
}

/// `GetDocument`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetDocument.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetDocument {
    name: String,
    document_version: Option<String>,
    document_format: Option<String>,
}

/// `ListDocuments`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListDocuments.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListDocuments {
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    #[serde(default)]
    key: String,
    #[serde(default)]
    values: Vec<String>,
}

fn no_document(name: &str) -> AwsError {
    AwsError::new("InvalidDocument", 400, format!("Document with name {name} does not exist."))
}

/// The name in `arn:aws:ssm:<region>:<account>:document/<name>`, or the name itself. Amazon's documents have no account.
fn name_in<'a>(call: &Call, text: &'a str) -> Result<&'a str, AwsError> {
    let Some(rest) = text.strip_prefix("arn:aws:ssm:") else { return Ok(text) };
    let mut parts = rest.splitn(3, ':');
    let (region, account, resource) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
    let name = resource.strip_prefix("document/").ok_or_else(|| no_document(text))?;
    let amazons = account == Some("") && aws_documents::content(name).is_some();
    if region == Some(call.region.name()) && (amazons || account == Some(call.account())) {
        Ok(name)
    } else {
        Err(no_document(text))
    }
}

fn amazons(name: &str) -> Option<StoredDocument> {
    let text = serde_json::to_string_pretty(&aws_documents::content(name)?).ok()?;
    let document = aws_documents::document(name)?;
    let created = Timestamp::from_second(1_500_000_000).ok()?;
    Some(StoredDocument { versions: vec![Version { text, format: "JSON".into(), document, created }], default: 1, created })
}

/// The content as a document of a type, in either format.
fn read(content: &str, format: &str, kind: &str) -> Result<Document, AwsError> {
    let bad = |reason: String| {
        AwsError::new("InvalidDocumentContent", 400, format!("The content for the document is not valid: {reason}."))
    };
    if content.len() > 64 * 1024 {
        return Err(AwsError::new("MaxDocumentSizeExceeded", 400, "The size limit of a document is 64 KB."));
    }
    let value = match format {
        "JSON" => serde_json::from_str(content).map_err(|error| bad(error.to_string()))?,
        "YAML" => yaml::read(content).map_err(bad)?,
        other => return Err(AwsError::not_implemented("ssm", &format!("the document format {other}"))),
    };
    match kind {
        "Command" => Document::parse(value).map_err(bad),
        "Session" => Document::parse_session(value).map_err(bad),
        "Automation" => Document::parse_runbook(value).map_err(|refusal| match refusal {
            Refusal::Invalid(reason) => bad(reason),
            Refusal::Lacking(what) => AwsError::not_implemented("ssm", &what),
        }),
        other => Err(AwsError::not_implemented("ssm", &format!("a document of type {other}"))),
    }
}

/// A runbook is for any system: what it does says for which.
fn platforms(name: &str, version: &Version) -> &'static [&'static str] {
    if version.document.runbook.is_some() { &["Windows", "Linux", "MacOS"] } else { aws_documents::platforms(name) }
}

fn describe(call: &Call, name: &str, stored: &StoredDocument, number: usize, version: &Version) -> Value {
    let amazon = aws_documents::content(name).is_some();
    let parameters: Vec<Value> = version
        .document
        .parameters
        .iter()
        .map(|(name, parameter)| {
            let mut described =
                json!({"Name": name, "Type": if parameter.kind.word() == "StringList" { "StringList" } else { "String" }, "Description": parameter.description});
            if let (Some(default), Some(described)) = (&parameter.default, described.as_object_mut()) {
                let text = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
                described.insert("DefaultValue".to_owned(), json!(text));
            }
            described
        })
        .collect();
    json!({
        "Name": name,
        "Owner": if amazon { "Amazon" } else { call.account() },
        "CreatedDate": stamp(if number == 1 { stored.created } else { version.created }),
        "Status": "Active",
        "DocumentVersion": number.to_string(),
        "Description": version.document.content.get("description").and_then(Value::as_str).unwrap_or_default(),
        "Parameters": parameters,
        "PlatformTypes": platforms(name, version),
        "DocumentType": version.document.kind(),
        "SchemaVersion": version.document.schema_version,
        "LatestVersion": stored.latest().to_string(),
        "DefaultVersion": stored.default.to_string(),
        "DocumentFormat": version.format,
        "Hash": hex::encode(sha2::Sha256::digest(version.text.as_bytes())),
        "HashType": "Sha256",
        "Tags": [],
    })
}

impl Ssm {
    fn stored(&self, call: &Call, name: &str) -> Result<StoredDocument, AwsError> {
        amazons(name).or_else(|| self.with(call.account(), |records| records.documents.get(name).cloned())).ok_or_else(|| {
            match aws_documents::is_lacking(name) {
                true => AwsError::not_implemented("ssm", &format!("the document {name}")),
                false => no_document(name),
            }
        })
    }

    /// The document that a command names: its name, its version as asked for, and its content.
    pub(crate) fn command_document(
        &self,
        call: &Call,
        name: &str,
        version: Option<&str>,
    ) -> Result<(String, String, Document), AwsError> {
        let name = name_in(call, name)?;
        let stored = self.stored(call, name)?;
        let (_, found) = stored.version(version)?;
        let kind = found.document.kind();
        if kind != "Command" {
            let article = if kind == "Automation" { "an" } else { "a" };
            let message = format!("Document {name} is {article} {kind} document, and no Command document.");
            return Err(AwsError::new("InvalidDocument", 400, message));
        }
        Ok((name.to_owned(), version.unwrap_or("$DEFAULT").to_owned(), found.document.clone()))
    }

    /// The document that a session is started by: the account's preferences if none is named, which the account need not have set.
    pub(crate) fn session_document(&self, call: &Call, name: Option<&str>) -> Result<(String, Document), AwsError> {
        let wanted = name_in(call, name.unwrap_or(session_document::DEFAULT))?;
        let stored = match self.stored(call, wanted) {
            Err(error) if name.is_none() && error.code == "InvalidDocument" => {
                let unset = Document::parse_session(session_document::preferences()).map_err(AwsError::internal)?;
                return Ok((wanted.to_owned(), unset));
            }
            found => found?,
        };
        let (_, found) = stored.version(None)?;
        if !found.document.is_session {
            let kind = found.document.kind();
            let message = format!("Document type {kind} is not supported. Specify a document of type Session.");
            return Err(AwsError::new("InvalidDocument", 400, message));
        }
        Ok((wanted.to_owned(), found.document.clone()))
    }

    /// The runbook of this name, and the number of its version.
    pub(crate) fn automation_document(
        &self,
        call: &Call,
        name: &str,
        version: Option<&str>,
    ) -> Result<(String, usize, Document), AwsError> {
        let absent = |message: String| AwsError::new("AutomationDefinitionNotFoundException", 400, message);
        let lacks = |error: AwsError| if error.code == "NotImplemented" { error } else { absent(error.message) };
        let name = name_in(call, name).map_err(lacks)?;
        // Of Amazon's runbooks there are none here.
        if ["AWS-", "AWSEC2-", "AWSSupport-", "AWSConfigRemediation-"].iter().any(|prefix| name.starts_with(prefix))
            && aws_documents::content(name).is_none()
        {
            return Err(AwsError::not_implemented("ssm", &format!("the runbook {name}")));
        }
        let stored = self.stored(call, name).map_err(lacks)?;
        let found = stored.version(version);
        let (number, found) =
            found.map_err(|error| AwsError::new("AutomationDefinitionVersionNotFoundException", 400, error.message))?;
        if found.document.runbook.is_none() {
            return Err(absent(format!("Document {name} is no Automation document.")));
        }
        Ok((name.to_owned(), number, found.document.clone()))
    }

    pub(crate) fn create_document(&self, call: &Call, input: CreateDocument) -> Result<Value, AwsError> {
        if ["aws", "amazon", "amzn"].iter().any(|reserved| input.name.to_ascii_lowercase().starts_with(reserved)) {
            return Err(AwsError::validation(format!("The document name {} has a reserved prefix.", input.name)));
        }
        let format = input.document_format.clone().unwrap_or_else(|| "JSON".to_owned());
        let document = read(&input.content, &format, input.document_type.as_deref().unwrap_or("Command"))?;
        let version = Version { text: input.content.clone(), format, document, created: call.now };
        let stored = StoredDocument { versions: vec![version.clone()], default: 1, created: call.now };
        self.with(call.account(), |records| {
            if records.documents.contains_key(&input.name) {
                let message = format!("Document with same name {} already exists", input.name);
                return Err(AwsError::new("DocumentAlreadyExists", 400, message));
            }
            records.documents.insert(input.name.clone(), stored.clone());
            Ok(json!({"DocumentDescription": describe(call, &input.name, &stored, 1, &version)}))
        })
    }

    pub(crate) fn update_document(&self, call: &Call, input: UpdateDocument) -> Result<Value, AwsError> {
        let name = name_in(call, &input.name)?;
        let format = input.document_format.clone().unwrap_or_else(|| "JSON".to_owned());
        let kind = self.stored(call, name)?.kind();
        let document = read(&input.content, &format, kind)?;
        self.with(call.account(), |records| {
            let stored = records.documents.get_mut(name).ok_or_else(|| no_document(name))?;
            if let Some(version) = input.document_version.as_deref().filter(|version| *version != "$LATEST")
                && stored.version(Some(version))?.0 != stored.latest()
            {
                return Err(AwsError::new("InvalidDocumentVersion", 400, "Only the latest version of a document can be updated."));
            }
            if stored.versions.iter().any(|version| version.text == input.content) {
                return Err(AwsError::new(
                    "DuplicateDocumentContent",
                    400,
                    "The content of the association document matches another document. Change the content of the document and try again.",
                ));
            }
            let version = Version { text: input.content.clone(), format, document, created: call.now };
            stored.versions.push(version.clone());
            Ok(json!({"DocumentDescription": describe(call, name, stored, stored.latest(), &version)}))
        })
    }

    pub(crate) fn update_document_default_version(
        &self,
        call: &Call,
        input: UpdateDocumentDefaultVersion,
    ) -> Result<Value, AwsError> {
        let name = name_in(call, &input.name)?;
        self.with(call.account(), |records| {
            let stored = records.documents.get_mut(name).ok_or_else(|| no_document(name))?;
            stored.default = stored.version(Some(&input.document_version))?.0;
            Ok(json!({"Description": {"Name": name, "DefaultVersion": stored.default.to_string()}}))
        })
    }

    pub(crate) fn delete_document(&self, call: &Call, input: DeleteDocument) -> Result<Value, AwsError> {
        let name = name_in(call, &input.name)?;
        if aws_documents::content(name).is_some() {
            return Err(AwsError::new("InvalidDocumentOperation", 400, format!("Document {name} is owned by Amazon.")));
        }
        let removed = self.with(call.account(), |records| {
            records.tags.remove(&("Document".to_owned(), name.to_owned()));
            records.documents.remove(name)
        });
        removed.map(|_| json!({})).ok_or_else(|| no_document(name))
    }

    pub(crate) fn describe_document(&self, call: &Call, input: DescribeDocument) -> Result<Value, AwsError> {
        let name = name_in(call, &input.name)?;
        let stored = self.stored(call, name)?;
        let (number, version) = stored.version(input.document_version.as_deref())?;
        Ok(json!({"Document": describe(call, name, &stored, number, version)}))
    }

    pub(crate) fn get_document(&self, call: &Call, input: GetDocument) -> Result<Value, AwsError> {
        let name = name_in(call, &input.name)?;
        let stored = self.stored(call, name)?;
        let (number, version) = stored.version(input.document_version.as_deref())?;
        let format = input.document_format.as_deref().unwrap_or("JSON");
        let content = match format {
            _ if format == version.format => version.text.clone(),
            "JSON" => serde_json::to_string_pretty(&version.document.content).unwrap_or_default(),
            other => return Err(AwsError::not_implemented("ssm", &format!("GetDocument of a JSON document as {other}"))),
        };
        Ok(json!({
            "Name": name,
            "CreatedDate": stamp(version.created),
            "DocumentVersion": number.to_string(),
            "Status": "Active",
            "Content": content,
            "DocumentType": version.document.kind(),
            "DocumentFormat": format,
        }))
    }

    pub(crate) fn list_documents(&self, call: &Call, input: ListDocuments) -> Result<Value, AwsError> {
        let own = self.with(call.account(), |records| records.documents.clone());
        let all = aws_documents::names().filter_map(|name| Some((name.to_owned(), amazons(name)?))).chain(own);
        let mut found = Vec::new();
        for (name, stored) in all {
            let (number, version) = stored.version(None)?;
            let mut described = describe(call, &name, &stored, number, version);
            let mut keep = true;
            for filter in &input.filters {
                let any = |value: &str| filter.values.iter().any(|wanted| wanted == value);
                let amazon = aws_documents::content(&name).is_some();
                keep &= match filter.key.as_str() {
                    "Owner" => any(if amazon { "Amazon" } else { "Self" }) || any("All"),
                    "Name" => filter.values.iter().any(|prefix| name.starts_with(prefix.as_str())),
                    "DocumentType" => any(version.document.kind()),
                    "PlatformTypes" => platforms(&name, version).iter().any(|platform| any(platform)),
                    "" => return Err(AwsError::new("InvalidFilterKey", 400, "The specified filter key isn't valid.")),
                    other => return Err(AwsError::not_implemented("ssm", &format!("the filter {other} of ListDocuments"))),
                };
            }
            if let Some(described) = described.as_object_mut().filter(|_| keep) {
                // A list has identifiers, which say less than descriptions.
                described.retain(|member, _| {
                    [
                        "Name",
                        "CreatedDate",
                        "Owner",
                        "PlatformTypes",
                        "DocumentVersion",
                        "DocumentType",
                        "SchemaVersion",
                        "DocumentFormat",
                        "Tags",
                    ]
                    .contains(&member.as_str())
                });
                found.push(Value::Object(described.clone()));
            }
        }
        page("DocumentIdentifiers", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }
}
