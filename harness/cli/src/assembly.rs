//! Cloud assemblies of the AWS CDK: the assets of a stack's template, and what bootstrapping an account makes for them.
//! <https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html>

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use nightproof_drill::{Asset, ExistingStack};
use serde::Deserialize;
use serde_json::{Value, json};
use walkdir::WalkDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// What a template's file name in an assembly ends in, and that of its assets.
const TEMPLATE: &str = ".template.json";
const ASSETS: &str = ".assets.json";
/// The version of the bootstrap stack that is made: templates want 6 or newer, features of theirs a newer one.
/// <https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html#bootstrapping-template>
const BOOTSTRAP_VERSION: &str = "30";

/// The assets of a stack, in folders and files of an assembly.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Assembly {
    /// The parameters of Systems Manager that have the bootstrap's version.
    versions: BTreeSet<String>,
    files: Vec<FileAsset>,
}

#[derive(Debug, Clone, PartialEq)]
struct FileAsset {
    bucket: String,
    key: String,
    source: PathBuf,
    is_zipped: bool,
}

/// Why an assembly cannot be deployed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AssemblyError {
    #[error("cannot read the assets `{}`", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("`{}` has no assets of the AWS CDK: {why}", .path.display())]
    Form { path: PathBuf, why: String },
    #[error("cannot be rehearsed here: the image asset `{0}` of the AWS CDK is not supported")]
    Image(String),
    #[error("cannot zip the asset `{}`", .path.display())]
    Zip { path: PathBuf, source: io::Error },
}

/// <https://docs.aws.amazon.com/cdk/api/v2/docs/cloud-assembly-schema-readme.html>
#[derive(Debug, Deserialize)]
struct Manifest {
    #[serde(default)]
    files: BTreeMap<String, DeclaredFile>,
    #[serde(rename = "dockerImages", default)]
    images: BTreeMap<String, DeclaredImage>,
}

#[derive(Debug, Deserialize)]
struct DeclaredFile {
    source: FileSource,
    destinations: BTreeMap<String, Destination>,
}

