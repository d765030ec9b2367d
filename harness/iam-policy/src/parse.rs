//! From JSON to a policy: the grammar, which is one for all kinds of policies, and what a kind forbids or demands.

use crate::action::{ActionPattern, Actions};
use crate::condition::Condition;
use crate::document::{Node, Position, statement_positions};
use crate::fault::Fault;
use crate::operator::Operator;
use crate::policy::{Policy, PolicyKind, Version};
use crate::policy_error::PolicyError;
use crate::principal::{Entry, EntryKind, Principals, is_aws_principal};
use crate::resource::{ResourcePattern, Resources};
use crate::statement::{Statement, StatementEffect};
use crate::vocabulary;

/// A list of texts and whether it stood under `Not…`.
type Listed<'t> = (bool, Vec<&'t str>);

/// A statement whose elements have the right types.
struct Draft<'t> {
    sid: Option<&'t str>,
    effect: Option<&'t str>,
    principal: Option<(bool, &'t Node)>,
    action: Option<Listed<'t>>,
    resource: Option<Listed<'t>>,
    conditions: Vec<(&'t str, Operator, &'t str, Vec<Box<str>>)>,
}

impl Policy {
    /// Reads a document. The error's text is AWS's message: IAM's for `Identity` and `Trust`, S3's for `Resource`.
    pub fn parse(text: &str, kind: PolicyKind) -> Result<Self, PolicyError> {
        let document: Node = serde_json::from_str(text).map_err(|_| Fault::Json.error(kind))?;
        let positions = statement_positions(text);
        read(&document, &positions, kind)
    }
}

fn read(document: &Node, positions: &[Position], kind: PolicyKind) -> Result<Policy, PolicyError> {
    let fault = |fault: Fault<'_>| fault.error(kind);
    let Node::Map(elements) = document else { return Err(fault(Fault::Json)) };
    let (mut version, mut id, mut statements) = (None, None, None);
    for (name, value) in elements {
        match (name.as_str(), value) {
            ("Version", Node::Text(text)) => version = Some(Version::parse(text).ok_or_else(|| fault(Fault::Version))?),
            ("Version", _) => return Err(fault(Fault::Version)),
            ("Id", Node::Text(text)) => id = Some(text.as_str().into()),
            ("Id", _) => return Err(fault(Fault::Syntax)),
            ("Statement", value) => statements = Some(value),
            (other, _) => return Err(fault(Fault::UnknownField(other))),
        }
    }
    let statements = match statements {
        None => return Err(fault(Fault::MissingStatement)),
        Some(Node::List(list)) if list.is_empty() => return Err(fault(Fault::EmptyStatement)),
        Some(Node::List(list)) => list.as_slice(),
        Some(single) => std::slice::from_ref(single),
    };
    let drafts = statements.iter().map(draft).collect::<Result<Vec<_>, _>>().map_err(fault)?;
    check(&drafts, kind)?;

    let variables = version == Some(Version::Of2012);
    let places = positions.iter().copied().chain(std::iter::repeat(Position::default()));
    let statements = drafts
        .into_iter()
        .zip(places)
        .map(|(draft, position)| finish(draft, position, variables, kind))
        .collect::<Result<Box<[_]>, _>>()?;
    Ok(Policy { kind, version, id, statements })
}

/// The grammar of a statement.
fn draft(node: &Node) -> Result<Draft<'_>, Fault<'_>> {
    let Node::Map(elements) = node else { return Err(Fault::Syntax) };
    let mut draft = Draft { sid: None, effect: None, principal: None, action: None, resource: None, conditions: Vec::new() };
    for (name, value) in elements {
        match (name.as_str(), value) {
            ("Sid", Node::Text(text)) => draft.sid = Some(text),
            ("Effect", Node::Text(text)) => draft.effect = Some(text),
            ("Principal", value) => set(&mut draft.principal, (false, value))?,
            ("NotPrincipal", value) => set(&mut draft.principal, (true, value))?,
            ("Action", value) => set(&mut draft.action, (false, texts(value)?))?,
            ("NotAction", value) => set(&mut draft.action, (true, texts(value)?))?,
            ("Resource", value) => set(&mut draft.resource, (false, texts(value)?))?,
            ("NotResource", value) => set(&mut draft.resource, (true, texts(value)?))?,
            ("Condition", Node::Map(operators)) => draft.conditions = conditions(operators)?,
            ("Sid" | "Effect" | "Condition", _) => return Err(Fault::Syntax),
            (other, _) => return Err(Fault::UnknownField(other)),
        }
    }
    Ok(draft)
}

