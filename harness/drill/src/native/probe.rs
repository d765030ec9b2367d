//! What can be asked of a resource, which of its template's properties that shows, and by which calls it is set.
//!
//! A call's input is JSON text. In it, `$id` is the resource's physical id, `$account` and `$region` are what they say, and `$Name` is the
//! resource's property of that name; a member without a value is left out. `$Name[]` asks once for each item of a list. When something is
//! set, `$want` is what should be there and `$item` the item that it is set for; `$item/a/b` is a part of it.
//!
//! A path leads into an answer: a member's name, an index, `*` for all items, `[Name=value]` for the items that have it, and `{A,B}` to keep
//! nothing but these members.

/// A call of a service.
#[derive(Debug)]
pub(super) struct Call {
    /// Its signing name.
    pub(super) service: &'static str,
    /// The operation.
    pub(super) operation: &'static str,
    /// Its input.
    pub(super) input: &'static str,
}

/// How often something is called to set what is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Each {
    /// Once.
    Once,
    /// For each item that is wanted.
    Wanted,
    /// For each item that is there.
    There,
}

/// What can be asked of resources of some types.
#[derive(Debug)]
pub(super) struct Probe {
    /// Their types.
    pub(super) kinds: &'static [&'static str],
    /// The properties that it shows.
    pub(super) properties: &'static [&'static str],
    /// The question.
    pub(super) ask: Call,
    /// Where in the answer.
    pub(super) at: &'static str,
    /// A question for each item that is found there, as `$item`; its answer is what counts.
    pub(super) then: Option<(Call, &'static str)>,
    /// What sets it; nothing, and it can only be had by making the resource anew.
    pub(super) mend: &'static [(Each, Call)],
}

impl Probe {
    pub(super) const fn then(mut self, operation: &'static str, input: &'static str, at: &'static str) -> Self {
        self.then = Some((call(self.ask.service, operation, input), at));
        self
    }

    pub(super) const fn mended(mut self, mend: &'static [(Each, Call)]) -> Self {
        self.mend = mend;
        self
    }
}

pub(super) const fn call(service: &'static str, operation: &'static str, input: &'static str) -> Call {
    Call { service, operation, input }
}

pub(super) const fn once(service: &'static str, operation: &'static str, input: &'static str) -> (Each, Call) {
    (Each::Once, call(service, operation, input))
}

pub(super) const fn wanted(service: &'static str, operation: &'static str, input: &'static str) -> (Each, Call) {
    (Each::Wanted, call(service, operation, input))
}

pub(super) const fn there(service: &'static str, operation: &'static str, input: &'static str) -> (Each, Call) {
    (Each::There, call(service, operation, input))
}

pub(super) const fn probe(
    kinds: &'static [&'static str],
    properties: &'static [&'static str],
    ask: (&'static str, &'static str, &'static str),
    at: &'static str,
) -> Probe {
    Probe { kinds, properties, ask: call(ask.0, ask.1, ask.2), at, then: None, mend: &[] }
}

/// How a resource of a type is made anew, by its properties, where something of it cannot be set.
#[derive(Debug)]
pub(super) struct Anew {
    pub(super) kind: &'static str,
    pub(super) make: Call,
    /// Where its physical id is in the answer.
    pub(super) id: &'static str,
    /// What removes it.
    pub(super) remove: Call,
}

