//! Client tokens, by which a request that is sent again is known.
//! <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html>

/// The token of a request; an empty one is none.
pub(crate) fn given(token: Option<&String>) -> Option<&str> {
    token.map(String::as_str).filter(|token| !token.is_empty())
}

/// What an earlier request with this token made; `of` tells the token of a record.
pub(crate) fn made_before<'r, T: 'r>(
    token: Option<&str>,
    mut records: impl Iterator<Item = &'r T>,
    of: impl Fn(&T) -> Option<&String>,
) -> Option<&'r T> {
    let token = token?;
    records.find(|record| of(record).is_some_and(|known| known == token))
}
