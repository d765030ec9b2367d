//! Rules of composite alarms: expressions over the states of other alarms.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html>

use std::iter::Peekable;
use std::vec::IntoIter;

use super::state::State;

/// Nested deeper is refused.
const DEEPEST: usize = 64;

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rule {
    True,
    False,
    /// An alarm, by its name or ARN, is in this state.
    Is(State, String),
    Not(Box<Rule>),
    And(Box<Rule>, Box<Rule>),
    Or(Box<Rule>, Box<Rule>),
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Word(String),
    Quoted(String),
    Open,
    Close,
}

/// A word of a rule, and the number of the character at which it begins.
#[derive(Debug, Clone)]
struct Token {
    kind: Kind,
    text: String,
    at: usize,
}

impl Rule {
    /// Reads a rule. An error is what AWS says of it.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable(), depth: 0 };
        let rule = parser.any()?;
        parser.tokens.next().map_or(Ok(rule), |token| Err(unsupported(&token, "")))
    }

    /// Whether it holds, for the states of alarms by the names that it has of them.
    pub(crate) fn holds(&self, state: &impl Fn(&str) -> Option<State>) -> bool {
        match self {
            Self::True => true,
            Self::False => false,
            Self::Is(wanted, alarm) => state(alarm) == Some(*wanted),
            Self::Not(rule) => !rule.holds(state),
            Self::And(one, other) => one.holds(state) && other.holds(state),
            Self::Or(one, other) => one.holds(state) || other.holds(state),
        }
    }

    /// The alarms that it is about, by the names that it has of them.
    pub(crate) fn alarms(&self) -> Vec<&str> {
        match self {
            Self::True | Self::False => Vec::new(),
            Self::Is(_, alarm) => vec![alarm],
            Self::Not(rule) => rule.alarms(),
            Self::And(one, other) | Self::Or(one, other) => {
                let mut all = one.alarms();
                all.extend(other.alarms());
                all
            }
        }
    }
}

/// The name of the alarm that a rule names by its name or ARN.
pub(crate) fn name_of(reference: &str) -> &str {
    if reference.starts_with("arn:") { reference.splitn(7, ':').nth(6).unwrap_or(reference) } else { reference }
}

struct Parser {
    tokens: Peekable<IntoIter<Token>>,
    depth: usize,
}

impl Parser {
    fn any(&mut self) -> Result<Rule, String> {
        let mut rule = self.all()?;
        while self.next_if_word("OR") {
            rule = Rule::Or(Box::new(rule), Box::new(self.all()?));
        }
        Ok(rule)
    }

    fn all(&mut self) -> Result<Rule, String> {
        let mut rule = self.one()?;
        while self.next_if_word("AND") {
            rule = Rule::And(Box::new(rule), Box::new(self.one()?));
        }
        Ok(rule)
    }

    fn next_if_word(&mut self, word: &str) -> bool {
        self.tokens.next_if(|token| matches!(&token.kind, Kind::Word(found) if found == word)).is_some()
    }

    fn one(&mut self) -> Result<Rule, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("Error in AlarmRule [Too many nested expressions]".to_owned());
        }
        let token = self.next()?;
        let rule = match &token.kind {
            Kind::Word(word) if word == "NOT" => Rule::Not(Box::new(self.one()?)),
            Kind::Word(word) if word == "TRUE" => Rule::True,
            Kind::Word(word) if word == "FALSE" => Rule::False,
            Kind::Word(word) => match State::read(word) {
                Some(state) => {
                    self.expect(&Kind::Open, "(")?;
                    let alarm = self.alarm()?;
                    self.expect(&Kind::Close, ")")?;
                    Rule::Is(state, alarm)
                }
                None => return Err(unsupported(&token, "")),
            },
            Kind::Open => {
                let rule = self.any()?;
                self.expect(&Kind::Close, ")")?;
                rule
            }
            Kind::Quoted(_) | Kind::Close => return Err(unsupported(&token, "")),
        };
        self.depth -= 1;
        Ok(rule)
    }

    fn alarm(&mut self) -> Result<String, String> {
        let token = self.next()?;
        match token.kind {
            Kind::Word(name) | Kind::Quoted(name) => Ok(name),
            Kind::Open | Kind::Close => Err(unsupported(&token, "")),
        }
    }

    fn next(&mut self) -> Result<Token, String> {
        self.tokens.next().ok_or_else(|| "Error in AlarmRule [Unexpected end of rule]".to_owned())
    }

    fn expect(&mut self, kind: &Kind, text: &str) -> Result<(), String> {
        let token = self.next()?;
        if token.kind == *kind { Ok(()) } else { Err(unsupported(&token, &format!(", must be: '{text}'"))) }
    }
}

