//! Random passwords.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html>

use nightproof_core::service::AwsError;
use rand::RngExt as _;
use rand::seq::SliceRandom as _;

use crate::error::invalid_parameter;

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// What a password is made of.
pub(crate) struct PasswordRules {
    pub(crate) length: usize,
    pub(crate) excluded: String,
    pub(crate) lower: bool,
    pub(crate) upper: bool,
    pub(crate) digits: bool,
    pub(crate) punctuation: bool,
    pub(crate) space: bool,
    /// Whether a password has at least one character of each type.
    pub(crate) each: bool,
}

impl PasswordRules {
    /// A password, from the thread's cryptographic generator.
    pub(crate) fn generate(&self) -> Result<String, AwsError> {
        let types =
            [(self.lower, LOWER), (self.upper, UPPER), (self.digits, DIGITS), (self.punctuation, PUNCTUATION), (self.space, " ")];
        let included = types.into_iter().filter(|(included, _)| *included);
        let types: Vec<Vec<char>> = included
            .map(|(_, letters)| letters.chars().filter(|letter| !self.excluded.contains(*letter)).collect::<Vec<char>>())
            .filter(|letters| !letters.is_empty())
            .collect();
        let all: Vec<char> = types.concat();
        if all.is_empty() {
            return Err(invalid_parameter("There are no characters left to create a password from."));
        }
        if self.each && self.length < types.len() {
            return Err(invalid_parameter("The password length is too short based on the required types."));
        }
        let mut random = rand::rng();
        let mut pick = |letters: &[char]| letters.get(random.random_range(0..letters.len())).copied();
        let required: &[Vec<char>] = if self.each { &types } else { &[] };
        let mut password: Vec<char> = required.iter().filter_map(|letters| pick(letters)).collect();
        password.extend(std::iter::repeat_with(|| pick(&all)).flatten().take(self.length - password.len()));
        password.shuffle(&mut random);
        Ok(password.into_iter().collect())
    }
}

/// The six letters and digits at the end of a secret's ARN.
pub(crate) fn suffix() -> String {
    let letters = [LOWER, UPPER, DIGITS].concat();
    let mut random = rand::rng();
    let mut pick = || letters.as_bytes().get(random.random_range(0..letters.len())).map(|byte| char::from(*byte));
    std::iter::repeat_with(&mut pick).flatten().take(6).collect()
}
