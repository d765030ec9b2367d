"""How often a region's verdict on a template is that of AWS's own validator, the package `cloudformation-validate`."""

import re

import cloudformation_validate

# How a resource fails for what the template says of it, and not for what is or is not there.
OF_TEMPLATE = re.compile(
    "Properties validation failed|Encountered unsupported property|Property .* cannot be empty|Value of property|"
    "Template error|Template format error|Template validation error|Model validation failed|failed to satisfy constraint|"
    "Transform .* failed|is not a valid"
)


# What the validator cannot know: types of the account's own, what is in a store, and what AWS's own translator of serverless templates, which
# the region runs, says of paths that nobody has uploaded.
OF_ACCOUNT = re.compile(
    r"Unrecognized resource types: \[(?!AWS::)|Unable to fetch parameters|No export named|Transform AWS::Serverless-2016-10-31 failed"
)


def is_of_template(reason, at_submission):
    return not OF_ACCOUNT.search(reason) and (at_submission or bool(OF_TEMPLATE.search(reason)))


class Agreement:
    """The validator's findings are `FATAL` where CloudFormation itself refuses the template, and `ERROR` where the resource's service may: what is
    no more than that is not compared, since a region's services decide it by what there is."""

    def __init__(self):
        self.engine = cloudformation_validate.CelEngine()
        self.same, self.differences = 0, []

    def compare(self, path, name, verdict):
        if verdict.kind == "lacking":
            return
        try:
            found = self.engine.validate_template(str(path)).diagnostics
        except cloudformation_validate.ValidationError as error:
            found, fatal = [], [str(error)]
        else:
            fatal = [f"{one.rule_id}: {one.message}" for one in found if one.severity.name == "FATAL"]
        erring = any(one.severity.name == "ERROR" for one in found)
        refused = verdict.kind == "refused" if fatal else verdict.by_template
        if refused == bool(fatal) or (erring and refused):
            self.same += 1
        else:
            why = fatal[0] if fatal else verdict.why
            self.differences.append((name, "the validator" if fatal else "the region", why))

    def text(self):
        total = self.same + len(self.differences)
        if not total:
            return ""
        lines = [
            "\n## Agreement with AWS's validator\n\n",
            "Of the collections of cfn-lint that are meant to be right and to be wrong, what the region refuses for what it says is compared with the\n",
            "fatal findings of `cloudformation-validate`, AWS's own: those with which CloudFormation does not begin. What only an account knows is not\n",
            "compared: types of its own, parameters and exports; nor is what AWS's own translator of serverless templates says, which the region runs.\n",
            f"{self.same} of {total} verdicts are the same: {100 * self.same / total:.0f} %. The others:\n\n",
            "| template | refused by | why |\n|---|---|---|\n",
        ]
        lines += [f"| {name} | {who} | {cell(why)} |\n" for name, who, why in self.differences]
        return "".join(lines)


def cell(text):
    text = " ".join(text.split()).replace("|", "\\|")
    return text if len(text) <= 160 else text[:157] + "…"