/// An element and its opposite exclude each other.
fn set<'t, T>(slot: &mut Option<T>, value: T) -> Result<(), Fault<'t>> {
    if slot.replace(value).is_some() { Err(Fault::Syntax) } else { Ok(()) }
}

fn texts(node: &Node) -> Result<Vec<&str>, Fault<'_>> {
    let list = if let Node::List(list) = node { list.as_slice() } else { std::slice::from_ref(node) };
    list.iter().map(|item| if let Node::Text(text) = item { Ok(text.as_str()) } else { Err(Fault::Syntax) }).collect()
}

type Conditions<'t> = Vec<(&'t str, Operator, &'t str, Vec<Box<str>>)>;

fn conditions(operators: &[(String, Node)]) -> Result<Conditions<'_>, Fault<'_>> {
    let mut conditions = Vec::new();
    for (name, keys) in operators {
        let Node::Map(keys) = keys else { return Err(Fault::Syntax) };
        // AWS does not look at an operator without keys.
        if keys.is_empty() {
            continue;
        }
        let operator = Operator::parse(name).ok_or(Fault::UnknownOperator(name))?;
        for (key, values) in keys {
            conditions.push((name.as_str(), operator, key.as_str(), condition_values(values)?));
        }
    }
    Ok(conditions)
}

fn condition_values(node: &Node) -> Result<Vec<Box<str>>, Fault<'_>> {
    let list = if let Node::List(list) = node { list.as_slice() } else { std::slice::from_ref(node) };
    let value = |item: &Node| match item {
        Node::Text(text) | Node::Number(text) => Ok(text.as_str().into()),
        Node::Bool(value) => Ok(value.to_string().into()),
        Node::Null | Node::List(_) | Node::Map(_) => Err(Fault::Syntax),
    };
    list.iter().map(value).collect()
}

/// What the kind of policy demands, in the order in which AWS looks at it.
fn check(drafts: &[Draft<'_>], kind: PolicyKind) -> Result<(), PolicyError> {
    let fault = |fault: Fault<'_>| Err(fault.error(kind));
    for draft in drafts {
        match draft.effect {
            None => return fault(Fault::MissingEffect),
            Some("Allow" | "Deny") => {}
            Some(other) => return fault(Fault::InvalidEffect(other)),
        }
        match (kind, draft.principal) {
            (PolicyKind::Identity, Some(_)) => return fault(Fault::ProhibitedPrincipal),
            (PolicyKind::Identity, None) => {}
            (_, Some((true, _))) if draft.effect == Some("Allow") => return fault(Fault::AllowNotPrincipal),
            (PolicyKind::Trust, Some((true, _))) => return fault(Fault::ProhibitedNotPrincipal),
            (_, None) => return fault(Fault::MissingPrincipal),
            (_, Some(_)) => {}
        }
    }
    if kind == PolicyKind::Identity {
        vocabulary::check_legacy(drafts.iter().flat_map(|draft| &draft.resource).flat_map(|(_, list)| list.iter().copied()))?;
        vocabulary::check_dates(
            drafts.iter().flat_map(|draft| &draft.conditions).map(|(_, operator, _, values)| (operator, values.as_slice())),
        )?;
    }
    let mut sids = Vec::new();
    for sid in drafts.iter().filter_map(|draft| draft.sid).filter(|sid| !sid.is_empty()) {
        if kind == PolicyKind::Identity && !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return fault(Fault::InvalidSid);
        }
        if sids.contains(&sid) {
            return fault(Fault::DuplicateSid);
        }
        sids.push(sid);
    }
    let missing = |list: &Option<Listed<'_>>| list.as_ref().is_none_or(|(_, list)| list.is_empty());
    if drafts.iter().any(|draft| missing(&draft.action)) {
        return fault(Fault::MissingAction);
    }
    if kind == PolicyKind::Trust {
        match drafts.iter().find_map(|draft| draft.resource.as_ref()) {
            Some((true, _)) => return fault(Fault::ProhibitedNotResource),
            Some((false, _)) => return fault(Fault::ProhibitedResource),
            None => {}
        }
    } else if drafts.iter().any(|draft| missing(&draft.resource)) {
        return fault(Fault::MissingResource);
    }
    for resource in drafts.iter().flat_map(|draft| &draft.resource).flat_map(|(_, list)| list) {
        vocabulary::check_resource(resource, kind)?;
    }
    for action in drafts.iter().flat_map(|draft| &draft.action).flat_map(|(_, list)| list) {
        vocabulary::check_action(action, kind)?;
    }
    Ok(())
}

