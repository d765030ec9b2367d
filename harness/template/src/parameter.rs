//! Parameters of a template: their declarations and the values that are given for them.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>

use std::collections::BTreeMap;

use serde_json::Value;

use crate::node::Member;
use crate::pattern::Pattern;
use crate::{Position, TemplateError, Unsupported};

/// A parameter as the template declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// `String`, `Number`, `CommaDelimitedList`, `AWS::SSM::Parameter::Value<…>`, …
    pub kind: String,
    /// Its default value.
    pub default: Option<String>,
    /// Whether its value is masked in answers.
    pub no_echo: bool,
    /// What it is for.
    pub description: Option<String>,
    /// What a violated constraint is explained with.
    pub constraint_description: Option<String>,
    /// Where its declaration starts.
    pub position: Position,
    allowed_values: Vec<String>,
    allowed_pattern: Option<String>,
    lengths: (Option<usize>, Option<usize>),
    values: (Option<f64>, Option<f64>),
}

const MEMBERS: &[&str] = &[
    "Type",
    "Default",
    "NoEcho",
    "Description",
    "ConstraintDescription",
    "AllowedValues",
    "AllowedPattern",
    "MinLength",
    "MaxLength",
    "MinValue",
    "MaxValue",
];

impl Parameter {
    pub(crate) fn read(member: &Member) -> Result<Self, TemplateError> {
        let name = &member.name;
        for inner in member.node.expect_map(&format!("Parameter {name}"))? {
            if !MEMBERS.contains(&inner.name.as_str()) {
                return Err(TemplateError::at(inner.position, format!("Invalid template parameter property '{}'", inner.name)));
            }
        }
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let message = format!("Template format error: Parameter name {name} is non alphanumeric.");
            return Err(TemplateError::at(member.position, message));
        }
        let text = |key: &str| -> Result<Option<String>, TemplateError> {
            let node = member.node.member(key);
            node.map(|node| node.expect_text(&format!("{key} of parameter {name}"))).transpose()
        };
        let number = |key: &str| -> Result<Option<f64>, TemplateError> {
            let Some(node) = member.node.member(key) else { return Ok(None) };
            let parsed = node.text().and_then(|text| text.parse().ok());
            parsed
                .map(Some)
                .ok_or_else(|| node.error(format!("Template format error: {key} of parameter {name} must be a number")))
        };
        let length = |key: &str| -> Result<Option<usize>, TemplateError> {
            let Some(node) = member.node.member(key) else { return Ok(None) };
            let parsed = node.text().and_then(|text| text.parse().ok());
            parsed
                .map(Some)
                .ok_or_else(|| node.error(format!("Template format error: {key} of parameter {name} must be a number")))
        };
        let kind = text("Type")?.ok_or_else(|| {
            TemplateError::at(
                member.position,
                format!("Template format error: Every Parameters member must contain a Type: {name}"),
            )
        })?;
        if !known(&kind) {
            return Err(TemplateError::at(
                member.position,
                format!("Template format error: Unrecognized parameter type: {kind}"),
            ));
        }
        let allowed_pattern = text("AllowedPattern")?;
        if let Some(pattern) = &allowed_pattern {
            Pattern::new(pattern).map_err(|error| {
                TemplateError::at(
                    member.position,
                    format!("Template format error: AllowedPattern of parameter {name} is not a regular expression: {error}"),
                )
            })?;
        }
        let allowed = match member.node.member("AllowedValues") {
            None => &[],
            Some(node) => node
                .items()
                .filter(|items| !items.is_empty())
                .ok_or_else(|| node.error(format!("Template format error: AllowedValues of parameter {name} must be a list")))?,
        };
        let allowed = allowed.iter().map(|node| node.expect_text(&format!("Every AllowedValues member of parameter {name}")));
        // What would be ignored here would show a secret.
        let no_echo = match member.node.member("NoEcho").map(|node| (node, node.text().unwrap_or_default().to_lowercase())) {
            None => false,
            Some((node, text)) => match text.as_str() {
                "true" | "yes" | "on" => true,
                "false" | "no" | "off" => false,
                _ => return Err(node.error(format!("Template format error: NoEcho of parameter {name} must be true or false"))),
            },
        };
        Ok(Self {
            name: name.clone(),
            default: text("Default")?,
            no_echo,
            description: text("Description")?,
            position: member.position,
            constraint_description: text("ConstraintDescription")?,
            allowed_values: allowed.collect::<Result<_, _>>()?,
            allowed_pattern,
            lengths: (length("MinLength")?, length("MaxLength")?),
            values: (number("MinValue")?, number("MaxValue")?),
            kind,
        })
    }

    /// Whether the value that is given is the name of an SSM parameter, whose value is meant.
    pub fn ssm_type(&self) -> bool {
        self.kind.starts_with("AWS::SSM::Parameter::Value<")
    }

    /// The value of an SSM-typed parameter, by what Parameter Store has under its name: a text, or a list of them.
    pub fn looked_up(&self, stored: &str) -> Value {
        let of = self.kind.strip_prefix("AWS::SSM::Parameter::Value<").and_then(|rest| rest.strip_suffix('>'));
        match of {
            Some(of) if of == "CommaDelimitedList" || listed(of).is_some() => {
                stored.split(',').map(str::trim).collect::<Vec<_>>().into()
            }
            _ => stored.into(),
        }
    }

    /// `what` of this parameter, which a local region does not support.
    pub fn unsupported(&self, what: impl Into<String>) -> Unsupported {
        Unsupported::new(what, Some(&self.name), self.position)
    }

    /// The values that are allowed, if they are listed.
    pub fn allowed_values(&self) -> &[String] {
        &self.allowed_values
    }

    /// The regular expression that values match, if there is one.
    pub fn allowed_pattern(&self) -> Option<&str> {
        self.allowed_pattern.as_deref()
    }

    /// The least and the greatest number of characters.
    pub fn lengths(&self) -> (Option<usize>, Option<usize>) {
        self.lengths
    }

    /// The least and the greatest number.
    pub fn values(&self) -> (Option<f64>, Option<f64>) {
        self.values
    }

    /// Whether a value is within the parameter's constraints.
    ///
    /// # Errors
    /// The constraint that it is not within, in CloudFormation's words.
    pub fn accepts(&self, given: &str) -> Result<(), TemplateError> {
        self.value(given).map(drop)
    }

    fn is_list(&self) -> bool {
        self.kind == "CommaDelimitedList" || self.kind.starts_with("List<")
    }

    fn value(&self, given: &str) -> Result<Value, TemplateError> {
        let name = &self.name;
        let violated = |rule: String| match &self.constraint_description {
            Some(description) => TemplateError::new(format!("Parameter {name} failed to satisfy constraint: {description}")),
            None => TemplateError::new(rule),
        };
        if given.len() > LONGEST {
            return Err(TemplateError::new(format!("Parameter '{name}' must not be longer than {LONGEST} bytes")));
        }
        let items: Vec<&str> = if self.is_list() { given.split(',').map(str::trim).collect() } else { vec![given] };
        for item in &items {
            if !self.allowed_values.is_empty() && !self.allowed_values.iter().any(|allowed| allowed == item) {
                let listed = self.allowed_values.join(", ");
                return Err(violated(format!("Parameter '{name}' must be one of AllowedValues [{listed}]")));
            }
            if let Some(pattern) = &self.allowed_pattern
                && !Pattern::new(pattern).is_ok_and(|pattern| pattern.is_match(item))
            {
                return Err(violated(format!("Parameter '{name}' must match pattern {pattern}")));
            }
            if self.kind == "Number" || self.kind == "List<Number>" {
                let number: f64 = item
                    .parse()
                    .ok()
                    .filter(|number: &f64| number.is_finite())
                    .ok_or_else(|| TemplateError::new(format!("Parameter '{name}' must be a number.")))?;
                if self.values.0.is_some_and(|least| number < least) {
                    return Err(violated(format!(
                        "Parameter '{name}' must be a number not less than {}",
                        self.values.0.unwrap_or_default()
                    )));
                }
                if self.values.1.is_some_and(|most| number > most) {
                    return Err(violated(format!(
                        "Parameter '{name}' must be a number not greater than {}",
                        self.values.1.unwrap_or_default()
                    )));
                }
            }
            let length = item.chars().count();
            if self.lengths.0.is_some_and(|least| length < least) {
                return Err(violated(format!(
                    "Parameter '{name}' must contain at least {} characters",
                    self.lengths.0.unwrap_or_default()
                )));
            }
            if self.lengths.1.is_some_and(|most| length > most) {
                return Err(violated(format!(
                    "Parameter '{name}' must contain at most {} characters",
                    self.lengths.1.unwrap_or_default()
                )));
            }
        }
        Ok(if self.is_list() { items.into() } else { given.into() })
    }
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html>
fn known(kind: &str) -> bool {
    let inner = |prefix: &str| kind.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('>'));
    let plain = |kind: &str| matches!(kind, "String" | "Number" | "CommaDelimitedList" | "AWS::SSM::Parameter::Name");
    plain(kind)
        || IDENTIFIERS.contains(&kind)
        || listed(kind).is_some_and(|of| matches!(of, "Number" | "String") || IDENTIFIERS.contains(&of))
        || inner("AWS::SSM::Parameter::Value<").is_some_and(|of| {
            matches!(of, "String" | "CommaDelimitedList" | "List<String>")
                || IDENTIFIERS.contains(&of)
                || listed(of).is_some_and(|of| IDENTIFIERS.contains(&of))
        })
}