#[derive(Debug, Deserialize)]
struct FileSource {
    path: Option<PathBuf>,
    packaging: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Destination {
    bucket_name: String,
    object_key: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeclaredImage {
    display_name: Option<String>,
}

impl Assembly {
    /// The assets of the template in `file`, whose text is `text`; `None` if it is of no assembly.
    pub(crate) fn read(file: &Path, text: &str, account: &str, region: &str) -> Result<Option<Self>, AssemblyError> {
        let Some(stem) = file.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(TEMPLATE)) else {
            return Ok(None);
        };
        let path = file.with_file_name(format!("{stem}{ASSETS}"));
        let listed = match std::fs::read_to_string(&path) {
            Ok(listed) => listed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(AssemblyError::Read { path, source }),
        };
        let form = |why: String| AssemblyError::Form { path: path.clone(), why };
        let manifest: Manifest = serde_json::from_str(&listed).map_err(|error| form(error.to_string()))?;
        if let Some((id, image)) = manifest.images.first_key_value() {
            return Err(AssemblyError::Image(image.display_name.clone().unwrap_or_else(|| id.clone())));
        }
        let folder = file.parent().unwrap_or(Path::new("."));
        let resolved = |text: &str| {
            let pseudo = [("AWS::AccountId", account), ("AWS::Region", region), ("AWS::Partition", "aws")];
            pseudo.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), value))
        };
        let mut files = Vec::new();
        for (id, declared) in manifest.files {
            let source = declared.source.path.ok_or_else(|| form(format!("the asset `{id}` is made by a program")))?;
            for destination in declared.destinations.into_values() {
                files.push(FileAsset {
                    bucket: resolved(&destination.bucket_name),
                    key: resolved(&destination.object_key),
                    source: folder.join(&source),
                    is_zipped: declared.source.packaging.as_deref() == Some("zip"),
                });
            }
        }
        Ok(Some(Self { versions: versions(text), files }))
    }

    /// What bootstrapping makes that the stack needs: buckets for assets, and the parameter with the version.
    pub(crate) fn bootstrap(&self) -> Option<ExistingStack> {
        let mut resources = serde_json::Map::new();
        let buckets: BTreeSet<&str> = self.files.iter().map(|file| file.bucket.as_str()).collect();
        for (index, bucket) in buckets.into_iter().enumerate() {
            let encryption = json!([{ "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } }]);
            let properties = json!({
                "BucketName": bucket,
                "VersioningConfiguration": { "Status": "Enabled" },
                "BucketEncryption": { "ServerSideEncryptionConfiguration": encryption },
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
                },
            });
            resources.insert(format!("StagingBucket{index}"), json!({ "Type": "AWS::S3::Bucket", "Properties": properties }));
        }
        for (index, name) in self.versions.iter().enumerate() {
            let properties = json!({ "Name": name, "Type": "String", "Value": BOOTSTRAP_VERSION });
            resources.insert(format!("Version{index}"), json!({ "Type": "AWS::SSM::Parameter", "Properties": properties }));
        }
        if resources.is_empty() {
            return None;
        }
        Some(ExistingStack {
            label: "the bootstrap of the AWS CDK".to_owned(),
            template: json!({ "Resources": resources }).to_string(),
            parameters: Vec::new(),
        })
    }

    /// The assets as files for buckets; folders are zipped into `folder`.
    pub(crate) fn assets(&self, folder: &Path) -> Result<Vec<Asset>, AssemblyError> {
        self.files
            .iter()
            .enumerate()
            .map(|(index, one)| {
                let file = match one.is_zipped && one.source.is_dir() {
                    true => zipped(&one.source, folder.join(format!("asset-{index}.zip")))?,
                    false => one.source.clone(),
                };
                Ok(Asset { bucket: one.bucket.clone(), key: one.key.clone(), file })
            })
            .collect()
    }
}

/// The defaults of parameters for the version of the bootstrap.
fn versions(template: &str) -> BTreeSet<String> {
    let template: Value = serde_json::from_str(template).unwrap_or_default();
    let parameters = template.get("Parameters").and_then(Value::as_object);
    let defaults = parameters.into_iter().flatten().filter_map(|(_, parameter)| parameter.get("Default")?.as_str());
    defaults.filter(|default| default.starts_with("/cdk-bootstrap/")).map(str::to_owned).collect()
}

fn zipped(source: &Path, target: PathBuf) -> Result<PathBuf, AssemblyError> {
    let failed = |source: io::Error| AssemblyError::Zip { path: target.clone(), source };
    write(source, &target).map_err(failed)?;
    Ok(target)
}

/// All files below `source`, links followed, as the CDK's own tool zips them.
fn write(source: &Path, target: &Path) -> io::Result<()> {
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut archive = ZipWriter::new(File::create(target)?);
    for entry in WalkDir::new(source).follow_links(true).sort_by_file_name() {
        let entry = entry?;
        if !entry.file_type().is_file() {
            continue;
        }
        let name = entry.path().strip_prefix(source).unwrap_or(entry.path()).to_string_lossy().into_owned();
        archive.start_file(name, SimpleFileOptions::default().unix_permissions(mode(&entry)?)).map_err(io::Error::other)?;
        io::copy(&mut File::open(entry.path())?, &mut archive)?;
    }
    archive.finish().map_err(io::Error::other)?;
    Ok(())
}

fn mode(entry: &walkdir::DirEntry) -> io::Result<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(entry.metadata()?.permissions().mode())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/hnb659fds/version"}}}"#;
    const LISTED: &str = r#"{"version": "48.0.0", "files": {"abc": {"displayName": "Code", "source": {"path": "asset.abc", "packaging": "zip"}, "destinations": {"current": {"bucketName": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}", "objectKey": "abc.zip", "assumeRoleArn": "x"}}}}, "dockerImages": {}}"#;

    fn read(listed: Option<&str>) -> (tempfile::TempDir, Result<Option<Assembly>, AssemblyError>) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("App.template.json");
        if let Some(listed) = listed {
            std::fs::write(folder.path().join("App.assets.json"), listed).unwrap();
        }
        std::fs::create_dir_all(folder.path().join("asset.abc/lib")).unwrap();
        std::fs::write(folder.path().join("asset.abc/lib/index.py"), "x").unwrap();
        let assembly = Assembly::read(&file, TEXT, "111122223333", "us-east-1");
        (folder, assembly)
    }

    #[test]
    fn folders_become_zips_for_the_bootstrap_bucket() {
        let (folder, assembly) = read(Some(LISTED));
        let assembly = assembly.unwrap().unwrap();
        let assets = assembly.assets(&folder.path().join("work")).unwrap();
        assert_eq!(
            (assets[0].bucket.as_str(), assets[0].key.as_str()),
            ("cdk-hnb659fds-assets-111122223333-us-east-1", "abc.zip")
        );
        let mut archive = zip::ZipArchive::new(File::open(&assets[0].file).unwrap()).unwrap();
        assert_eq!(archive.by_index(0).unwrap().name().unwrap(), "lib/index.py");
        let bootstrap: Value = serde_json::from_str(&assembly.bootstrap().unwrap().template).unwrap();
        assert_eq!(bootstrap["Resources"]["Version0"]["Properties"]["Name"], "/cdk-bootstrap/hnb659fds/version");
        assert_eq!(bootstrap["Resources"]["StagingBucket0"]["Properties"]["BucketName"], assets[0].bucket);
    }

    #[test]
    fn an_image_is_refused_by_its_name() {
        let listed = LISTED.replace(r#""dockerImages": {}"#, r#""dockerImages": {"def": {"displayName": "Worker"}}"#);
        let (_folder, assembly) = read(Some(&listed));
        assert_eq!(
            assembly.unwrap_err().to_string(),
            "cannot be rehearsed here: the image asset `Worker` of the AWS CDK is not supported"
        );
    }

    #[test]
    fn another_template_is_of_no_assembly() {
        assert_eq!(read(None).1.unwrap(), None);
        assert!(matches!(read(Some("{")).1, Err(AssemblyError::Form { .. })));
        assert_eq!(Assembly::read(Path::new("my.yaml"), TEXT, "1", "r").unwrap(), None);
    }
}
