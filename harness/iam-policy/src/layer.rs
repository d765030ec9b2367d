//! The policies of one kind, and what they say of a request.

use crate::decision::{Layer, StatementRef};
use crate::policies::Named;
use crate::principal::Grade;
use crate::statement::{Outcome, Statement, StatementEffect, Subject};

/// All policies of one kind that apply to a request.
#[derive(Debug, Clone)]
pub(crate) struct LayerPolicies<'a> {
    pub(crate) layer: Layer,
    pub(crate) policies: &'a [Named<'a>],
}

/// What they say.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Statements that deny.
    pub(crate) denies: Vec<StatementRef>,
    /// Statements that allow, and how directly they name the principal.
    allows: Vec<(Grade, StatementRef)>,
}

impl Verdict {
    /// How directly the principal is allowed, if it is.
    pub(crate) fn grade(&self) -> Option<Grade> {
        self.allows.iter().map(|(grade, _)| *grade).max()
    }

    /// Do they allow?
    pub(crate) fn allows(&self) -> bool {
        !self.allows.is_empty()
    }

    /// The statements that allow as directly as `least` or more so.
    pub(crate) fn allowing(self, least: Grade) -> impl Iterator<Item = StatementRef> {
        self.allows.into_iter().filter(move |(grade, _)| *grade >= least).map(|(_, statement)| statement)
    }
}

impl<'a> LayerPolicies<'a> {
    pub(crate) fn statements(&self) -> impl Iterator<Item = (&'a Named<'a>, usize, &'a Statement)> + use<'a> {
        let policies = self.policies;
        policies.iter().flat_map(|named| {
            named.policy.statements().iter().enumerate().map(move |(index, statement)| (named, index, statement))
        })
    }

    /// Evaluates each statement. What could not be evaluated goes to `errors`, with the name of policy and statement.
    pub(crate) fn evaluate(&self, subject: &Subject<'_>, errors: &mut Vec<String>) -> Verdict {
        let mut verdict = Verdict::default();
        let mut problems = Vec::new();
        for (policy, index, statement) in self.statements() {
            if let Outcome::Applies(grade) = statement.evaluate(subject, &mut problems) {
                let reference = reference(self.layer, policy, index);
                match statement.effect {
                    StatementEffect::Allow => verdict.allows.push((grade, reference)),
                    StatementEffect::Deny => verdict.denies.push(reference),
                }
            }
            for problem in problems.drain(..) {
                let place = statement.sid().map_or_else(|| format!("{index}"), |sid| format!("`{sid}`"));
                errors.push(format!("{}, statement {place}: {problem}", policy.name));
            }
        }
        verdict
    }
}

/// Names a statement.
pub(crate) fn reference(layer: Layer, policy: &Named<'_>, index: usize) -> StatementRef {
    let statement = policy.policy.statements().get(index);
    StatementRef {
        layer,
        policy: policy.name.to_owned(),
        sid: statement.and_then(Statement::sid).map(str::to_owned),
        index,
        position: statement.map(Statement::position).unwrap_or_default(),
    }
}
