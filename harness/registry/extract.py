"""Extracts facts of CloudFormation's resource types from the wheel of cfn-lint, and those of IAM's managed policies and EC2's instance types from
that of moto, whose paths are the arguments. `cargo xtask registry` calls it.

Managed policies are text, one a line, sorted by ARN: the ARN, the default version, when the policy was made and when it was changed, and where in
the other file the block begins that has its document. A block is compressed by zlib: the documents of the policies that name it, in their order,
one a line. Instance types are text, one a line, sorted by name; `FLAGS` has the letters of the last column. All columns are separated by tabs.

The facts of resource types are text, compressed by zlib: one line for each type, sorted by name: the name, a tab, and a JSON object with

- `p`: the properties, each with its shape
- `d`: shapes that have a name, if there are any
- `t`: there if CloudFormation gives its own tags (`aws:cloudformation:…`) to resources of the type
- `r`: required properties; `o`: what is read only; `c`: what cannot be changed without a replacement; `w`: what is never shown; `i`: what
  identifies a resource. All but the first are paths, whose parts are separated by slashes; those of `i` are in the schema's order
- `h`: what the type has handlers for, by their first letters: create, delete, list, read, update
- `a`: the actions that handlers call whatever the properties are: `c`, `u` and `d` of the handlers that create, update and delete, `t` of any that
  sets tags

A shape is a number (`1` a text, `2` an integer, `3` a number, `4` a truth value, `0` anything at all), a text (the name of a shape in `d`), a list
with the shape of its items, an object with the sole member `=` (a text that is one of these), or any other object: its members with their
shapes, `*` for members of any name, `!` for the list of those that are required.
"""

import gzip
import json
import re
import sys
import zipfile
import zlib
from pathlib import Path

SCHEMAS = "cfnlint/data/schemas/"
REGION = "us-east-1"
DATA = Path(__file__).parent / "data"
# So many documents are read for the sake of one.
BLOCK = 24
FLAGS = {
    "c": "CurrentGeneration",
    "b": "BurstablePerformanceSupported",
    "f": "FreeTierEligible",
    "h": "HibernationSupported",
    "d": "DedicatedHostsSupported",
    "r": "AutoRecoverySupported",
    "m": "BareMetal",
}
SCALARS = {"string": 1, "integer": 2, "number": 3, "boolean": 4}
# Values that the schemas leave open, and that cfn-lint knows of each region.
VALUES = {("AWS::EC2::Instance", "InstanceType"): "extensions/aws_ec2_instance/instancetype_enum.json"}
# What a handler's own call begins with, the likeliest first. A schema lists all that its handlers may call, most of it for some properties only;
# the call that is made in any case is the one that is named after the type.
VERBS = {
    "create": "Create Put Register Run Request Allocate Associate Attach Add Enable Start Set Authorize Publish Import POST Update Modify Change PUT",
    "update": "Update Modify Put Set Change Replace PATCH PUT Create Register",
    "delete": "Delete Remove Deregister Terminate Release Disassociate Detach Disable Revoke Cancel Stop Unsubscribe DELETE Update Change Put",
}


def calls(kind, handler, permissions):
    """The action that the handler of a type calls in any case, in a list; an empty one if the schema does not tell it from others."""
    verbs = VERBS[handler].split()

    def verb(action):
        name = action.split(":")[-1]
        found = [index for index, verb in enumerate(verbs) if name.startswith(verb)]
        return min(found, default=len(verbs))

    changing = [action for action in permissions if ":" in action and verb(action) < len(verbs) and not is_of_tags(action)]
    name = kind.split("::")[-1].lower()
    named = [action for action in changing if verbs[verb(action)].lower() + name == action.split(":")[-1].lower()]
    named = named or [action for action in changing if action.lower().endswith(name)]
    if named:
        return [in_lower_case(min(named, key=verb))]
    # Roles and keys are handed to what the type makes.
    own = [action for action in changing if action.split(":")[0] not in ("iam", "kms", "ec2")] or changing
    return [in_lower_case(own[0])] if len(own) == 1 else []


def in_lower_case(action):
    """With the service as policies have it."""
    service, name = action.split(":")
    return f"{service.lower()}:{name}"


def is_of_tags(action):
    return "Tag" in action.split(":")[-1]