fn finish(draft: Draft<'_>, position: Position, variables: bool, kind: PolicyKind) -> Result<Statement, PolicyError> {
    let principals = match draft.principal {
        None => None,
        Some((negated, node)) => {
            let entries = entries(node, kind).map_err(|fault| fault.error(kind))?;
            Some(Principals { negated, entries })
        }
    };
    let (not_action, actions) = draft.action.unwrap_or_default();
    let condition = |(name, operator, key, values): (&str, Operator, &str, Vec<Box<str>>)| {
        Condition::new(name, operator, key, values, variables)
    };
    Ok(Statement {
        sid: draft.sid.map(Into::into),
        effect: if draft.effect == Some("Allow") { StatementEffect::Allow } else { StatementEffect::Deny },
        principals,
        actions: Actions { negated: not_action, patterns: actions.into_iter().map(ActionPattern::new).collect() },
        resources: draft.resource.map(|(negated, list)| Resources {
            negated,
            patterns: list.into_iter().map(|source| ResourcePattern::new(source, variables)).collect(),
        }),
        conditions: draft.conditions.into_iter().map(condition).collect(),
        position,
    })
}

/// The `Principal` element.
fn entries(node: &Node, kind: PolicyKind) -> Result<Box<[Entry]>, Fault<'_>> {
    let keys = match node {
        Node::Text(text) if text == "*" && kind != PolicyKind::Trust => {
            return Ok(Box::new([Entry { kind: EntryKind::Everyone, name: "*".into() }]));
        }
        Node::Text(text) => return Err(Fault::InvalidPrincipal("*", text)),
        Node::Map(keys) if keys.is_empty() => return Err(Fault::EmptyPrincipal),
        Node::Map(keys) => keys,
        _ => return Err(Fault::Syntax),
    };
    let mut entries = Vec::new();
    for (key, names) in keys {
        let entry_kind = EntryKind::parse(key).ok_or(Fault::InvalidPrincipal(key, ""))?;
        let names = texts(names)?;
        if names.is_empty() {
            return Err(Fault::EmptyPrincipal);
        }
        for name in names {
            let valid = match entry_kind {
                EntryKind::Aws => is_aws_principal(name),
                EntryKind::Service => name.contains('.') && !name.contains(['*', '?', ':', '/', ' ']),
                EntryKind::CanonicalUser => kind == PolicyKind::Resource && !name.is_empty(),
                EntryKind::Everyone | EntryKind::Federated => !name.is_empty(),
            };
            if !valid {
                return Err(Fault::InvalidPrincipal(key, name));
            }
            entries.push(Entry { kind: entry_kind, name: name.into() });
        }
    }
    Ok(entries.into())
}
