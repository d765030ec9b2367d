//! What the evidence says of the chain, hop by hop. Pure.

use nightproof_drill::capture::{Evidence, FunctionState, Lines, RuleState};
use serde_json::Value;

/// A scheduled rule of the stack, and the function that it starts.
pub(crate) struct Chain<'a> {
    pub(crate) evidence: &'a Evidence,
    pub(crate) rule: &'a RuleState,
    pub(crate) function: Option<&'a FunctionState>,
    /// The template, functions in their long form.
    pub(crate) template: Value,
}

impl<'a> Chain<'a> {
    /// The chain of the stack's scheduled rule, one that starts a function first. Of a deleted rule the template says whether it had a schedule.
    pub(crate) fn from_evidence(evidence: &'a Evidence) -> Option<Self> {
        let template = nightproof_template::to_json(&evidence.template).unwrap_or_default();
        let declared = |rule: &RuleState| {
            template.pointer(&format!("/Resources/{}/Properties/ScheduleExpression", rule.logical_id)).is_some()
        };
        let is_alias = |function: &FunctionState, arn: &str| {
            arn.strip_prefix(&function.arn).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        };
        let started = |rule: &RuleState| {
            evidence.functions.iter().find(|function| rule.targets.iter().any(|target| is_alias(function, &target.arn)))
        };
        let scheduled = || evidence.rules.iter().filter(|rule| !rule.schedule.is_empty() || declared(rule));
        let rule = scheduled().find(|rule| started(rule).is_some()).or_else(|| scheduled().next())?;
        let only = || evidence.functions.first().filter(|_| evidence.functions.len() == 1);
        let function = started(rule).or_else(only);
        Some(Self { evidence, rule, function, template })
    }

    /// The lines of the function's log.
    pub(crate) fn log(&self) -> impl Iterator<Item = &'a str> {
        self.function.into_iter().flat_map(|function| &function.log).flat_map(|line| line.message.lines())
    }

    /// The same as a drill reads it.
    pub(crate) fn lines(&self) -> Lines {
        self.function.into_iter().flat_map(|function| &function.log).map(|line| line.message.clone()).collect()
    }

    /// Archives that came in the window.
    pub(crate) fn uploads(&self) -> usize {
        self.evidence.objects.iter().filter(|one| one.fresh && !one.deleted && !one.companion).count()
    }

    /// Logical ids of a type.
    pub(crate) fn of_type(&self, kind: &str) -> impl Iterator<Item = &'a str> {
        self.evidence.resources.iter().filter(move |one| one.kind == kind).map(|one| one.logical_id.as_str())
    }

    /// Absolute paths among the values of parameters and of the function's variables, longest first.
    pub(crate) fn paths(&self) -> Vec<String> {
        let parameters = self.evidence.stack.parameters.iter().map(|one| &one.value);
        let variables = self.function.into_iter().flat_map(|function| function.environment.values());
        let good = |path: &&String| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-');
            path.len() > 1 && path.starts_with('/') && !path.starts_with("/aws/") && path.bytes().all(plain)
        };
        let mut found: Vec<String> = parameters.chain(variables).filter(good).cloned().collect();
        found.sort_by_key(|path| std::cmp::Reverse(path.len()));
        found.dedup();
        found
    }

    /// A pattern for the ARN of the function's sessions in any account and stack.
    pub(crate) fn function_sessions(&self) -> String {
        let name = self.function.and_then(|function| function.role.rsplit('/').next()).unwrap_or_default();
        let own = self.evidence.resources.iter().find(|one| one.kind == "AWS::IAM::Role" && one.physical_id == name);
        match own {
            // The name that CloudFormation makes up has the logical id in it, and otherwise differs with each stack.
            Some(role) if name.contains(&role.logical_id) => format!("*:assumed-role/*{}*", role.logical_id),
            _ => format!("*:assumed-role/{name}/*"),
        }
    }
}
