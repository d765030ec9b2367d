#!/usr/bin/env python3
"""Extract compact service models from botocore's data (Apache-2.0, PyPI).

    python3 extract.py FOLDER-OF-BOTOCORE-DATA
    python3 extract.py --cases FOLDER-OF-BOTOCORE-PROTOCOL-TESTS

Writes one JSON file per service beside this script: protocol facts, every operation's name and route, and for the operations that
the `model.json` of the service's crate selects the shapes with their wire names and constraints. No documentation text.
`manual/*.json` are models that botocore does not ship, in botocore's own format; where a file has the name of a botocore service its operations and metadata are
added to that service. There `xmlNames` are the names that members have in XML and forms alone, by shape and member, and
`queryErrors` what errors are called in the Query protocol, and say there, where that is not what they are and say elsewhere. With `--cases` botocore's cases of
protocols are printed, with a model each.
"""

import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
HARNESS = HERE.parent.parent

# Root elements of S3's answers, which botocore does not know (it ignores the root); from the S3 API reference.
S3_ROOTS = {
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "CopyObject": "CopyObjectResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketAnalyticsConfiguration": "AnalyticsConfiguration",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketEncryption": "ServerSideEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "IntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "InventoryConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLocation": "LocationConstraint",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketMetricsConfiguration": "MetricsConfiguration",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketOwnershipControls": "OwnershipControls",
    "GetBucketPolicyStatus": "PolicyStatus",
    "GetBucketReplication": "ReplicationConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "GetObjectLegalHold": "LegalHold",
    "GetObjectLockConfiguration": "ObjectLockConfiguration",
    "GetObjectRetention": "Retention",
    "GetObjectTagging": "Tagging",
    "GetPublicAccessBlock": "PublicAccessBlockConfiguration",
    "ListBucketAnalyticsConfigurations": "ListBucketAnalyticsConfigurationResult",
    "ListBucketIntelligentTieringConfigurations": "ListBucketIntelligentTieringConfigurationsOutput",
    "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
    "ListBucketMetricsConfigurations": "ListMetricsConfigurationsResult",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListParts": "ListPartsResult",
    "UploadPartCopy": "CopyPartResult",
}
# Statuses that S3's own pages have and its model lacks: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html,
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html
S3_STATUSES = {"PutBucketPolicy": 204, "PutBucketTagging": 204}
# Two names for one route: the older one is left out.
SUPERSEDED = {
    "s3": {"PutBucketLifecycle", "GetBucketLifecycle", "PutBucketNotification", "GetBucketNotification"},
}


def selected(name, rule):
    if "only" in rule:
        return any(re.search(p, name) for p in rule["only"])
    return not any(re.search(p, name) for p in rule.get("except", []))