pub(super) const ANEW: &[Anew] = &[Anew {
    kind: "AWS::EC2::Instance",
    make: call(
        "ec2",
        "RunInstances",
        r#"{"MinCount":1,"MaxCount":1,"ImageId":"$ImageId","InstanceType":"$InstanceType","SubnetId":"$SubnetId","SecurityGroupIds":"$SecurityGroupIds","IamInstanceProfile":{"Name":"$IamInstanceProfile"},"MetadataOptions":"$MetadataOptions","BlockDeviceMappings":"$BlockDeviceMappings","UserData":"$UserData","PrivateIpAddress":"$PrivateIpAddress","EbsOptimized":"$EbsOptimized","DisableApiTermination":"$DisableApiTermination"}"#,
    ),
    id: "Instances/0/InstanceId",
    remove: call("ec2", "TerminateInstances", r#"{"InstanceIds":["$id"]}"#),
}];

/// Properties that cannot be compared by what a service says, and why.
pub(super) const UNSEEN: &[(&str, &str, &str)] = &[
    ("AWS::Lambda::Function", "Code", "of code a function has an archive alone, which no two builders make the same"),
    ("AWS::KMS::Key", "PendingWindowInDays", "it is for CloudFormation itself, when it deletes the key"),
    ("AWS::SSM::Document", "UpdateMethod", "it is for CloudFormation itself, when it updates the document"),
];

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::probes::all;
    use super::*;

    fn calls() -> impl Iterator<Item = &'static Call> {
        let asked = all().flat_map(|aspect| std::iter::once(&aspect.ask).chain(aspect.then.as_ref().map(|then| &then.0)));
        let set = all().flat_map(|aspect| aspect.mend.iter().map(|(_, call)| call));
        asked.chain(set).chain(ANEW.iter().flat_map(|anew| [&anew.make, &anew.remove]))
    }

    /// `input` without one of its members, for each at any depth, and that member's name.
    fn without_each(input: &Value) -> Vec<(String, Value)> {
        match input {
            Value::Object(members) => members
                .iter()
                .flat_map(|(name, member)| {
                    let mut without = input.clone();
                    without.as_object_mut().unwrap().remove(name);
                    let within = without_each(member).into_iter().map(|(inner, member)| {
                        let mut changed = input.clone();
                        changed[name] = member;
                        (inner, changed)
                    });
                    std::iter::once((name.clone(), without)).chain(within).collect::<Vec<_>>()
                })
                .collect(),
            Value::Array(items) => {
                items.first().map(without_each).into_iter().flatten().map(|(name, item)| (name, vec![item].into())).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn every_call_is_one_of_its_service_with_members_that_it_has() {
        for Call { service, operation, input } in calls() {
            let model = nightproof_wire::service(service).unwrap_or_else(|| panic!("no service {service}"));
            let known = model.operation(operation).unwrap_or_else(|| panic!("no operation {service}:{operation}"));
            let input: Value = serde_json::from_str(input).unwrap_or_else(|error| panic!("{operation}: {error}"));
            let request = |input: &Value| {
                let request = model.codec().encode_request(known, input).ok()?;
                Some((request.uri().clone(), request.headers().clone(), request.into_body()))
            };
            // A member that is not sent, whatever it holds, is none of the operation's.
            let part = serde_json::json!({"IpProtocol": "x", "Key": "x", "Id": "x", "Arn": "x", "HttpTokens": "x", "DeviceName": "x",
                "Rules": [{"ObjectOwnership": "x"}], "TargetBucket": "x", "BlockPublicAcls": true, "Status": "x"});
            let held = [Value::from("x"), vec!["x"].into(), part.clone(), vec![part].into()];
            for (name, without) in without_each(&input) {
                let is_sent = |held: &Value| {
                    let fill = |input: &Value| super::super::path::filled(input, &|_| Some(held.clone())).unwrap_or_default();
                    request(&fill(&input)) != request(&fill(&without))
                };
                assert!(held.iter().any(is_sent), "{operation} has no {name}");
            }
        }
    }

    #[test]
    fn a_property_is_shown_by_one_aspect_of_its_type() {
        let mut seen = std::collections::BTreeSet::new();
        for aspect in all() {
            for (kind, property) in aspect.kinds.iter().flat_map(|kind| aspect.properties.iter().map(move |one| (kind, one))) {
                assert!(seen.insert((kind, property)), "{kind} {property} twice");
            }
        }
    }
}