fn listed(kind: &str) -> Option<&str> {
    kind.strip_prefix("List<")?.strip_suffix('>')
}

/// AWS-specific types.
const IDENTIFIERS: &[&str] = &[
    "AWS::EC2::AvailabilityZone::Name",
    "AWS::EC2::Image::Id",
    "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName",
    "AWS::EC2::SecurityGroup::GroupName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
];

/// Longest value of a parameter, in bytes.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const LONGEST: usize = 4096;

/// The value of every parameter: given, or its default.
pub(crate) fn values(
    parameters: &[Parameter],
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Value>, Vec<TemplateError>> {
    let mut errors = Vec::new();
    let unknown: Vec<&str> =
        given.keys().map(String::as_str).filter(|name| parameters.iter().all(|parameter| parameter.name != *name)).collect();
    if !unknown.is_empty() {
        errors.push(TemplateError::new(format!("Parameters: [{}] do not exist in the template", unknown.join(", "))));
    }
    let mut missing = Vec::new();
    let mut found = BTreeMap::new();
    for parameter in parameters {
        match given.get(&parameter.name).or(parameter.default.as_ref()) {
            None => missing.push(parameter.name.as_str()),
            Some(text) => match parameter.value(text) {
                Ok(value) => {
                    found.insert(parameter.name.clone(), value);
                }
                Err(error) => errors.push(error),
            },
        }
    }
    if !missing.is_empty() {
        errors.push(TemplateError::new(format!("Parameters: [{}] must have values", missing.join(", "))));
    }
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}
