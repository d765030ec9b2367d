//! What of an attack is to be mended.

use crate::Finding;
use crate::attack::result::{Attack, AttackEffect, Attempt, OPERATOR};

/// The findings of an attack. Whoever deploys a stack may remove it: what the operator can do is none.
pub(crate) fn of_attack(attack: &Attack) -> Vec<Finding> {
    let of_roles = attack.attempts.iter().filter(|attempt| attempt.by != OPERATOR);
    let finding = |attempt: &Attempt| Some(Finding { id: id(attempt.effect)?.to_owned(), detail: sentence(attempt) });
    of_roles.filter_map(finding).collect()
}

/// The name of the finding about an effect; `None` if there is nothing to mend.
const fn id(effect: AttackEffect) -> Option<&'static str> {
    match effect {
        AttackEffect::Destroyed => Some("archive-can-be-destroyed"),
        AttackEffect::Copied => Some("archive-stays-as-a-copy"),
        AttackEffect::Hidden => Some("archive-can-be-hidden"),
        AttackEffect::Weakened => Some("protection-can-be-removed"),
        AttackEffect::Untried => Some("attack-not-tried"),
        AttackEffect::Refused | AttackEffect::Withstood => None,
    }
}

/// `InstanceRole (instances) may s3:PutObject on s3://b/k: …; allowed by statement Upload (line 40 of the template) of …`
fn sentence(attempt: &Attempt) -> String {
    let Attempt { by, call, on, detail, allowed_by, .. } = attempt;
    let allowed = if allowed_by.is_empty() { String::new() } else { format!("; allowed by {}", allowed_by.join(" and ")) };
    let may = if attempt.effect == AttackEffect::Untried { "tried" } else { "may" };
    format!("{by} {may} {call} on {on}: {detail}{allowed}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(by: &str, effect: AttackEffect) -> Attempt {
        Attempt {
            by: by.to_owned(),
            call: "s3:DeleteObject".to_owned(),
            on: "s3://b/k".to_owned(),
            effect,
            detail: "the archive was gone".to_owned(),
            allowed_by: vec!["statement All (line 7 of the template) of inline policy p of role r".to_owned()],
        }
    }

    #[test]
    fn what_a_role_can_do_is_a_finding_and_what_the_operator_can_do_is_none() {
        let attack = Attack {
            attempts: vec![
                attempt("Role", AttackEffect::Destroyed),
                attempt("Role", AttackEffect::Refused),
                attempt("Role", AttackEffect::Withstood),
                attempt(OPERATOR, AttackEffect::Destroyed),
            ],
        };
        let found = of_attack(&attack);
        let [finding] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(finding.id, "archive-can-be-destroyed");
        assert_eq!(
            finding.detail,
            "Role may s3:DeleteObject on s3://b/k: the archive was gone; allowed by statement All (line 7 of the template) of inline policy p of role r"
        );
        assert_eq!(attack.summary(), "4 calls by Role, operator: 1 refused, 1 withstood, 2 destroyed");
    }

    #[test]
    fn what_could_not_be_tried_is_a_finding() {
        let attack = Attack { attempts: vec![attempt("Role", AttackEffect::Untried)] };
        assert_eq!(of_attack(&attack)[0].id, "attack-not-tried");
    }
}
