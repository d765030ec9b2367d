"""s3 and kms."""

import hashlib
import io
import json
import os
import ssl
import urllib.error
import urllib.request

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import MissingDependencyException

from clients import ACCOUNT, client, pages, refused, until

s3, kms = client("s3"), client("kms")
MIB = 1024 * 1024


def keys():
    key = kms.create_key(Description="drill", Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]
    key_id = key["KeyId"]
    assert key["Enabled"] and key["KeyState"] == "Enabled" and key["Arn"].endswith(f":key/{key_id}"), key
    kms.create_alias(AliasName="alias/drill", TargetKeyId=key_id)
    refused("AlreadyExistsException", kms.create_alias, AliasName="alias/drill", TargetKeyId=key_id)
    assert key_id in [alias.get("TargetKeyId") for alias in pages(kms, "list_aliases", "Aliases")]
    assert key_id in [one["KeyId"] for one in pages(kms, "list_keys", "Keys")]
    kms.enable_key_rotation(KeyId=key_id)
    assert kms.get_key_rotation_status(KeyId=key_id)["KeyRotationEnabled"]
    assert json.loads(kms.get_key_policy(KeyId=key_id, PolicyName="default")["Policy"])["Statement"]
    assert kms.list_resource_tags(KeyId=key_id)["Tags"] == [{"TagKey": "a", "TagValue": "b"}]

    sealed = kms.encrypt(KeyId="alias/drill", Plaintext=b"night", EncryptionContext={"k": "v"})["CiphertextBlob"]
    opened = kms.decrypt(CiphertextBlob=sealed, EncryptionContext={"k": "v"})
    assert (opened["Plaintext"], opened["KeyId"]) == (b"night", key["Arn"])
    refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=sealed, EncryptionContext={"k": "w"})
    refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=b"nonsense")
    data = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")
    assert len(data["Plaintext"]) == 32 and kms.decrypt(CiphertextBlob=data["CiphertextBlob"])["Plaintext"] == data["Plaintext"]
    assert "Plaintext" not in kms.generate_data_key_without_plaintext(KeyId=key_id, KeySpec="AES_256")
    kms.disable_key(KeyId=key_id)
    refused("DisabledException", kms.encrypt, KeyId=key_id, Plaintext=b"x")
    kms.enable_key(KeyId=key_id)
    refused("NotFoundException", kms.describe_key, KeyId="alias/none")
    return key


def buckets():
    s3.create_bucket(Bucket="drill-data")
    s3.get_waiter("bucket_exists").wait(Bucket="drill-data")
    refused("InvalidBucketName", client("s3", config=Config(parameter_validation=False)).create_bucket, Bucket="UP")
    assert "drill-data" in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert s3.get_bucket_location(Bucket="drill-data")["LocationConstraint"] is None
    refused("NoSuchBucket", s3.list_objects_v2, Bucket="drill-none")
    assert refused("404", s3.head_bucket, Bucket="drill-none")["ResponseMetadata"]["HTTPStatusCode"] == 404


