//! Parameters that nobody gave a value.

use std::fmt;

use nightproof_template::{Parameter, Template};

/// The parameters of a template that have neither a value nor a default.
#[derive(Debug, Clone, PartialEq)]
pub struct Missing(Vec<Parameter>);

impl Missing {
    /// Those that `given` does not name; `None` if there is none.
    pub fn new(template: &Template, given: &[(String, String)]) -> Option<Self> {
        let is_given = |parameter: &&Parameter| given.iter().any(|(name, _)| *name == parameter.name);
        let lacking = template.parameters.iter().filter(|one| one.default.is_none() && !is_given(one));
        let lacking: Vec<Parameter> = lacking.cloned().collect();
        (!lacking.is_empty()).then_some(Self(lacking))
    }

    /// Those of them whose names are not `found`; `None` if there is none.
    #[must_use]
    pub fn without(self, found: impl Fn(&str) -> bool) -> Option<Self> {
        let left: Vec<Parameter> = self.0.into_iter().filter(|one| !found(&one.name)).collect();
        (!left.is_empty()).then_some(Self(left))
    }

    /// The parameters, in the template's order.
    pub fn parameters(&self) -> &[Parameter] {
        &self.0
    }
}

/// How much of a description is shown.
const LONGEST: usize = 120;

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(f, "a parameter of the template has no value:")?,
            count => write!(f, "{count} parameters of the template have no value:")?,
        }
        let width = self.0.iter().map(|one| one.name.len()).max().unwrap_or_default();
        for one in &self.0 {
            write!(f, "\n  {:width$}  {}", one.name, one.kind)?;
            if !one.allowed_values().is_empty() {
                write!(f, ", one of {}", one.allowed_values().join(", "))?;
            }
            if let Some(pattern) = one.allowed_pattern() {
                write!(f, ", matching {pattern}")?;
            }
            if one.no_echo {
                write!(f, ", not shown")?;
            }
            let description = one.description.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
            if !description.is_empty() {
                let shown: String = description.chars().take(LONGEST).collect();
                let rest = if shown.len() < description.len() { "…" } else { "" };
                write!(f, "\n  {:width$}    {shown}{rest}", "")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Parameters:\n  KeyName: {Type: 'AWS::EC2::KeyPair::KeyName', Description: Name of an existing key pair}\n  Size: {Type: String, AllowedValues: [small, large]}\n  Password: {Type: String, NoEcho: true, AllowedPattern: '[a-z]+', MinLength: 8}\n  Days: {Type: Number, Default: 7}\nResources:\n  T: {Type: 'AWS::SNS::Topic'}\n";

    #[test]
    fn one_message_names_all_with_what_is_known_of_them() {
        let template = Template::parse(TEXT).unwrap();
        insta::assert_snapshot!(Missing::new(&template, &[]).unwrap());
    }

    #[test]
    fn what_is_given_is_not_missing() {
        let template = Template::parse(TEXT).unwrap();
        let given =
            |names: &[&str]| -> Vec<(String, String)> { names.iter().map(|name| ((*name).to_owned(), String::new())).collect() };
        assert_eq!(Missing::new(&template, &given(&["KeyName", "Size", "Password"])), None);
        assert_eq!(Missing::new(&template, &given(&["KeyName", "Size"])).unwrap().parameters().len(), 1);
    }
}
