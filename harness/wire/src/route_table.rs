//! The routes of a REST service.

use std::collections::HashSet;

use crate::operation::Operation;

/// Routes of a REST service, prepared once.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    pub(crate) routes: Vec<Route>,
    /// Query names that select an S3 subresource (`acl`, `policy`).
    pub(crate) subresources: HashSet<String>,
}

/// What an operation's requests look like.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) operation: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) literals: Vec<(String, Option<String>)>,
}

impl Routes {
    pub(crate) fn new<'a>(operations: impl Iterator<Item = &'a Operation>) -> Self {
        let mut found = Self::default();
        for operation in operations {
            let (path, query) = operation.uri.split_once('?').unwrap_or((&operation.uri, ""));
            let literals: Vec<(String, Option<String>)> = query
                .split('&')
                .filter(|literal| !literal.is_empty())
                .map(|literal| match literal.split_once('=') {
                    Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                    None => (literal.to_owned(), None),
                })
                .collect();
            found.subresources.extend(literals.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name.clone()));
            found.routes.push(Route {
                operation: operation.name().to_owned(),
                method: operation.method.clone(),
                path: path.to_owned(),
                literals,
            });
        }
        // In a fixed order, though operations come from a map.
        found.routes.sort_by(|a, b| a.operation.cmp(&b.operation));
        found
    }
}