def objects():
    body = bytes(range(256)) * 64
    put = s3.put_object(
        Bucket="drill-data", Key="a b/ü+%.bin", Body=body, ContentType="application/x-drill", Metadata={"night": "1"}
    )
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"' and put["ServerSideEncryption"] == "AES256", put
    got = s3.get_object(Bucket="drill-data", Key="a b/ü+%.bin")
    assert got["Body"].read() == body and got["ContentType"] == "application/x-drill" and got["Metadata"] == {"night": "1"}
    head = s3.head_object(Bucket="drill-data", Key="a b/ü+%.bin")
    assert head["ContentLength"] == len(body) and head["AcceptRanges"] == "bytes"
    part = s3.get_object(Bucket="drill-data", Key="a b/ü+%.bin", Range="bytes=100-199")
    assert part["Body"].read() == body[100:200] and part["ContentRange"] == f"bytes 100-199/{len(body)}"
    ranged = s3.head_object(Bucket="drill-data", Key="a b/ü+%.bin", Range="bytes=-6")
    assert ranged["ResponseMetadata"]["HTTPStatusCode"] == 206 and ranged["ContentLength"] == 6, ranged
    assert ranged["ContentRange"] == f"bytes {len(body) - 6}-{len(body) - 1}/{len(body)}"
    beyond = refused("416", s3.head_object, Bucket="drill-data", Key="a b/ü+%.bin", Range="bytes=99999-")
    assert beyond["ResponseMetadata"]["HTTPStatusCode"] == 416
    refused("InvalidRange", s3.get_object, Bucket="drill-data", Key="a b/ü+%.bin", Range="bytes=99999-")
    refused("NoSuchKey", s3.get_object, Bucket="drill-data", Key="none")
    refused("404", s3.head_object, Bucket="drill-data", Key="none")
    attributes = s3.get_object_attributes(
        Bucket="drill-data", Key="a b/ü+%.bin", ObjectAttributes=["ETag", "ObjectSize", "StorageClass", "Checksum"]
    )
    assert attributes["ObjectSize"] == len(body) and attributes["ETag"] == put["ETag"].strip('"'), attributes
    assert attributes["StorageClass"] == "STANDARD" and attributes["Checksum"]["ChecksumCRC32"] == put["ChecksumCRC32"]
    for algorithm in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"):
        try:
            checked = s3.put_object(Bucket="drill-data", Key="checked", Body=b"123456789", ChecksumAlgorithm=algorithm)
        except MissingDependencyException:  # The tools have no awscrt, without which botocore computes only some.
            continue
        assert checked[f"Checksum{algorithm}"]
        s3.get_object(Bucket="drill-data", Key="checked", ChecksumMode="ENABLED")["Body"].read()
    refused("BadDigest", s3.put_object, Bucket="drill-data", Key="bad", Body=b"x", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
    refused("PreconditionFailed", s3.put_object, Bucket="drill-data", Key="checked", Body=b"x", IfNoneMatch="*")
    refused("304", s3.get_object, Bucket="drill-data", Key="a b/ü+%.bin", IfNoneMatch=put["ETag"])

    s3.put_object_tagging(Bucket="drill-data", Key="checked", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_object_tagging(Bucket="drill-data", Key="checked")["TagSet"] == [{"Key": "a", "Value": "b"}]
    s3.delete_object_tagging(Bucket="drill-data", Key="checked")
    assert not s3.get_object_tagging(Bucket="drill-data", Key="checked")["TagSet"]


def copies():
    source = {"Bucket": "drill-data", "Key": "a b/ü+%.bin"}
    etag = s3.head_object(**source)["ETag"]
    copied = s3.copy_object(Bucket="drill-data", Key="copy", CopySource=source)
    assert copied["CopyObjectResult"]["ETag"] == etag
    assert s3.head_object(Bucket="drill-data", Key="copy")["Metadata"] == {"night": "1"}
    s3.copy_object(
        Bucket="drill-data", Key="copy", CopySource=source, MetadataDirective="REPLACE", Metadata={"night": "2"}, CopySourceIfMatch=etag
    )
    assert s3.head_object(Bucket="drill-data", Key="copy")["Metadata"] == {"night": "2"}
    for condition in ({"CopySourceIfMatch": '"0"'}, {"CopySourceIfNoneMatch": etag}, {"CopySourceIfUnmodifiedSince": "2001-01-01"}):
        refused("PreconditionFailed", s3.copy_object, Bucket="drill-data", Key="copy", CopySource=source, **condition)
    refused("PreconditionFailed", s3.copy_object, Bucket="drill-data", Key="copy", CopySource=source, IfNoneMatch="*")
    refused("NoSuchKey", s3.copy_object, Bucket="drill-data", Key="copy", CopySource="drill-data/none")
    refused("InvalidRequest", s3.copy_object, Bucket="drill-data", Key="copy", CopySource="drill-data/copy")


def listings():
    for number in range(25):
        s3.put_object(Bucket="drill-data", Key=f"list/{number:02}/x y", Body=b"")
    found = pages(s3, "list_objects_v2", "Contents", Bucket="drill-data", Prefix="list/", PaginationConfig={"PageSize": 7})
    assert [one["Key"] for one in found] == [f"list/{number:02}/x y" for number in range(25)]
    groups = pages(s3, "list_objects_v2", "CommonPrefixes", Bucket="drill-data", Prefix="list/", Delimiter="/", PaginationConfig={"PageSize": 4})
    assert [one["Prefix"] for one in groups] == [f"list/{number:02}/" for number in range(25)]
    assert len(pages(s3, "list_objects", "Contents", Bucket="drill-data", Prefix="list/", PaginationConfig={"PageSize": 10})) == 25
    gone = s3.delete_objects(
        Bucket="drill-data", Delete={"Objects": [{"Key": one["Key"]} for one in found] + [{"Key": "never-was"}]}
    )
    assert len(gone["Deleted"]) == 26 and not gone.get("Errors"), gone
    assert s3.list_objects_v2(Bucket="drill-data", Prefix="list/")["KeyCount"] == 0


def parts():
    body = os.urandom(12 * MIB)
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=4)
    s3.upload_fileobj(io.BytesIO(body), "drill-data", "large", Config=config)
    assert s3.head_object(Bucket="drill-data", Key="large")["ETag"].endswith('-3"')
    back = io.BytesIO()
    s3.download_fileobj("drill-data", "large", back, Config=config)
    assert back.getvalue() == body
    s3.copy({"Bucket": "drill-data", "Key": "large"}, "drill-data", "large-copy", Config=config)
    assert s3.get_object(Bucket="drill-data", Key="large-copy")["Body"].read() == body

    def upload(key):
        return s3.create_multipart_upload(Bucket="drill-data", Key=key)["UploadId"]

    first, second, other = upload("up"), upload("up"), upload("zzz")
    for number in range(1, 6):
        s3.upload_part(Bucket="drill-data", Key="up", UploadId=first, PartNumber=number, Body=b"%d" % number)
    listed = pages(s3, "list_parts", "Parts", Bucket="drill-data", Key="up", UploadId=first, PaginationConfig={"PageSize": 2})
    assert [part["PartNumber"] for part in listed] == [1, 2, 3, 4, 5], listed
    uploads = pages(s3, "list_multipart_uploads", "Uploads", Bucket="drill-data", PaginationConfig={"PageSize": 1})
    assert [one["Key"] for one in uploads] == ["up", "up", "zzz"], uploads
    assert {one["UploadId"] for one in uploads} == {first, second, other}
    wanted = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in listed]
    refused(
        "EntityTooSmall", s3.complete_multipart_upload,
        Bucket="drill-data", Key="up", UploadId=first, MultipartUpload={"Parts": wanted},
    )
    for key, upload_id in (("up", first), ("up", second), ("zzz", other)):
        s3.abort_multipart_upload(Bucket="drill-data", Key=key, UploadId=upload_id)
    refused("NoSuchUpload", s3.list_parts, Bucket="drill-data", Key="up", UploadId=first)