class Extraction:
    def __init__(self, service, model, rule, xml_names=None, query_errors=None):
        self.service, self.model, self.rule = service, model, rule
        self.xml_names, self.query_errors = xml_names or {}, query_errors or {}
        self.shapes, self.index = [], {}

    def shape(self, name):
        """The index of a shape, extracted at its first use."""
        if name in self.index:
            return self.index[name]
        place = self.index[name] = len(self.shapes)
        out = {}
        self.shapes.append(out)
        src, xml = self.model["shapes"][name], self.xml_names.get(name, {})
        out["t"] = "document" if src.get("document") else src["type"]
        out["n"] = name
        for key, short in (("min", "min"), ("max", "max"), ("pattern", "x"), ("timestampFormat", "tf"), ("payload", "p"),
                           ("flattened", "f"), ("sensitive", "z"), ("open", "o")):
            if key in src:
                out[short] = src[key]
        if src["type"] == "structure" and not src.get("document"):
            required = set(src.get("required", []))
            out["m"] = [self.member(m, r, m in required, xml.get(m)) for m, r in src["members"].items()]
        elif src["type"] == "list":
            out["i"] = self.member(None, src["member"], False, xml.get("member"))
        elif src["type"] == "map":
            out["k"] = self.member(None, src["key"], False, xml.get("key"))
            out["v"] = self.member(None, src["value"], False, xml.get("value"))
        return place

    def member(self, name, ref, required, xml_name):
        out = {}
        if xml_name is not None:
            out["x"] = xml_name
        if name is not None:
            out["n"] = name
        out["s"] = self.shape(ref["shape"])
        shape = self.model["shapes"][ref["shape"]]
        for key, short in (("locationName", "w"), ("location", "l"), ("queryName", "q"), ("flattened", "f"),
                           ("xmlAttribute", "a"), ("timestampFormat", "tf")):
            if key in ref:
                out[short] = ref[key]
        if required:
            out["r"] = True
        if self.service == "s3" and (ref.get("streaming") or (shape["type"] == "blob" and shape.get("streaming"))):
            out["b"] = True
        return out

    def needs(self, operation):
        """Required query parameters and headers, which tell apart operations of one route."""
        if "input" not in operation:
            return None
        src = self.model["shapes"][operation["input"]["shape"]]
        query, headers = [], []
        for name in src.get("required", []):
            ref = src["members"][name]
            if ref.get("location") == "querystring":
                query.append(ref["locationName"])
            elif ref.get("location") == "header":
                headers.append(ref["locationName"].lower())
        return {k: v for k, v in (("query", query), ("headers", headers)) if v} or None

    def error(self, name, src):
        """Where an error differs from the plain form."""
        query = self.query_errors.get(name, {})
        code = query.get("code") or src.get("error", {}).get("code", name)
        out = {}
        if code != name:
            out["code"] = code
        if "message" in query:
            out["queryMessage"] = query["message"]
        for member in src.get("members", {}):
            if member.lower() == "message" and member != "message":
                out["message"] = member
        if src.get("fault"):
            out["fault"] = True
        return out

    def run(self):
        meta = self.model["metadata"]
        rest = meta["protocol"].startswith("rest")
        operations = {}
        for name, src in sorted(self.model["operations"].items()):
            if name in SUPERSEDED.get(self.service, ()):
                continue
            out = {}
            if rest:
                out["method"] = src["http"]["method"]
                out["uri"] = src["http"]["requestUri"]
                status = src["http"].get("responseCode", 200)
                if self.service == "s3":
                    status = S3_STATUSES.get(name, status)
                if status != 200:
                    out["status"] = status
                needs = self.needs(src)
                if needs and self.service == "s3":
                    out["needs"] = needs
            if "requestcompression" in src:
                out["compressed"] = src["requestcompression"]["encodings"]
            if selected(name, self.rule):
                out["served"] = True
                if "input" in src:
                    out["in"] = self.shape(src["input"]["shape"])
                if "output" in src:
                    out["out"] = self.shape(src["output"]["shape"])
                    if "resultWrapper" in src["output"]:
                        out["wrapper"] = src["output"]["resultWrapper"]
                if self.service == "s3":
                    if name in S3_ROOTS:
                        out["root"] = S3_ROOTS[name]
                    if name == "GetBucketLocation":
                        out["unwrapped"] = True
            operations[name] = out
        errors = {name: self.error(name, shape) for name, shape in self.model["shapes"].items() if shape.get("exception")}
        errors.update({name: self.error(name, {}) for name in self.query_errors if name not in errors})
        # One that is called as another is coded is not that other one.
        codes = {error.get("code") for error in errors.values()}
        errors = {name: error for name, error in sorted(errors.items()) if error or name in codes}
        protocols = meta.get("protocols") or [meta["protocol"]]
        # Smithy's namespace, which errors are named with in CBOR, and in the JSON of services that spoke Query before.
        named = "smithy-rpc-v2-cbor" in protocols or "awsQueryCompatible" in meta
        result = {
            "protocols": protocols,
            "errorNamespace": (self.rule.get("errorNamespace")
                               or "com.amazonaws." + meta.get("serviceId", self.service).lower().replace(" ", "")) if named else None,
            "queryCompatible": True if "awsQueryCompatible" in meta else None,
            "apiVersion": meta["apiVersion"],
            "targetPrefix": meta.get("targetPrefix"),
            "signsAs": meta["signingName"] if meta.get("signingName", self.service) != self.service and self.rule.get("second") else None,
            "jsonVersion": meta.get("jsonVersion"),
            "namespace": meta.get("xmlNamespace") or ("http://s3.amazonaws.com/doc/2006-03-01/" if self.service == "s3" else None),
            "operations": operations,
            "errors": errors,
            "shapes": self.shapes,
        }
        return {k: v for k, v in result.items() if v is not None}


def cases(folder):
    """Botocore's own cases of the protocols, each with the extracted model of the service that it is about."""
    for kind in ("input", "output"):
        for path in sorted((folder / kind).glob("*.json")):
            for suite in json.loads(path.read_bytes()):
                for case in suite.pop("cases"):
                    given = case.pop("given")
                    model = {"metadata": suite["metadata"], "shapes": suite["shapes"], "operations": {given["name"]: given}}
                    out = Extraction("cases", model, {}).run()
                    yield {"kind": kind, "file": path.stem, "operation": given["name"], "model": out, **case}


def main():
    if sys.argv[1] == "--cases":
        json.dump(list(cases(pathlib.Path(sys.argv[2]))), sys.stdout)
        return
    data = pathlib.Path(sys.argv[1])
    files = [*HARNESS.glob("services/*/model.json"), HARNESS / "cloudformation/model.json"]
    rules = {path.parent.name: json.loads(path.read_text()) for path in files}
    # A second API of a service, whose requests are signed for the first.
    for path in HARNESS.glob("services/*/*.model.json"):
        rules[path.name.removesuffix(".model.json")] = {**json.loads(path.read_text()), "second": True}
    manual = {path.stem: json.loads(path.read_text()) for path in sorted((HERE / "manual").glob("*.json"))}
    for service in sorted(set(rules) | set(manual)):
        if service in rules:
            path = data / rules[service].get("data", service) / rules[service]["version"] / "service-2.json"
            model = json.loads(path.read_bytes())
            added = manual.get(service, {"operations": {}, "shapes": {}})
            for kind in ("operations", "shapes"):
                clash = set(model[kind]) & set(added[kind])
                if clash:
                    sys.exit(f"{service}: botocore has {sorted(clash)} by now, remove them from manual/")
                model[kind].update(added[kind])
            model["metadata"].update(added.get("metadata", {}))
            rule = rules[service]
            if "only" in rule:
                rule = {**rule, "only": rule["only"] + [f"^{name}$" for name in added["operations"]]}
        else:
            model, rule, added = manual[service], {}, {}
        out = Extraction(service, model, rule, added.get("xmlNames"), added.get("queryErrors")).run()
        (HERE / f"{service}.json").write_text(json.dumps(out, separators=(",", ":"), ensure_ascii=False) + "\n")
        served = sum(1 for o in out["operations"].values() if o.get("served"))
        print(f"{service}: {served} of {len(out['operations'])} operations, {len(out['shapes'])} shapes")


if __name__ == "__main__":
    main()
