//! Values that are made up for parameters that nobody gave one.

use std::fmt;

use nightproof_template::{Parameter, Template};
use rand::{Rng, RngExt as _};
use serde_json::{Value, json};

use crate::pattern;
use crate::purpose::{self, Purpose, Range};
use crate::standing::{IMAGE, Standing};
use crate::usage;

/// Values for parameters, and what they name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// One for each parameter that lacked a value, in the template's order.
    pub parameters: Vec<GuessedParameter>,
    /// A template of what values name: a network, a key pair. It is to be deployed before. `None` if values name nothing.
    pub existing: Option<String>,
}

/// A value that was made up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuessedParameter {
    /// The parameter.
    pub name: String,
    /// Its value; `None`: what the output of the parameter's name of [`Guess::existing`] comes to.
    pub value: Option<String>,
    /// Whether the value must not be shown.
    pub no_echo: bool,
}

/// The parameters for which no value can be made up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(Vec<(String, String)>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no value can be made up for")?;
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        self.0.iter().try_for_each(|(name, why)| write!(f, "\n  {name:width$}  {why}"))
    }
}

impl std::error::Error for Refused {}

/// How often a random text is tried.
const ATTEMPTS: usize = 200;
/// Characters of a password, if its parameter allows so many.
const PASSWORD: usize = 20;
/// How many values a list gets.
const LISTED: usize = 2;

/// Makes values up for the parameters `missing` of `template`, whose document is `document`.
///
/// # Errors
/// All parameters for which there is none, each with the reason.
pub fn guess(template: &Template, document: &Value, missing: &[Parameter], random: &mut impl Rng) -> Result<Guess, Refused> {
    debug_assert!(missing.iter().all(|one| template.parameters.contains(one)));
    let mut standing = Standing::default();
    let (mut parameters, mut refused) = (Vec::new(), Vec::new());
    let mut guesser = Guesser { standing: &mut standing, random, ranges: 0 };
    for parameter in missing {
        match guesser.value(parameter, purpose::from_uses(parameter, &usage::find(document, &parameter.name))) {
            Ok(value) => {
                let value = match value {
                    Value::String(text) => Some(text),
                    reference => {
                        guesser.standing.output(&parameter.name, reference);
                        None
                    }
                };
                parameters.push(GuessedParameter { name: parameter.name.clone(), value, no_echo: parameter.no_echo });
            }
            Err(why) => refused.push((parameter.name.clone(), why)),
        }
    }
    if refused.is_empty() { Ok(Guess { parameters, existing: standing.template() }) } else { Err(Refused(refused)) }
}

struct Guesser<'a, R> {
    standing: &'a mut Standing,
    random: &'a mut R,
    /// How many ranges of subnets are given already.
    ranges: usize,
}