def versions():
    s3.create_bucket(Bucket="drill-versions")
    assert "Status" not in s3.get_bucket_versioning(Bucket="drill-versions")
    s3.put_bucket_versioning(Bucket="drill-versions", VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket="drill-versions")["Status"] == "Enabled"
    ids = [s3.put_object(Bucket="drill-versions", Key="k", Body=b"%d" % n)["VersionId"] for n in range(3)]
    marker = s3.delete_object(Bucket="drill-versions", Key="k")
    assert marker["DeleteMarker"] and marker["VersionId"] not in ids
    s3.put_object(Bucket="drill-versions", Key="l", Body=b"")

    hidden = refused("NoSuchKey", s3.get_object, Bucket="drill-versions", Key="k")
    assert hidden["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true", hidden
    assert hidden["ResponseMetadata"]["HTTPHeaders"]["x-amz-version-id"] == marker["VersionId"], hidden
    hidden = refused("404", s3.head_object, Bucket="drill-versions", Key="k")
    assert hidden["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true", hidden
    named = refused("MethodNotAllowed", s3.get_object, Bucket="drill-versions", Key="k", VersionId=marker["VersionId"])
    assert named["ResponseMetadata"]["HTTPStatusCode"] == 405
    assert named["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true", named
    assert named["ResponseMetadata"]["HTTPHeaders"]["allow"] == "DELETE", named
    refused("405", s3.head_object, Bucket="drill-versions", Key="k", VersionId=marker["VersionId"])
    refused("NoSuchVersion", s3.get_object, Bucket="drill-versions", Key="k", VersionId="a" * 32)
    assert s3.get_object(Bucket="drill-versions", Key="k", VersionId=ids[1])["Body"].read() == b"1"

    seen = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket="drill-versions", PaginationConfig={"PageSize": 2}):
        seen += [(one["Key"], one["VersionId"], one["IsLatest"]) for one in page.get("DeleteMarkers", []) + page.get("Versions", [])]
    assert [one[:2] for one in seen[:4]] == [("k", marker["VersionId"])] + [("k", one) for one in reversed(ids)], seen
    assert [one[2] for one in seen] == [True, False, False, False, True], seen

    gone = s3.delete_objects(
        Bucket="drill-versions",
        Delete={"Objects": [{"Key": "k", "VersionId": marker["VersionId"]}, {"Key": "k", "VersionId": ids[2]}, {"Key": "l"}]},
    )["Deleted"]
    assert gone[0]["DeleteMarker"] and gone[0]["DeleteMarkerVersionId"] == marker["VersionId"], gone
    assert gone[1]["VersionId"] == ids[2] and "DeleteMarker" not in gone[1], gone
    assert gone[2]["DeleteMarker"] and gone[2]["DeleteMarkerVersionId"], gone
    assert s3.get_object(Bucket="drill-versions", Key="k")["Body"].read() == b"1"
    refused("BucketNotEmpty", s3.delete_bucket, Bucket="drill-versions")


def encryption(key):
    s3.put_bucket_encryption(
        Bucket="drill-versions",
        ServerSideEncryptionConfiguration={
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key["Arn"]},
                    "BucketKeyEnabled": True,
                }
            ]
        },
    )
    read = s3.get_bucket_encryption(Bucket="drill-versions")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert read["BucketKeyEnabled"] and read["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == key["Arn"]
    put = s3.put_object(Bucket="drill-versions", Key="sealed", Body=b"x")
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"], put["BucketKeyEnabled"]) == ("aws:kms", key["Arn"], True), put
    named = s3.put_object(Bucket="drill-data", Key="sealed", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId="alias/drill")
    assert named["SSEKMSKeyId"] == key["Arn"], named
    managed = s3.put_object(Bucket="drill-data", Key="sealed", Body=b"x", ServerSideEncryption="aws:kms")
    assert managed["SSEKMSKeyId"] != key["Arn"]
    assert kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["KeyManager"] == "AWS"
    s3.delete_bucket_encryption(Bucket="drill-versions")
    assert s3.put_object(Bucket="drill-versions", Key="sealed", Body=b"x")["ServerSideEncryption"] == "AES256"


def configuration():
    bucket = {"Bucket": "drill-data"}
    refused("NoSuchBucketPolicy", s3.get_bucket_policy, **bucket)
    deny = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                "Resource": ["arn:aws:s3:::drill-data", "arn:aws:s3:::drill-data/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
    s3.put_bucket_policy(**bucket, Policy=json.dumps(deny))
    assert json.loads(s3.get_bucket_policy(**bucket)["Policy"]) == deny
    assert not s3.get_bucket_policy_status(**bucket)["PolicyStatus"]["IsPublic"]
    refused("MalformedPolicy", s3.put_bucket_policy, **bucket, Policy='{"Statement": []}')
    s3.delete_bucket_policy(**bucket)

    refused("NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration, **bucket)
    rule = {
        "ID": "old", "Status": "Enabled", "Filter": {"Prefix": "backups/"}, "Expiration": {"Days": 30},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 7}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
    }
    s3.put_bucket_lifecycle_configuration(**bucket, LifecycleConfiguration={"Rules": [rule]})
    assert s3.get_bucket_lifecycle_configuration(**bucket)["Rules"] == [rule]
    assert 'rule-id="old"' in s3.put_object(**bucket, Key="backups/x", Body=b"")["Expiration"]
    s3.delete_bucket_lifecycle(**bucket)

    s3.put_public_access_block(**bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True})
    assert all(s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"].values())
    refused("NoSuchTagSet", s3.get_bucket_tagging, **bucket)
    s3.put_bucket_tagging(**bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_bucket_tagging(**bucket)["TagSet"] == [{"Key": "a", "Value": "b"}]
    s3.delete_bucket_tagging(**bucket)
    s3.put_bucket_ownership_controls(**bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
    assert s3.get_bucket_ownership_controls(**bucket)["OwnershipControls"]["Rules"][0]["ObjectOwnership"] == "BucketOwnerEnforced"
    assert s3.get_bucket_acl(**bucket)["Grants"][0]["Permission"] == "FULL_CONTROL"


def presigned():
    body = b"presigned"
    trusting = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])

    def fetch(url, method="GET", data=None):
        return urllib.request.urlopen(urllib.request.Request(url, method=method, data=data), context=trusting)

    signer = client("s3", config=Config(signature_version="s3v4"))
    url = signer.generate_presigned_url("put_object", Params={"Bucket": "drill-data", "Key": "signed"}, ExpiresIn=60)
    assert fetch(url, "PUT", body).status == 200
    url = signer.generate_presigned_url("get_object", Params={"Bucket": "drill-data", "Key": "signed"}, ExpiresIn=60)
    assert fetch(url).read() == body

    def refusal(url):
        try:
            fetch(url)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        raise AssertionError("not refused")

    code, text = refusal(url.replace("/signed", "/other"))
    assert code == 403 and "<Code>SignatureDoesNotMatch</Code>" in text, text
    short = signer.generate_presigned_url("get_object", Params={"Bucket": "drill-data", "Key": "signed"}, ExpiresIn=1)

    def expired():
        try:
            fetch(short).read()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    code, text = until("the URL expires", expired)
    assert code == 403 and "<Code>AccessDenied</Code>" in text and "Request has expired" in text, text


def logs():
    s3.create_bucket(Bucket="drill-logs")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::drill-logs/*", "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            }
        ],
    }
    s3.put_bucket_policy(Bucket="drill-logs", Policy=json.dumps(policy))
    target = {"LoggingEnabled": {"TargetBucket": "drill-logs", "TargetPrefix": "access/"}}
    s3.put_bucket_logging(Bucket="drill-data", BucketLoggingStatus=target)
    assert s3.get_bucket_logging(Bucket="drill-data")["LoggingEnabled"]["TargetPrefix"] == "access/"
    s3.get_object(Bucket="drill-data", Key="signed")["Body"].read()
    refused("NoSuchKey", s3.get_object, Bucket="drill-data", Key="absent")
    liar = client("s3", aws_secret_access_key="x" * 40, aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"])
    refused("SignatureDoesNotMatch", liar.get_object, Bucket="drill-data", Key="signed")
    stranger = client("s3", aws_secret_access_key="x" * 40, aws_access_key_id="AKIAIOSFODNN7EXAMPLE")
    refused("InvalidAccessKeyId", stranger.get_object, Bucket="drill-data", Key="signed")

    def lines():
        found = pages(s3, "list_objects_v2", "Contents", Bucket="drill-logs", Prefix="access/")
        texts = [s3.get_object(Bucket="drill-logs", Key=one["Key"])["Body"].read().decode() for one in found]
        return [line.split(" ") for line in "".join(texts).splitlines()]

    # Operation, key, status and error code; the request in between is quoted, and has two blanks.
    wanted = {
        ("REST.GET.OBJECT", "signed", "200", "-"),
        ("REST.GET.OBJECT", "absent", "404", "NoSuchKey"),
        ("REST.GET.OBJECT", "signed", "403", "SignatureDoesNotMatch"),
        ("REST.GET.OBJECT", "signed", "403", "InvalidAccessKeyId"),
    }
    until("a line for each request", lambda: wanted <= {(line[7], line[8], line[12], line[13]) for line in lines()})
    assert {line[5] for line in lines() if line[12] == "403"} == {"-"}, lines()
    s3.put_bucket_logging(Bucket="drill-data", BucketLoggingStatus={})


def not_there_yet():
    website = {"IndexDocument": {"Suffix": "index.html"}}
    refused("NotImplemented", s3.put_bucket_website, Bucket="drill-data", WebsiteConfiguration=website)
    unlocked = {"Mode": "GOVERNANCE", "RetainUntilDate": "2036-01-01"}
    refused("InvalidRequest", s3.put_object_retention, Bucket="drill-data", Key="signed", Retention=unlocked)
    locked = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": "2036-01-01"}
    refused("InvalidRequest", s3.put_object, Bucket="drill-data", Key="locked", Body=b"", **locked)
    short = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "short"}
    refused("InvalidArgument", s3.put_object, Bucket="drill-data", Key="own-key", Body=b"x", **short)


def emptied_and_deleted(bucket):
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for one in page.get("Versions", []) + page.get("DeleteMarkers", []):
            s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
    try:
        s3.delete_bucket(Bucket=bucket)
    except s3.exceptions.ClientError as error:
        # Lines of the access log that were under way when logging ended.
        assert (bucket, error.response["Error"]["Code"]) == ("drill-logs", "BucketNotEmpty"), error
        return False
    s3.get_waiter("bucket_not_exists").wait(Bucket=bucket)
    return True


def away(key):
    for bucket in ("drill-data", "drill-versions", "drill-logs"):
        until(f"{bucket} is deleted", lambda: emptied_and_deleted(bucket))
    kms.delete_alias(AliasName="alias/drill")
    assert kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)["KeyState"] == "PendingDeletion"
    refused("KMSInvalidStateException", kms.encrypt, KeyId=key["KeyId"], Plaintext=b"x")
    kms.cancel_key_deletion(KeyId=key["KeyId"])


key = keys()
buckets()
objects()
copies()
listings()
parts()
versions()
encryption(key)
configuration()
presigned()
logs()
not_there_yet()
away(key)
