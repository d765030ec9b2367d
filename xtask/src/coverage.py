"""How many templates deploy on a region, and how often it refuses what AWS's own validator refuses: a line for each template on standard output,
and a document of the counts. `cargo xtask coverage` calls it.

Arguments: the document, and for each collection its name and its folder; of one whose name begins with `+`, the verdicts are compared with the
validator's, too. AWS_ENDPOINT_URL and credentials are those of a running region. Each template is deployed as a stack of its own, with a value made
up for each parameter that has no default, and removed again.
"""

import collections
import pathlib
import re
import sys
import time

import boto3
import botocore.config
import botocore.exceptions
import coverage_agreement
import coverage_speed

SETTINGS = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=60)
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
# A value for each type of parameter.
VALUES = {
    "String": "value",
    "Number": "1",
    "List<Number>": "1,2",
    "CommaDelimitedList": "a,b",
    "AWS::EC2::AvailabilityZone::Name": "us-east-1a",
    "List<AWS::EC2::AvailabilityZone::Name>": "us-east-1a,us-east-1b",
    "AWS::EC2::Image::Id": "ami-0abcdef1234567890",
}
OURS = re.compile(r"NotImplemented|InternalFailure|is not implemented by this local region|cannot be rehearsed here")
SECONDS = 30


class Verdict:
    """What became of a template: `deploys`, `refused` or `lacking`, and why; `template` if it was refused for what it says, before or without
    asking for anything that is not in it."""

    def __init__(self, kind, why="", by_template=False):
        self.kind, self.why, self.by_template = kind, why, by_template

    @classmethod
    def of(cls, reason, at_submission):
        reason = " ".join(reason.split())
        if OURS.search(reason):
            return cls("lacking", reason)
        return cls("refused", reason[:300], coverage_agreement.is_of_template(reason, at_submission))


class Region:
    def __init__(self):
        self.cloudformation = boto3.client("cloudformation", config=SETTINGS)
        self.s3 = boto3.client("s3", config=SETTINGS)
        self.ec2 = boto3.client("ec2", config=SETTINGS)
        self.s3.create_bucket(Bucket="coverage-of-templates")

    def value(self, parameter):
        kind = parameter.get("ParameterType", "String")
        constraint = parameter.get("ParameterConstraints", {}).get("AllowedValues")
        if constraint:
            return constraint[0]
        subnets = self.ec2.describe_subnets()["Subnets"]
        existing = {
            "AWS::EC2::VPC::Id": [subnet["VpcId"] for subnet in subnets],
            "AWS::EC2::Subnet::Id": [subnet["SubnetId"] for subnet in subnets],
            "AWS::EC2::SecurityGroup::Id": [group["GroupId"] for group in self.ec2.describe_security_groups()["SecurityGroups"]],
        }
        bare = kind.removeprefix("List<").removesuffix(">")
        if existing.get(bare):
            return existing[bare][0]
        return VALUES.get(kind, "value")

    def source(self, path):
        text = with_transform(path.read_text(encoding="utf-8"))
        if len(text.encode()) <= 51_200:
            return {"TemplateBody": text}
        self.s3.put_object(Bucket="coverage-of-templates", Key=path.name, Body=text.encode())
        return {"TemplateURL": f"https://coverage-of-templates.s3.amazonaws.com/{path.name}"}

    def deployed(self, path, name):
        try:
            source = self.source(path)
            summary = self.cloudformation.get_template_summary(**source)
            wanted = [one for one in summary.get("Parameters", []) if "DefaultValue" not in one]
            given = [{"ParameterKey": one["ParameterKey"], "ParameterValue": self.value(one)} for one in wanted]
            self.cloudformation.create_stack(StackName=name, Capabilities=CAPABILITIES, Parameters=given, **source)
        except botocore.exceptions.ClientError as error:
            return Verdict.of(f'{error.response["Error"]["Code"]}: {error.response["Error"]["Message"]}', True)
        except (UnicodeDecodeError, botocore.exceptions.ParamValidationError) as error:
            return Verdict("refused", f"by the client: {type(error).__name__}", True)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            stack = self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
            if stack["StackStatus"] == "CREATE_COMPLETE":
                return Verdict("deploys")
            if stack["StackStatus"] in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"):
                return Verdict.of(self.reason(name), False)
            time.sleep(0.02)
        return Verdict("lacking", f"no end in {SECONDS} s")

    def reason(self, name):
        events = self.cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        failed = [one for one in events if one["ResourceStatus"].endswith("_FAILED") and "ResourceStatusReason" in one]
        told = [one for one in failed if "cancelled" not in one["ResourceStatusReason"]] or failed
        if told:
            return f'{told[-1]["ResourceType"]}: {told[-1]["ResourceStatusReason"]}'
        # A transform fails the stack before there is a resource.
        return next((one["ResourceStatusReason"] for one in events if one["ResourceStatus"].startswith("ROLLBACK_IN")), "?")

    def remove(self, name):
        try:
            self.cloudformation.delete_stack(StackName=name)
        except botocore.exceptions.ClientError:
            pass