impl<R: Rng> Guesser<'_, R> {
    /// The value of a parameter: a text, or a function of what is to exist.
    fn value(&mut self, parameter: &Parameter, purpose: Purpose) -> Result<Value, String> {
        let is_list = parameter.kind == "CommaDelimitedList" || parameter.kind.contains("List<");
        if parameter.ssm_type() {
            if purpose == Purpose::Image {
                return Ok(IMAGE.into());
            }
            let value = self.bare(parameter, purpose, is_list)?;
            return Ok(self.standing.stored(&value, is_list));
        }
        if parameter.kind == "AWS::SSM::Parameter::Name" {
            return Ok(self.standing.stored(&"value".into(), false));
        }
        self.bare(parameter, purpose, is_list)
    }

    fn bare(&mut self, parameter: &Parameter, purpose: Purpose, is_list: bool) -> Result<Value, String> {
        if let Some(allowed) = allowed(parameter, purpose) {
            return Ok(allowed.into());
        }
        if let Purpose::Existing(what) = purpose {
            return Err(format!("({}) names {what} that exists already", parameter.kind));
        }
        // A name may mislead: then the constraints tell.
        let purpose = if named(purpose).is_some_and(|sample| !accepts(parameter, sample)) { Purpose::Text } else { purpose };
        let count = if is_list { LISTED } else { 1 };
        let mut things = Vec::new();
        for _ in 0..count {
            things.extend(self.standing.one(purpose));
        }
        match (things.first(), is_list) {
            (Some(one), false) => return Ok(one.clone()),
            (Some(_), true) => return Ok(json!({ "Fn::Join": [",", things] })),
            (None, _) => {}
        }
        let text = self.text(parameter, purpose);
        text.map(Value::from).ok_or_else(|| format!("({}) has constraints that no value was found for", parameter.kind))
    }

    /// A text for a parameter that names nothing.
    fn text(&mut self, parameter: &Parameter, purpose: Purpose) -> Option<String> {
        let usual = match purpose {
            Purpose::Cidr(range) => vec![self.range(range)],
            Purpose::Email => vec!["nightproof@example.com".to_owned()],
            Purpose::Domain => vec!["example.com".to_owned()],
            Purpose::InstanceType => vec!["t3.micro".to_owned()],
            Purpose::Schedule => vec!["cron(0 3 * * ? *)".to_owned(), "rate(1 day)".to_owned(), "0 3 * * ? *".to_owned()],
            Purpose::Bucket { .. } => vec![format!("nightproof-{:012x}", self.random.random::<u64>() & 0xffff_ffff_ffff)],
            Purpose::Number => numbers(parameter),
            Purpose::Password => return self.password(parameter),
            _ => vec!["value".to_owned(), parameter.name.to_lowercase()],
        };
        usual.into_iter().find(|value| accepts(parameter, value)).or_else(|| self.sample(parameter))
    }

    /// A random text within a parameter's constraints.
    fn sample(&mut self, parameter: &Parameter) -> Option<String> {
        let pattern = parameter.allowed_pattern().map(str::to_owned).unwrap_or_else(|| {
            let (least, most) = parameter.lengths();
            let least = least.unwrap_or(1);
            format!("[a-z]{{{least},{}}}", most.unwrap_or(least + 8).max(least).min(least + 8))
        });
        (0..ATTEMPTS).find_map(|_| pattern::sample(&pattern, self.random).filter(|text| accepts(parameter, text)))
    }

    /// Upper and lower case letters and digits, or what the pattern wants.
    fn password(&mut self, parameter: &Parameter) -> Option<String> {
        let (least, most) = parameter.lengths();
        let length = PASSWORD.max(least.unwrap_or_default()).min(most.unwrap_or(usize::MAX));
        let plain = ["ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"];
        let [upper, lower, digits] = plain;
        let random = &mut *self.random;
        let mut made =
            |sets: &[&str]| (0..ATTEMPTS).map(|_| password(sets, length, random)).find(|text| accepts(parameter, text));
        made(&plain).or_else(|| made(&[upper, lower, digits, "!#$%&*+-=?_"])).or_else(|| self.sample(parameter))
    }

    /// A range of addresses: what a VPC made up here has, the next part of it, or that of clients nobody has.
    /// <https://www.rfc-editor.org/rfc/rfc5737>
    fn range(&mut self, range: Range) -> String {
        match range {
            Range::Vpc => "10.0.0.0/16".to_owned(),
            Range::Subnet => {
                self.ranges += 1;
                format!("10.0.{}.0/24", self.ranges)
            }
            Range::Clients => "203.0.113.0/24".to_owned(),
        }
    }
}

/// A random text of so many characters: one of each set first, then of any.
fn password(sets: &[&str], length: usize, random: &mut impl Rng) -> String {
    let any = sets.concat();
    let mut of = |set: &str| set.chars().nth(random.random_range(0..set.len().max(1)));
    (0..length).filter_map(|index| of(sets.get(index).copied().unwrap_or(&any))).collect()
}

fn accepts(parameter: &Parameter, value: &str) -> bool {
    parameter.accepts(value).is_ok()
}

/// The allowed value that costs least to rehearse: of instance types a small one, else the first.
fn allowed(parameter: &Parameter, purpose: Purpose) -> Option<&str> {
    let values = parameter.allowed_values();
    let small = |value: &&String| ["t3.micro", "t3.small", "t3.medium", "t2.micro", "t4g.micro"].contains(&value.as_str());
    let chosen = match purpose {
        Purpose::InstanceType => values.iter().find(small).or(values.first()),
        _ => values.first(),
    };
    chosen.map(String::as_str)
}

/// What a name of such a thing looks like.
fn named(purpose: Purpose) -> Option<&'static str> {
    Some(match purpose {
        Purpose::KeyPair => "nightproof-key",
        Purpose::Vpc => "vpc-0123456789abcdef0",
        Purpose::Subnet { .. } => "subnet-0123456789abcdef0",
        Purpose::SecurityGroup => "sg-0123456789abcdef0",
        Purpose::SecurityGroupName => "nightproof-group",
        Purpose::Zone => "us-east-1a",
        Purpose::Image => "ami-0123456789abcdef0",
        Purpose::Bucket { new: false } => "nightproof-0123456789ab-bucket1-0123456789abc",
        Purpose::Topic => "arn:aws:sns:us-east-1:123456789012:topic",
        Purpose::EncryptionKey => "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef",
        _ => return None,
    })
}

/// Numbers to try, the usual one first.
fn numbers(parameter: &Parameter) -> Vec<String> {
    let word = parameter.name.to_lowercase();
    let usual = match () {
        () if word.contains("port") => Some("8080"),
        () if word.contains("retention") || word.contains("days") => Some("7"),
        () if word.contains("timeout") || word.contains("volumesize") || word.contains("disk") => Some("30"),
        () if word.contains("memory") => Some("256"),
        () => None,
    };
    let (least, most) = parameter.values();
    let bounds = [least, most].into_iter().flatten().map(|bound| bound.to_string());
    usual.map(str::to_owned).into_iter().chain(["1".to_owned()]).chain(bounds).collect()
}

#[cfg(test)]
mod tests;
