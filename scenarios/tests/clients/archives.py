"""Two backups of a folder in a bucket with versions, one with its checksum beside it; and one that ends early in another bucket."""
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
