"""Two backups of a folder in a bucket with versions, each with its checksum beside it; one that ends early in another bucket; a night of several
archives with a copy, parts and what cannot be opened; and a folder that is kept in step, of which a file was deleted."""
import gzip
import hashlib
import io
import tarfile

from clients import client

s3 = client("s3")


def archive(text):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name in ("site/index.html", "site/über.html"):
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.uid = len(text), 0o640, 33
            tar.addfile(member, io.BytesIO(text))
    return made.getvalue()


s3.create_bucket(Bucket="archives-of-somebody")
s3.put_bucket_versioning(Bucket="archives-of-somebody", VersioningConfiguration={"Status": "Enabled"})
for name, text in (("a", b"yesterday"), ("b", b"today")):
    content = archive(text * 1000)
    s3.put_object(Bucket="archives-of-somebody", Key=f"site/{name}.tgz", Body=content)
    s3.put_object(Bucket="archives-of-somebody", Key=f"site/{name}.tgz.sha256", Body=hashlib.sha256(content).hexdigest())
s3.create_bucket(Bucket="archives-of-nobody")
s3.put_object(Bucket="archives-of-nobody", Key="site.tgz", Body=archive(bytes(range(256)) * 4000)[:-400])

s3.create_bucket(Bucket="archives-of-a-night")
site = archive(b"today" * 1000)
for key, content in (
    ("night/latest.tgz", site),
    ("night/db-2026-11-29.sql.gz", gzip.compress(b"CREATE TABLE yesterday (day date);")),
    ("night/db-2026-11-30.sql.gz", gzip.compress(b"CREATE TABLE today (day date);")),
    ("night/site.tgz.aa", site[:100]),
    ("night/site.tgz.ab", site[100:]),
    ("locked/site.tgz", site),
    ("beside/keys.enc", b"Salted__" + bytes(range(64))),
    ("beside/site.tgz", site),
    ("locked/the-keys.enc", b"Salted__" + bytes(range(64))),
):
    s3.put_object(Bucket="archives-of-a-night", Key=key, Body=content)
s3.create_bucket(Bucket="files-in-step")
s3.put_bucket_versioning(Bucket="files-in-step", VersioningConfiguration={"Status": "Enabled"})
for key, content in (("htdocs/index.html", b"old"), ("htdocs/index.html", b"new"), ("htdocs/gone.txt", b"gone"),
                     ("htdocs/sub/log.json", b"{}"), ("other/x", b"x")):
    s3.put_object(Bucket="files-in-step", Key=key, Body=content)
s3.delete_object(Bucket="files-in-step", Key="htdocs/gone.txt")
