//! Buckets: make, remove, find.

use nightproof_core::service::Call;
use nightproof_core::{canonical_id, quota};
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::acl::{Acl, AskedAcl};
use crate::arn::arn;
use crate::document::whole_seconds;
use crate::input::{OnBucket, Text};
use crate::location;
use crate::records::{Bucket, S3};

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
fn check_name(name: &str) -> Result<(), AwsError> {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let letters = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.');
    let like_an_address = name.split('.').count() == 4 && name.split('.').all(|part| part.parse::<u8>().is_ok());
    let reserved = ["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|prefix| name.starts_with(prefix))
        || ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"].iter().any(|suffix| name.ends_with(suffix));
    let good = (3..=63).contains(&name.len())
        && letters
        && ends(name.chars().next())
        && ends(name.chars().next_back())
        && !name.contains("..")
        && !like_an_address
        && !reserved;
    if good {
        return Ok(());
    }
    Err(AwsError::new("InvalidBucketName", 400, "The specified bucket is not valid.").with("BucketName", name))
}

inputs! {
    /// `CreateBucket`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>
    CreateBucket {
        acl: AskedAcl;
        bucket: String,
        create_bucket_configuration: Option<BucketConfiguration>,
        object_ownership: Option<String>,
        object_lock_enabled_for_bucket: bool,
    }
    /// `DeleteBucket`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html>
    DeleteBucket {
        on: OnBucket;
    }
    /// `HeadBucket`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>
    HeadBucket {
        on: OnBucket;
    }
    /// `GetBucketLocation`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>
    GetBucketLocation {
        on: OnBucket;
    }
    /// `ListBuckets`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html>
    ListBuckets {
        ;
        prefix: Text,
        max_buckets: Option<i64>,
        continuation_token: Text,
        bucket_region: Text,
    }
}

/// How a bucket is to be made.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BucketConfiguration {
    #[serde(default)]
    location_constraint: Text,
    #[serde(default)]
    tags: Vec<Value>,
}

impl S3 {
    pub(crate) fn create_bucket(&self, call: &Call, input: &CreateBucket) -> Result<Value, AwsError> {
        let name = input.bucket.as_str();
        check_name(name)?;
        let acl = Acl::asked(&input.acl, call.account(), call.account())?;
        if acl.is_some() && input.acl.canned.as_deref() != Some("private") {
            if input.object_ownership.as_deref().is_none_or(|ownership| ["", "BucketOwnerEnforced"].contains(&ownership)) {
                return Err(AwsError::new(
                    "InvalidBucketAclWithObjectOwnership",
                    400,
                    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
                ));
            }
            if acl.as_ref().is_some_and(Acl::is_public) {
                return Err(AwsError::new(
                    "InvalidBucketAclWithBlockPublicAccessError",
                    400,
                    "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
                ));
            }
        }
        let asked = input.create_bucket_configuration.as_ref();
        let here = call.region.name();
        match asked.and_then(|asked| asked.location_constraint.get()) {
            // Elsewhere any other region is refused alike, whether or not it exists.
            Some(other) if other == "us-east-1" || (here == "us-east-1" && !location::is_constraint(other)) => {
                return Err(AwsError::new("InvalidLocationConstraint", 400, "The specified location-constraint is not valid")
                    .with("LocationConstraint", other));
            }
            Some(other) if other != here => {
                return Err(AwsError::new(
                    "IllegalLocationConstraintException",
                    400,
                    format!(
                        "The {other} location constraint is incompatible for the region specific endpoint this request was sent to."
                    ),
                ));
            }
            None if here != "us-east-1" => {
                return Err(AwsError::new(
                    "IllegalLocationConstraintException",
                    400,
                    "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.",
                ));
            }
            _ => {}
        }
        let ownership = input.object_ownership.as_deref().unwrap_or("BucketOwnerEnforced");
        if !["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"].contains(&ownership) {
            return Err(AwsError::new("InvalidArgument", 400, format!("Invalid x-amz-object-ownership header: {ownership}"))
                .with("ArgumentName", "x-amz-object-ownership"));
        }
        let tags = asked.map_or(&[][..], |asked| &asked.tags);
        crate::operations::tagging::check(tags, crate::operations::tagging::Of::NewBucket)?;
        let mut state = self.state();
        if let Some(bucket) = state.buckets.get(name) {
            if bucket.account != call.account() {
                return Err(AwsError::new(
                    "BucketAlreadyExists",
                    409,
                    "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
                )
                .with("BucketName", name));
            }
            // Only us-east-1 answers an owner's second creation with success.
            // https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
            // Tags would be lost.
            if here != "us-east-1" || !tags.is_empty() {
                return Err(AwsError::new(
                    "BucketAlreadyOwnedByYou",
                    409,
                    "Your previous request to create the named bucket succeeded and you already own it.",
                )
                .with("BucketName", name));
            }
        } else {
            let own = state.buckets.values().filter(|bucket| bucket.account == call.account()).count();
            if quota::BUCKETS.is_reached_by(own) {
                return Err(AwsError::new("TooManyBuckets", 400, "You have attempted to create more buckets than allowed"));
            }
            let mut bucket = Bucket {
                name: name.to_owned(),
                account: call.account().to_owned(),
                created: whole_seconds(call.now),
                incarnation: self.next_id(),
                config: std::collections::BTreeMap::new(),
                encryption_chosen: false,
                policy: None,
                acl,
                cors: None,
                notifications: crate::notification::Notifications::default(),
                keys: std::collections::BTreeMap::new(),
                uploads: std::collections::HashMap::new(),
            };
            bucket.config.insert(
                "ServerSideEncryptionConfiguration",
                json!({"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": false}]}),
            );
            // Since April 2023.
            bucket.config.insert(
                "PublicAccessBlockConfiguration",
                json!({"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true}),
            );
            bucket.config.insert("OwnershipControls", json!({"Rules": [{"ObjectOwnership": ownership}]}));
            if input.object_lock_enabled_for_bucket {
                bucket.config.insert("VersioningConfiguration", json!({"Status": "Enabled"}));
                bucket.config.insert("ObjectLockConfiguration", json!({"ObjectLockEnabled": "Enabled"}));
            }
            if !tags.is_empty() {
                bucket.config.insert("TagSet", json!(tags));
            }
            state.buckets.insert(name.to_owned(), bucket);
        }
        Ok(json!({"Location": format!("/{name}"), "BucketArn": arn(name)}))
    }

