//! Parameters that AWS publishes under `/aws/service/` and every account reads: ids of machine images.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html>

use nightproof_machine_image::IMAGES;

const PREFIX: &str = "/aws/service/";

/// Whether the name is one that only AWS gives values to.
pub(crate) fn is_public(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// The value of a public parameter that this region has.
pub(crate) fn value(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix(PREFIX)?;
    IMAGES.iter().find(|image| image.parameters.contains(&name)).map(|image| image.id)
}

/// Every public parameter with its value.
pub(crate) fn all() -> impl Iterator<Item = (String, &'static str)> {
    IMAGES.iter().flat_map(|image| image.parameters.iter().map(|name| (format!("{PREFIX}{name}"), image.id)))
}