SERVERLESS = "AWS::Serverless-2016-10-31"


def with_transform(text):
    """A template of serverless resources without the section that has them translated gets it: the translator's own tests call it directly."""
    if "AWS::Serverless::" not in text or re.search(r"""^[\s{]*["']?Transform["']?\s*:""", text, re.MULTILINE):
        return text
    if text.lstrip().startswith("{"):
        return text.replace("{", f'{{"Transform": "{SERVERLESS}", ', 1)
    # Before the first line that is a member; what stands above it may be directives and comments.
    return re.sub(r"^(?=[A-Za-z\"'])", f"Transform: {SERVERLESS}\n", text, count=1, flags=re.MULTILINE)


HEAD = """# Coverage

Templates of others, each deployed as a stack of its own on a fresh region, a value being made up for each parameter without a default. Many of them
are written to be read, not to be deployed: they name images, subnets and buckets that exist nowhere, and AWS refuses them, too. cfn-lint's are those
of its source package. The SAM translator's are in its repository alone, and are counted where a checkout of it is named:
`cargo xtask coverage "SAM translator's inputs=CHECKOUT/tests/translator/input"`; those that its own tests expect to fail are left out.
Most of them lack the section `Transform`, since the translator's tests call it directly: it is added before they are deployed.
`cargo xtask coverage` writes this page.

| collection | templates | deploy | refused in AWS's words | cannot be rehearsed here | the first two |
|---|---:|---:|---:|---:|---:|
"""


def templates(folder):
    found = (path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml", ".json", ".template"))
    return sorted(path for path in found if not path.name.startswith("error_"))


def main(document, *collections_):
    region = Region()
    rows, lacking, agreement = [], collections.Counter(), coverage_agreement.Agreement()
    for number, (title, folder) in enumerate(zip(collections_[::2], map(pathlib.Path, collections_[1::2]))):
        counts = collections.Counter()
        for index, path in enumerate(templates(folder)):
            name = f"coverage-{number}-{index}"
            verdict = region.deployed(path, name)
            counts[verdict.kind] += 1
            print(f"{verdict.kind}\t{path.relative_to(folder)}\t{verdict.why[:300]}", flush=True)
            region.remove(name)
            if title.startswith("+"):
                agreement.compare(path, f"{folder.name}/{path.relative_to(folder)}", verdict)
            if verdict.kind == "lacking":
                items = set(re.findall(r"`[^`]+`(?: of `[^`]+`)?", verdict.why)) or {" ".join(verdict.why.split()[:12])}
                lacking.update(items)
        total = sum(counts.values()) or 1
        share = 100 * (counts["deploys"] + counts["refused"]) / total
        numbers = " | ".join(str(counts[kind]) for kind in ("deploys", "refused", "lacking"))
        rows.append(f'| {title.removeprefix("+")} | {total} | {numbers} | {share:.0f} % |\n')
    most = "".join(f"| {item} | {count} |\n" for item, count in lacking.most_common(25))
    stops = "\nWhat cannot be rehearsed, by how many templates it stops:\n\n| what | templates |\n|---|---:|\n" + most
    text = HEAD + "".join(rows) + stops + agreement.text() + coverage_speed.text(region.cloudformation)
    pathlib.Path(document).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