class Type:
    def __init__(self, schema, values):
        self.schema = schema
        for name, known in values.items():
            schema["properties"][name]["enum"] = known
        self.named = {}

    def target(self, reference):
        node = self.schema
        for part in reference.removeprefix("#/").split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        return node

    def shape(self, node, depth=0):
        if not isinstance(node, dict) or depth > 32:
            return 0
        if "$ref" in node:
            reference = node["$ref"]
            name = reference.removeprefix("#/definitions/")
            if name == reference or "/" in name:
                return self.shape(self.target(reference), depth + 1)
            if name not in self.named:
                self.named[name] = 0
                self.named[name] = self.shape(self.target(reference), depth + 1)
            return name
        if node.get("type") == "string" and "enum" in node:
            return {"=": sorted(node["enum"])}
        if self.is_list(node):
            return [self.shape(node["items"], depth + 1)]
        kind = node.get("type")
        if isinstance(kind, list) and kind != ["object"]:
            return 0
        if isinstance(kind, str) and kind in SCALARS:
            return SCALARS[kind]
        # What may be a list or one of its items is a list, as templates write it.
        for variants in ("oneOf", "anyOf"):
            for variant in node.get(variants, []):
                while "$ref" in variant:
                    variant = self.target(variant["$ref"])
                if self.is_list(variant):
                    return [self.shape(variant["items"], depth + 1)]
        members = self.members(node, depth)
        # An object of which nothing is said may hold anything.
        return members or 0

    @staticmethod
    def is_list(node):
        return "items" in node and (node.get("type") == "array" or "properties" not in node)

    def members(self, node, depth):
        found = {}
        for name, inner in node.get("properties", {}).items():
            found[name] = self.shape(inner, depth + 1)
        for inner in node.get("patternProperties", {}).values():
            found["*"] = self.shape(inner, depth + 1)
        extra = node.get("additionalProperties")
        if isinstance(extra, dict):
            found["*"] = self.shape(extra, depth + 1)
        elif extra is True:
            found["*"] = 0
        for variants in ("oneOf", "anyOf", "allOf"):
            for variant in node.get(variants, []):
                inner = self.shape(variant, depth + 1)
                while isinstance(inner, str):
                    inner = self.named[inner]
                if isinstance(inner, dict):
                    for name, shape in inner.items():
                        if name not in ("!", "="):
                            found.setdefault(name, shape)
        if node.get("required") and found:
            found["!"] = sorted(set(node["required"]) & set(found))
        return found

    def scalars_by_name(self, shape):
        """The shape without names that stand for scalars."""
        if isinstance(shape, str):
            named = self.named[shape]
            return named if isinstance(named, int) else shape
        if isinstance(shape, list):
            return [self.scalars_by_name(shape[0])]
        if isinstance(shape, dict):
            return {name: inner if name in ("!", "=") else self.scalars_by_name(inner) for name, inner in sorted(shape.items())}
        return shape

    def facts(self):
        properties = self.members({"properties": self.schema["properties"]}, 0)
        for variants in ("oneOf", "anyOf", "allOf"):
            for name, shape in self.members({variants: self.schema.get(variants, [])}, 0).items():
                if name not in ("*", "!"):
                    properties.setdefault(name, shape)
        # A name may stand for another.
        for _ in range(4):
            self.named = {name: self.scalars_by_name(shape) for name, shape in self.named.items()}
        facts = {"p": self.scalars_by_name(properties)}
        named = {name: shape for name, shape in sorted(self.named.items()) if not isinstance(shape, int)}
        if named:
            facts["d"] = named
        tagging = self.schema.get("tagging", {})
        if tagging.get("taggable") and tagging.get("cloudFormationSystemTags", True):
            facts["t"] = 1
        if self.schema.get("required"):
            facts["r"] = sorted(self.schema["required"])
        for key, member in (("o", "readOnlyProperties"), ("c", "createOnlyProperties"), ("w", "writeOnlyProperties")):
            paths = {path.removeprefix("/properties/") for path in self.schema.get(member, [])}
            if paths:
                facts[key] = sorted(paths)
        identifier = [path.removeprefix("/properties/") for path in self.schema.get("primaryIdentifier", [])]
        if identifier:
            facts["i"] = identifier
        handlers = "".join(sorted(name[0] for name in self.schema.get("handlers", {})))
        if handlers:
            facts["h"] = handlers
        actions = self.actions()
        if actions:
            facts["a"] = actions
        return facts

    def actions(self):
        listed = {name: handler.get("permissions", []) for name, handler in self.schema.get("handlers", {}).items()}
        found = {name[0]: calls(self.schema["typeName"], name, listed[name]) for name in VERBS if name in listed}
        setting = [action for action in self.schema.get("tagging", {}).get("permissions", []) if action in listed.get("create", [])]
        # Beside what sets tags, schemas list what takes them away and reads them.
        setting = [action for action in setting if is_of_tags(action) and not re.match("Un|Remove|Delete|List|Get|Describe", action.split(":")[1])]
        found["t"] = [in_lower_case(setting[0])] if len(setting) == 1 else []
        return {name: actions for name, actions in sorted(found.items()) if actions}


