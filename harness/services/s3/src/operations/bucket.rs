//! Buckets: make, remove, find.

use nightproof_core::service::Call;
use nightproof_core::{canonical_id, is_region, quota};
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::acl::{Acl, AskedAcl};
use crate::arn::arn;
use crate::document::whole_seconds;
use crate::input::{OnBucket, Text};
use crate::location::{self, GLOBAL_REGION};
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
        let here = location::called(call);
        let constraint = asked.and_then(|asked| asked.location_constraint.get());
        let region = place(call, constraint)?;
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
            if here != GLOBAL_REGION || bucket.region != region || constraint.is_some() || !tags.is_empty() {
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
                region: region.to_owned(),
                constraint: constraint.map(str::to_owned),
                created: whole_seconds(call.now),
                incarnation: self.next_id(),
                config: std::collections::BTreeMap::new(),
                encryption_chosen: false,
                policy: None,
                acl,
                cors: None,
                replication: None,
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
        let location = match constraint {
            Some(_) if here == GLOBAL_REGION => format!("http://{name}.s3.amazonaws.com/"),
            _ => format!("/{name}"),
        };
        Ok(json!({"Location": location, "BucketArn": arn(name)}))
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

    pub(crate) fn head_bucket(&self, input: &HeadBucket) -> Result<Value, AwsError> {
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        Ok(json!({
            "BucketArn": arn(&bucket.name),
            "BucketRegion": bucket.region,
            "AccessPointAlias": false,
        }))
    }

    pub(crate) fn list_buckets(&self, call: &Call, input: &ListBuckets) -> Result<Value, AwsError> {
        let prefix = input.prefix.or_empty();
        let most = usize::try_from(input.max_buckets.unwrap_or(10_000)).unwrap_or(10_000);
        let after = crate::operations::list::untoken(input.continuation_token.get())?;
        let texts = [&input.prefix, &input.continuation_token, &input.bucket_region];
        let paged = input.max_buckets.is_some() || texts.iter().any(|text| text.is_given());
        if let Some(region) = input.bucket_region.get().filter(|region| !is_region(region)) {
            return Err(AwsError::new("InvalidArgument", 400, format!("Argument value {region} is not a valid AWS Region"))
                .with("ArgumentName", "bucket-region"));
        }
        let state = self.state();
        let mut found: Vec<&Bucket> = state
            .buckets
            .values()
            .filter(|bucket| bucket.account == call.account() && bucket.name.starts_with(prefix))
            .filter(|bucket| input.bucket_region.get().is_none_or(|region| region == bucket.region))
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
                    "BucketRegion": paged.then_some(&bucket.region),
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

    pub(crate) fn get_bucket_location(&self, input: &GetBucketLocation) -> Result<Value, AwsError> {
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        // us-east-1 is an empty constraint: a null.
        Ok(match (bucket.region.as_str(), &bucket.constraint) {
            (GLOBAL_REGION, _) => json!({}),
            (_, Some(constraint)) => json!({"LocationConstraint": constraint}),
            (region, None) => json!({"LocationConstraint": region}),
        })
    }
}

/// The region where a bucket is made that is asked for with this constraint.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html#API_CreateBucket_RequestSyntax>
fn place<'a>(call: &'a Call, constraint: Option<&'a str>) -> Result<&'a str, AwsError> {
    let here = location::called(call);
    let illegal = |what: &str| {
        let message =
            format!("The {what} location constraint is incompatible for the region specific endpoint this request was sent to.");
        Err(AwsError::new("IllegalLocationConstraintException", 400, message))
    };
    match constraint {
        // Elsewhere any other region is refused alike, whether or not it exists.
        Some(asked) if here == GLOBAL_REGION && (asked == GLOBAL_REGION || !location::is_constraint(asked)) => {
            Err(AwsError::new("InvalidLocationConstraint", 400, "The specified location-constraint is not valid")
                .with("LocationConstraint", asked))
        }
        Some(asked) if location::region_of(asked) == here => Ok(here),
        // The endpoint of us-east-1 is the one that all regions have.
        Some(asked) if here == GLOBAL_REGION => match call.region.sibling(location::region_of(asked)) {
            Some(_) => Ok(location::region_of(asked)),
            None => Err(crate::error::not_implemented(&format!("CreateBucket in the region {asked}, which was not started,"))),
        },
        Some(asked) => illegal(asked),
        None if here != GLOBAL_REGION => illegal("unspecified"),
        None => Ok(here),
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