fn unsupported(token: &Token, more: &str) -> String {
    format!("Error in AlarmRule [Unsupported token '{}' at char {}{more}]", token.text, token.at)
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut characters = text.chars().enumerate().peekable();
    while let Some((at, first)) = characters.next() {
        let kind = match first {
            space if space.is_whitespace() => continue,
            '(' => Kind::Open,
            ')' => Kind::Close,
            '"' | '\'' => {
                let mut name = String::new();
                loop {
                    match characters.next() {
                        Some((_, end)) if end == first => break,
                        Some((_, '\\')) => name.extend(characters.next().map(|(_, escaped)| escaped)),
                        Some((_, other)) => name.push(other),
                        None => return Err("Error in AlarmRule [Unexpected end of rule]".to_owned()),
                    }
                }
                Kind::Quoted(name)
            }
            other => {
                let mut word = other.to_string();
                let in_word = |(_, next): &(usize, char)| !next.is_whitespace() && !['(', ')', '"'].contains(next);
                while let Some((_, next)) = characters.next_if(in_word) {
                    word.push(next);
                }
                Kind::Word(word)
            }
        };
        let text = match &kind {
            Kind::Word(text) | Kind::Quoted(text) => text.clone(),
            Kind::Open | Kind::Close => first.to_string(),
        };
        tokens.push(Token { kind, text, at });
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(rule: &str) -> bool {
        let state = |alarm: &str| match name_of(alarm) {
            "a" => Some(State::Alarm),
            "o k" => Some(State::Ok),
            "i" => Some(State::InsufficientData),
            _ => None,
        };
        Rule::read(rule).unwrap_or_else(|error| panic!("{rule}: {error}")).holds(&state)
    }

    #[test]
    fn a_rule_holds_by_the_states_that_it_names() {
        for rule in [
            "ALARM(a)",
            "ALARM(\"a\")",
            "ALARM(\"arn:aws:cloudwatch:us-east-1:111122223333:alarm:a\")",
            "OK(\"o k\") AND INSUFFICIENT_DATA(i)",
            "ALARM(i) OR OK(i) OR NOT ALARM(i)",
            "TRUE",
            "NOT (FALSE OR OK(a))",
            "ALARM(a) OR FALSE AND FALSE",
        ] {
            assert!(holds(rule), "{rule}");
        }
        for rule in ["OK(a)", "FALSE", "ALARM(a) AND NOT TRUE", "NOT ALARM(a)", "(ALARM(a) OR FALSE) AND FALSE", "ALARM(z)"] {
            assert!(!holds(rule), "{rule}");
        }
        assert_eq!(Rule::read("ALARM(a) OR (OK(\"b c\") AND NOT TRUE)").unwrap().alarms(), ["a", "b c"]);
    }

    #[test]
    fn what_is_no_rule_is_refused_where_it_ends_to_be_one() {
        for (rule, expected) in [
            ("()", "Error in AlarmRule [Unsupported token ')' at char 1]"),
            ("ALARM(SampleQueue Oldest)", "Error in AlarmRule [Unsupported token 'Oldest' at char 18, must be: ')']"),
            ("BROKEN(a)", "Error in AlarmRule [Unsupported token 'BROKEN' at char 0]"),
            ("ALARM(a) XOR TRUE", "Error in AlarmRule [Unsupported token 'XOR' at char 9]"),
            ("ALARM(a", "Error in AlarmRule [Unexpected end of rule]"),
        ] {
            assert_eq!(Rule::read(rule), Err(expected.to_owned()), "{rule}");
        }
        assert!(Rule::read(&"(".repeat(10_000)).is_err());
    }
}
