//! Policies of VPC endpoints, which keep back and grant nothing.
//! <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>

use crate::decision::{Decision, Effect, Layer};
use crate::layer::LayerPolicies;
use crate::nearest::nearest;
use crate::policies::Named;
use crate::request::Request;
use crate::statement::Subject;

/// Whether the policy of an endpoint lets a request pass.
pub fn pass_endpoint(request: &Request<'_>, policy: Named<'_>) -> Decision {
    let subject = Subject::new(request, false);
    let (mut errors, policies) = (Vec::new(), [policy]);
    let layer = LayerPolicies { layer: Layer::Endpoint, policies: &policies };
    let verdict = layer.evaluate(&subject, &mut errors);
    let mut decision = Decision::without_statements(Effect::ImplicitDeny, Layer::Endpoint, errors);
    if !verdict.denies.is_empty() {
        (decision.effect, decision.deciding) = (Effect::ExplicitDeny, verdict.denies);
    } else if verdict.allows() {
        decision.effect = Effect::Allow;
    } else {
        decision.nearest = nearest(&[&layer], &subject);
    }
    decision
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Context, Policy, PolicyKind, Principal, PrincipalKind};

    fn decide(policy: &str, resource: &str) -> Decision {
        let context = Context::new();
        let principal = Principal {
            account: "111122223333".to_owned(),
            arn: "arn:aws:iam::111122223333:user/u".to_owned(),
            kind: PrincipalKind::User,
        };
        let request =
            Request { principal: &principal, action: "s3:PutObject", resource, resource_account: None, context: &context };
        let policy = Policy::parse(policy, PolicyKind::Resource).unwrap();
        pass_endpoint(&request, Named { policy: &policy, name: "policy of endpoint vpce-1" })
    }

    #[test]
    fn an_endpoint_lets_pass_what_its_policy_allows_and_does_not_deny() {
        let all = r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}"#;
        assert_eq!(decide(all, "arn:aws:s3:::a/b").effect, Effect::Allow);
        let one = r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::a/*"}]}"#;
        assert_eq!(decide(one, "arn:aws:s3:::a/b").effect, Effect::Allow);
        let other = decide(one, "arn:aws:s3:::c/b");
        assert_eq!(other.because("s3:PutObject"), "because no VPC endpoint policy allows the s3:PutObject action");
        let denying = r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}]}"#;
        assert_eq!(decide(denying, "arn:aws:s3:::a/b").because("x"), "with an explicit deny in a VPC endpoint policy");
    }
}
