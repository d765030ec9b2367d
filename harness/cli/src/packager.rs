//! What a template names by paths of this machine, uploaded by the AWS CLI.
//! <https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html>

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use async_trait::async_trait;
use nightproof_drill::Package;
use nightproof_machine::tools::Tools;
use nightproof_template::{local_paths, replace_local_paths, to_json};
use tokio::process::Command;

/// Runs the AWS CLI out of a folder of packages, which is its first argument.
const CLI: &str =
    "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv[0] = 'aws'; from awscli.clidriver import main; sys.exit(main())";
/// Lines of what the AWS CLI says that are shown.
const SHOWN: usize = 5;

/// Variables that would lead the AWS CLI elsewhere than to a local region.
const ELSEWHERE: [&str; 5] = [
    "AWS_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL_S3",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT",
];

/// The AWS CLI's `cloudformation package` for one template.
#[derive(Debug)]
pub(crate) struct Packager {
    tools: Tools,
    /// The template, with absolute paths.
    template: String,
    folder: PathBuf,
    region: String,
    /// Where a local region is, and as whom to call it; on AWS the environment says so.
    local: Option<Vec<(String, String)>>,
}

impl Packager {
    /// For the template `text` of `file`, which names something by a path; `None` if it is no file or no template. Temporary files go to `folder`.
    pub(crate) fn for_template(
        (file, text): (Option<&Path>, &str),
        folder: &Path,
        region: &str,
        tools: &Tools,
        local: Option<Vec<(String, String)>>,
    ) -> Option<Arc<dyn Package>> {
        let mut template = to_json(text).ok()?;
        let beside = std::path::absolute(file?).ok()?.parent()?.to_owned();
        replace_local_paths(&mut template, &mut |_, path| beside.join(path).display().to_string());
        let template = template.to_string();
        let (folder, region, tools) = (folder.to_owned(), region.to_owned(), tools.clone());
        Some(Arc::new(Self { tools, template, folder, region, local }))
    }

    async fn run(&self, bucket: &str) -> Result<String, String> {
        let failed = |what: &Path, error: std::io::Error| format!("`{}`: {error}", what.display());
        std::fs::create_dir_all(&self.folder).map_err(|error| failed(&self.folder, error))?;
        let (input, output) = (self.folder.join("template.json"), self.folder.join("packaged.json"));
        std::fs::write(&input, &self.template).map_err(|error| failed(&input, error))?;
        let mut command = Command::new(&self.tools.python().executable);
        command.args(["-I", "-c", CLI]).arg(self.tools.packages()).args(["cloudformation", "package", "--template-file"]);
        command
            .arg(&input)
            .args(["--use-json", "--s3-bucket", bucket, "--region", &self.region, "--output-template-file"])
            .arg(&output);
        command.env("AWS_PAGER", "").stdin(Stdio::null()).kill_on_drop(true);
        if let Some(variables) = &self.local {
            ELSEWHERE.iter().for_each(|name| {
                command.env_remove(name);
            });
            command.envs(variables.iter().cloned());
            command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        }
        let ended = command.output().await.map_err(|error| format!("cannot run the AWS CLI: {error}"))?;
        if !ended.status.success() {
            let said = String::from_utf8_lossy(&ended.stderr);
            let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            let shown = lines.get(lines.len().saturating_sub(SHOWN)..).unwrap_or_default().join("; ");
            return Err(format!("aws cloudformation package: {shown}"));
        }
        std::fs::read_to_string(&output).map_err(|error| failed(&output, error))
    }
}

/// Whether a template names something by a path.
pub(crate) fn is_needed(text: &str) -> bool {
    !local_paths(&to_json(text).unwrap_or_default()).is_empty()
}

#[async_trait]
impl Package for Packager {
    async fn package(&self, bucket: &str) -> Result<String, String> {
        self.run(bucket).await
    }
}
