//! `nightproof types`: what a local region makes of resource types.

use nightproof_region::{Level, TypeSupport, acted_types, type_support};

use crate::arguments::{TypesFormat, TypesOptions};
use crate::error::Error;
use crate::{Exit, printer};

const RECORDED: &str = "recorded: checked against its schema and listed; nothing runs behind it";
const REFUSED: &str = "refused: a record of it could let a night pass that AWS has fail";

pub(crate) fn types(options: &TypesOptions) -> Result<Exit, Error> {
    let types: Vec<TypeSupport> = match &options.name {
        Some(name) => vec![type_support(name).ok_or_else(|| Error::UnknownType(name.clone()))?],
        None => acted_types(),
    };
    match options.format {
        TypesFormat::Text if options.name.is_some() => types.iter().for_each(|one| printer::line(&whole(one))),
        TypesFormat::Text => types.iter().for_each(|one| printer::line(&short(one))),
        TypesFormat::Json => {
            types.iter().for_each(|one| printer::line(&serde_json::to_string(one).unwrap_or_default()));
        }
        TypesFormat::Markdown => printer::line(page(&types).trim_end()),
    }
    Ok(Exit::Passed)
}

/// A type in a line.
fn short(one: &TypeSupport) -> String {
    format!("{:<52} {:>3} properties, {:>3} refused", one.name, one.properties.len(), one.refused.len())
}

/// A type with all that is known of it.
fn whole(one: &TypeSupport) -> String {
    let level = match one.level {
        Level::Acted => "acted upon",
        Level::Recorded => RECORDED,
        Level::Refused => REFUSED,
    };
    let mut text = format!("{}: {level}", one.name);
    for (title, names) in lists(one) {
        if !names.is_empty() {
            text.push_str(&format!("\n  {title:<11} {}", names.join(", ")));
        }
    }
    text
}

fn lists(one: &TypeSupport) -> [(&'static str, &[String]); 4] {
    [("properties", &one.properties), ("recorded", &one.recorded), ("refused", &one.refused), ("attributes", &one.attributes)]
}

/// The page of the documentation, `docs/types.md`.
fn page(types: &[TypeSupport]) -> String {
    let mut page = format!(
        "# Resource types\n\nMade by `nightproof types --format markdown`; `nightproof types NAME` tells of any type.\n\n\
         The {} types of this page are acted upon: a service of the local region does what they say. Properties under *recorded* are kept and \
         not acted upon, since no backup meets what they do; a drill names those that a stack gives. What AWS has and the region lacks is \
         refused by name, with exit code 5.\n\n\
         Every other type of CloudFormation's registry is recorded: its resources are checked against the type's schema, tagged, listed and \
         given identifiers and attributes in AWS's form. Nothing runs behind them, whatever is asked of them is refused by name, and the \
         outcome of a drill names them. A few types are refused, since a record of them could let a night pass that AWS has fail.\n",
        types.len()
    );
    for one in types {
        page.push_str(&format!("\n## {}\n", one.name));
        for (title, names) in lists(one) {
            if !names.is_empty() {
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                page.push_str(&format!("\n- {title}: {}", names.join(", ")));
            }
        }
        page.push('\n');
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_the_documentation_tells_what_is_there() {
        let written = include_str!("../../../../docs/types.md");
        assert_eq!(written, page(&acted_types()), "run `cargo run -- types --format markdown > docs/types.md`");
    }

    #[test]
    fn a_type_is_told_with_its_level() {
        let told = |name: &str| whole(&type_support(name).expect("a type of AWS"));
        let bucket = told("AWS::S3::Bucket");
        assert!(bucket.starts_with("AWS::S3::Bucket: acted upon\n  properties  "), "{bucket}");
        assert!(bucket.contains("attributes  Arn, "), "{bucket}");
        assert!(told("AWS::WAFv2::WebACL").starts_with("AWS::WAFv2::WebACL: recorded"));
        assert_eq!(told("AWS::Organizations::Policy"), format!("AWS::Organizations::Policy: {REFUSED}"));
        assert_eq!(type_support("AWS::S3::Buckets"), None);
    }

    #[test]
    fn nothing_is_both_acted_upon_and_refused() {
        for one in acted_types() {
            assert!(one.properties.iter().all(|name| !one.refused.contains(name)), "{one:?}");
        }
    }
}