    pub(crate) fn delete_bucket(&self, input: &DeleteBucket) -> Result<Value, AwsError> {
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        let name = bucket.name.clone();
        if !bucket.keys.is_empty() {
            let message = match bucket.versioning() {
                crate::records::Versioning::Never => "The bucket you tried to delete is not empty",
                _ => "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
            };
            return Err(AwsError::new("BucketNotEmpty", 409, message).with("BucketName", name));
        }
        state.buckets.remove(&name);
        Ok(json!({}))
    }

    pub(crate) fn head_bucket(&self, call: &Call, input: &HeadBucket) -> Result<Value, AwsError> {
        let name = self.state().bucket(&input.on)?.name.clone();
        Ok(json!({
            "BucketArn": arn(name),
            "BucketRegion": call.region.name(),
            "AccessPointAlias": false,
        }))
    }

    pub(crate) fn list_buckets(&self, call: &Call, input: &ListBuckets) -> Result<Value, AwsError> {
        let prefix = input.prefix.or_empty();
        let most = usize::try_from(input.max_buckets.unwrap_or(10_000)).unwrap_or(10_000);
        let after = crate::operations::list::untoken(input.continuation_token.get())?;
        let texts = [&input.prefix, &input.continuation_token, &input.bucket_region];
        let paged = input.max_buckets.is_some() || texts.iter().any(|text| text.is_given());
        if let Some(region) = input.bucket_region.get().filter(|region| !location::is_region(region)) {
            return Err(AwsError::new("InvalidArgument", 400, format!("Argument value {region} is not a valid AWS Region"))
                .with("ArgumentName", "bucket-region"));
        }
        let state = self.state();
        let elsewhere = input.bucket_region.get().is_some_and(|region| region != call.region.name());
        let mut found: Vec<&Bucket> = state
            .buckets
            .values()
            .filter(|bucket| bucket.account == call.account() && bucket.name.starts_with(prefix) && !elsewhere)
            .filter(|bucket| after.as_deref().is_none_or(|after| bucket.name.as_str() > after))
            .collect();
        let more = found.len() > most;
        found.truncate(most);
        let mut output = Map::new();
        if more && let Some(last) = found.last() {
            output.insert("ContinuationToken".to_owned(), json!(crate::operations::list::token(&last.name)));
        }
        let buckets: Vec<Value> = found
            .iter()
            .map(|bucket| {
                json!({
                    "Name": bucket.name,
                    "CreationDate": bucket.created,
                    // Only who asks for a page is told.
                    "BucketRegion": paged.then(|| call.region.name()),
                    "BucketArn": arn(&bucket.name),
                })
            })
            .collect();
        output.insert("Buckets".to_owned(), json!(buckets));
        output.insert("Owner".to_owned(), json!({"ID": canonical_id(call.account())}));
        if !prefix.is_empty() {
            output.insert("Prefix".to_owned(), json!(prefix));
        }
        Ok(Value::Object(output))
    }

    pub(crate) fn get_bucket_location(&self, call: &Call, input: &GetBucketLocation) -> Result<Value, AwsError> {
        self.state().bucket(&input.on)?;
        // us-east-1 is an empty constraint: a null.
        Ok(match call.region.name() {
            "us-east-1" => json!({}),
            other => json!({"LocationConstraint": other}),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules() {
        for good in ["abc", "a.b-c", "123", "my-backup-bucket.example"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["ab", "Abc", "a_b", "-ab", "ab-", "a..b", "192.168.5.4", "xn--abc", "abc-s3alias", "../etc", &"a".repeat(64)]
        {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
