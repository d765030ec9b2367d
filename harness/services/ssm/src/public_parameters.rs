//! Parameters that AWS publishes under `/aws/service/` and every account reads.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html>

/// The image that instances of this region are booted from, which EC2 describes under the same id.
const AMAZON_LINUX_2023: &str = "ami-0a1b2c3d4e5f60718";

const PREFIX: &str = "/aws/service/ami-amazon-linux-latest/";

const NAMES: [&str; 6] = [
    "al2023-ami-kernel-6.1-x86_64",
    "al2023-ami-kernel-6.12-x86_64",
    "al2023-ami-kernel-default-x86_64",
    "al2023-ami-minimal-kernel-6.1-x86_64",
    "al2023-ami-minimal-kernel-6.12-x86_64",
    "al2023-ami-minimal-kernel-default-x86_64",
];

/// Whether the name is one that only AWS gives values to.
pub(crate) fn is_public(name: &str) -> bool {
    name.starts_with("/aws/service/")
}

/// The value of a public parameter that this region has.
pub(crate) fn value(name: &str) -> Option<&'static str> {
    name.strip_prefix(PREFIX).filter(|name| NAMES.contains(name)).map(|_| AMAZON_LINUX_2023)
}

/// Every public parameter with its value.
pub(crate) fn all() -> impl Iterator<Item = (String, &'static str)> {
    NAMES.iter().map(|name| (format!("{PREFIX}{name}"), AMAZON_LINUX_2023))
}
