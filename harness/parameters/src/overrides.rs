//! Texts of `KEY=VALUE`, as `--parameter-overrides` of the AWS CLI and of the SAM CLI take them.
//! <https://docs.aws.amazon.com/cli/latest/reference/cloudformation/deploy/>

use crate::FileError;

/// Whether a file has a `KEY=VALUE` on each line that is neither blank nor a comment.
pub(crate) fn is_lines(text: &str) -> bool {
    let mut lines = statements(text).peekable();
    lines.peek().is_some() && lines.all(|line| one(line).is_ok())
}

/// The pairs of such a file.
pub(crate) fn lines(text: &str) -> Result<Vec<(String, String)>, FileError> {
    statements(text).map(one).collect()
}

fn statements(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// One pair. Names of parameters are alphanumeric, so that a line of JSON or YAML is none.
pub(crate) fn one(text: &str) -> Result<(String, String), FileError> {
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match text.split_once('=') {
        Some((name, value)) if is_name(name) => Ok((name.to_owned(), unquoted(value).to_owned())),
        _ => Err(FileError::Override(text.to_owned())),
    }
}

fn unquoted(value: &str) -> &str {
    let within = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    within('"').or_else(|| within('\'')).unwrap_or(value)
}

/// The pairs of one text, quoted as a shell has it: `A=1 B="2 3"`, or `ParameterKey=A,ParameterValue=1 …`.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-cli-command-reference-sam-deploy.html>
pub(crate) fn words(text: &str) -> Result<Vec<(String, String)>, FileError> {
    let words = shlex::split(text).ok_or_else(|| FileError::Override(text.to_owned()))?;
    words.iter().map(|word| pair(word)).collect()
}

fn pair(word: &str) -> Result<(String, String), FileError> {
    let Some(rest) = word.strip_prefix("ParameterKey=") else { return one(word) };
    match rest.split_once(",ParameterValue=") {
        Some((name, value)) => Ok((name.to_owned(), unquoted(value).to_owned())),
        None => Err(FileError::Override(word.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_may_be_quoted_and_in_either_form() {
        let found = words(r#"A=1 B="two words" ParameterKey=C,ParameterValue=x,y 'D=a=b'"#).unwrap();
        let found: Vec<(&str, &str)> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, [("A", "1"), ("B", "two words"), ("C", "x,y"), ("D", "a=b")]);
    }

    #[test]
    fn a_word_that_is_no_pair_is_refused() {
        assert_eq!(words("A=1 B"), Err(FileError::Override("B".to_owned())));
        assert!(words("A='1").is_err());
    }

    #[test]
    fn documents_are_no_lines() {
        assert!(!is_lines("{\"A\": \"b=c\"}"));
        assert!(!is_lines("A: b=c"));
        assert!(!is_lines("# nothing\n"));
        assert!(is_lines("A=b: c\n# x\nB=\n"));
    }
}
