//! The managed policies that AWS maintains.
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

use std::io::Read as _;
use std::sync::LazyLock;

static DOCUMENTS: &[u8] = include_bytes!("../data/managed_policies.zlib");

/// One line for each policy, sorted by ARN; `extract.py` says what is in a line.
static LINES: LazyLock<Vec<&'static str>> = LazyLock::new(|| include_str!("../data/managed_policies.txt").lines().collect());

/// A policy that AWS maintains.
#[derive(Debug, Clone, Copy)]
pub struct ManagedPolicy {
    /// `arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole`
    pub arn: &'static str,
    /// The default version, the only one that is known: `v3`.
    pub version: &'static str,
    /// When the policy was made, in ISO 8601.
    pub created: &'static str,
    /// When its default version was.
    pub updated: &'static str,
    /// Where in the file of documents the block begins that has the policy's.
    block: usize,
    /// Which of the block's documents that is.
    place: usize,
}

impl ManagedPolicy {
    fn at(index: usize) -> Option<Self> {
        let line = LINES.get(index)?;
        let mut columns = line.split('\t');
        let (arn, version, created, updated) = (columns.next()?, columns.next()?, columns.next()?, columns.next()?);
        let block = columns.next()?;
        let before = LINES.get(..index)?.iter().rev();
        let place = before.take_while(|line| line.rsplit('\t').next() == Some(block)).count();
        Some(Self { arn, version, created, updated, block: block.parse().ok()?, place })
    }

    /// The last part of its ARN.
    pub fn name(&self) -> &'static str {
        self.arn.rsplit('/').next().unwrap_or(self.arn)
    }

    /// `/` or `/service-role/`.
    pub fn path(&self) -> &'static str {
        let path = self.arn.split_once(":policy").map_or("/", |(_, rest)| rest);
        path.strip_suffix(self.name()).unwrap_or(path)
    }

    /// The document of the default version; empty if the file of documents is damaged.
    pub fn document(&self) -> String {
        let mut text = String::new();
        let block = DOCUMENTS.get(self.block..).unwrap_or_default();
        match flate2::read::ZlibDecoder::new(block).read_to_string(&mut text) {
            Ok(_) => text.lines().nth(self.place).unwrap_or_default().to_owned(),
            Err(_) => String::new(),
        }
    }
}

/// The policy with this ARN; `None` if AWS has none.
pub fn managed_policy(arn: &str) -> Option<ManagedPolicy> {
    let index = LINES.binary_search_by_key(&arn, |line| line.split('\t').next().unwrap_or_default()).ok()?;
    ManagedPolicy::at(index)
}

/// All of them, sorted by ARN.
pub fn managed_policies() -> impl Iterator<Item = ManagedPolicy> {
    (0..LINES.len()).filter_map(ManagedPolicy::at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_of_aws_are_known_by_their_arns() {
        let found = managed_policy("arn:aws:iam::aws:policy/service-role/AmazonSSMMaintenanceWindowRole").unwrap();
        assert_eq!((found.name(), found.path(), found.version), ("AmazonSSMMaintenanceWindowRole", "/service-role/", "v3"));
        assert!(managed_policy("arn:aws:iam::aws:policy/AmazonSSMMaintenanceWindowRole").is_none());
        assert!(managed_policy("").is_none());
    }

    #[test]
    fn each_policy_has_its_own_document() {
        let document = |name: &str| managed_policy(&format!("arn:aws:iam::aws:policy/{name}")).unwrap().document();
        let write = r#""Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*""#;
        assert!(document("service-role/AWSLambdaBasicExecutionRole").contains(write));
        assert!(document("AmazonEC2ReadOnlyAccess").contains("ec2:Describe*"));
        let all: Vec<ManagedPolicy> = managed_policies().collect();
        assert!(all.len() > 1500 && all.is_sorted_by_key(|policy| policy.arn), "{}", all.len());
        for policy in all {
            let document: serde_json::Value = serde_json::from_str(&policy.document()).unwrap();
            assert!(!document["Statement"].is_null(), "{}", policy.arn);
        }
    }
}