def managed_policies(archive):
    """Lines of `managed_policies.txt`, and the documents, in compressed blocks of some each."""
    source = archive.read("moto/iam/aws_managed_policies.py").decode()
    # Nothing of it is executed.
    policies = json.loads(source.split('"""')[1].replace("\\\\", "\\"))
    known = sorted((f"arn:aws:iam::aws:policy{policy['Path']}{name}", policy) for name, policy in policies.items())
    lines, blocks = [], b""
    for start in range(0, len(known), BLOCK):
        some = known[start : start + BLOCK]
        for arn, policy in some:
            dates = [policy[name].replace("+00:00", "Z") for name in ("CreateDate", "UpdateDate")]
            lines.append("\t".join([arn, policy["DefaultVersionId"], *dates, str(len(blocks))]) + "\n")
        documents = (json.dumps(in_order(policy["Document"]), separators=(",", ":"), ensure_ascii=False) for _, policy in some)
        blocks += zlib.compress("".join(f"{document}\n" for document in documents).encode(), 9)
    (DATA / "managed_policies.txt").write_text("".join(lines))
    (DATA / "managed_policies.zlib").write_bytes(blocks)
    print(f"{len(lines)} managed policies")


def in_order(document):
    """The version first, and each statement's id, as AWS shows them."""
    first = ("Version", "Id", "Sid", "Effect")
    if isinstance(document, list):
        return [in_order(one) for one in document]
    if not isinstance(document, dict):
        return document
    names = sorted(document, key=lambda name: first.index(name) if name in first else len(first))
    return {name: in_order(document[name]) if name == "Statement" else document[name] for name in names}


def instance_types(archive):
    known = json.loads(gzip.decompress(archive.read("moto/ec2/resources/instance_types.json.gz")))
    lines = []
    for name, kind in sorted(known.items()):
        flags = "".join(letter for letter, flag in FLAGS.items() if kind[flag])
        columns = [
            ",".join(kind["ProcessorInfo"]["SupportedArchitectures"]),
            kind.get("Hypervisor", "-"),
            kind["VCpuInfo"]["DefaultVCpus"],
            kind["VCpuInfo"].get("DefaultThreadsPerCore", 1),
            kind["MemoryInfo"]["SizeInMiB"],
            kind.get("InstanceStorageInfo", {}).get("TotalSizeInGB", 0),
            ",".join(kind["SupportedRootDeviceTypes"]),
            ",".join(kind["SupportedUsageClasses"]),
            ",".join(kind["SupportedVirtualizationTypes"]),
            flags,
        ]
        lines.append("\t".join([name, *map(str, columns)]) + "\n")
    (DATA / "instance_types.txt").write_text("".join(lines))
    print(f"{len(lines)} instance types")


def main(wheel):
    lines = []
    with zipfile.ZipFile(wheel) as archive:
        names = json.loads(archive.read(f"{SCHEMAS}providers/{REGION}.json"))
        for name, schema in sorted(names.items()):
            files = {property: file for (kind, property), file in VALUES.items() if kind == name}
            values = {property: json.loads(archive.read(SCHEMAS + file))[REGION]["enum"] for property, file in files.items()}
            facts = Type(json.loads(archive.read(f"{SCHEMAS}resources/{schema}.json")), values).facts()
            lines.append(name + "\t" + json.dumps(facts, separators=(",", ":")) + "\n")
        date = json.loads(archive.read(f"{SCHEMAS}version.json"))["schema_date"]
    text = "".join(lines).encode()
    (DATA / "resource_types.zlib").write_bytes(zlib.compress(text, 9))
    print(f"{len(lines)} types of {REGION}, schemas of {date}, {len(text)} bytes of facts")


if __name__ == "__main__":
    main(sys.argv[1])
    with zipfile.ZipFile(sys.argv[2]) as moto:
        managed_policies(moto)
        instance_types(moto)
