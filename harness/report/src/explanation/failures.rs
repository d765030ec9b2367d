//! Where a drill fails.

use super::entry::Explanation;

pub(super) const ALL: &[Explanation] = &[
    Explanation {
        name: "stack",
        meaning: "CloudFormation did not deploy the template: a resource was refused or did not come to its end in time, and the stack was rolled back.",
        remedy: "read the reason in the evidence: it is what the stack's events would show on AWS, with the template's line; correct the template or its parameters.",
        page: "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html",
    },
    Explanation {
        name: "rule",
        meaning: "The schedule's time came and nothing was started: the rule is disabled, has no target, or may not call it.",
        remedy: "enable the rule, and let its target be called: by a permission of the function, or by the role of the target.",
        page: "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html",
    },
    Explanation {
        name: "function",
        meaning: "What the rule starts (a function, a state machine, a runbook) ended with an error, ran out of time, or was denied something.",
        remedy: "the evidence has its log and each call that was denied; correct its code, its timeout or its role.",
        page: "https://docs.aws.amazon.com/lambda/latest/dg/lambda-troubleshooting.html",
    },
    Explanation {
        name: "command",
        meaning: "No command was sent to an instance, or it was sent to none: nothing has the tags that it looks for.",
        remedy: "compare the command's targets with the instances' tags, and the sender's permissions with ssm:SendCommand on document and instances.",
        page: "https://docs.aws.amazon.com/systems-manager/latest/userguide/troubleshooting-remote-commands.html",
    },
    Explanation {
        name: "instance",
        meaning: "An instance did not get the command: its SSM agent is not online, for want of a role, a route to AWS, or the agent itself.",
        remedy: "give the instance an instance profile with ssm permissions, and a route or VPC endpoints for ssm, ssmmessages and ec2messages.",
        page: "https://docs.aws.amazon.com/systems-manager/latest/userguide/troubleshooting-ssm-agent.html",
    },
    Explanation {
        name: "script",
        meaning: "The script on an instance ended with an exit code other than 0, was killed, or ran out of time.",
        remedy: "the evidence has the end of its output; a call that it was denied is named with the policy that lacks it.",
        page: "https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html",
    },
    Explanation {
        name: "object",
        meaning: "The script ended well and its backup is not as it should be in the bucket: missing, empty, not encrypted, not of this night, or more than one.",
        remedy: "look at where the script uploads to and what it does when the upload fails; only a backup that is there can be restored.",
        page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html",
    },
    Explanation {
        name: "restore",
        meaning: "What is in the bucket does not give the data back: it cannot be read, or files are missing or differ.",
        remedy: "the evidence names the first files that differ; a script that hides the failure of a part of a pipe is the usual cause (`set -o pipefail`).",
        page: "docs/restore.md",
    },
    Explanation {
        name: "input",
        meaning: "The data that the drill was given cannot be used.",
        remedy: "see the reason: a folder that cannot be read, nothing to compare, a fingerprint without a restore script.",
        page: "docs/drill-file.md",
    },
    Explanation {
        name: "dead-letter",
        meaning: "An event that could not be delivered to its target did not come to the target's dead-letter queue, so that nobody would learn of the night that was missed.",
        remedy: "give the target a dead-letter queue, and the queue a policy by which events.amazonaws.com may send to it for this rule.",
        page: "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html",
    },
    Explanation {
        name: "findings",
        meaning: "The backup restores, the drill is strict, and it has findings.",
        remedy: "`nightproof explain FINDING` for each; a drill that is not strict passes with them.",
        page: "docs/findings.md",
    },
    Explanation {
        name: "drill",
        meaning: "The drill itself could not go on, and says nothing of the backup.",
        remedy: "see the reason; `nightproof doctor` says what this machine lacks.",
        page: "docs/exit-codes.md",
    },
];
