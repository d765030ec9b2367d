//! Why a file of parameters is not read.

/// Why a file is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Neither TOML, JSON nor YAML.
    #[error("{0}")]
    Syntax(String),
    /// Well-formed, and in none of the known forms.
    #[error(
        "is in none of the known forms: a list of ParameterKey and ParameterValue, a list of KEY=VALUE, an object with Parameters (and Tags, \
         StackPolicy), an object of names and values, lines of KEY=VALUE, or samconfig.toml"
    )]
    Form,
    /// A member that is not acted upon.
    #[error("has `{0}`, which is not acted upon")]
    Unknown(String),
    /// A value that is no text, number, truth value or list of them.
    #[error("has no text as the value of `{0}`")]
    Value(String),
    /// A text that is not made of `KEY=VALUE`.
    #[error("has `{0}`, which is not KEY=VALUE")]
    Override(String),
    /// A `samconfig.toml` without parameters for `sam deploy`.
    #[error("has no `parameter_overrides` of `deploy` or `global` in the environment `{0}`")]
    NoOverrides(String),
    /// A name that the file gives twice.
    #[error("gives `{0}` twice")]
    Twice(String),
}
