//! Machine images and the platforms on them: what public parameters, EC2 and machines have to know of each.
//!
//! The ids are made up, as AWS's differ by region and by week; names, owners and root devices are of their form. An image that is not
//! here can be launched only where somebody says what is on it.

mod package;
mod platform;
mod unlisted;

pub use package::programs;
pub use platform::{
    AMAZON_LINUX_2, AMAZON_LINUX_2023, DEBIAN_12, DEBIAN_13, Family, NOWHERE, PLATFORMS, Platform, RHEL_9, Shell, UBUNTU_22_04,
    UBUNTU_24_04, User,
};
pub use unlisted::unlisted;

/// An Amazon Machine Image.
#[derive(Debug, PartialEq, Eq)]
pub struct Image {
    /// `ami-…`
    pub id: &'static str,
    /// Its name, with its version.
    pub name: &'static str,
    /// What its publisher says of it.
    pub description: &'static str,
    /// `x86_64` or `arm64`.
    pub architecture: &'static str,
    /// What is on it.
    pub platform: &'static Platform,
    /// Public parameters of Systems Manager that have its id for a value, below `/aws/service/`.
    pub parameters: &'static [&'static str],
    /// `gp2`, `gp3` or `standard`.
    pub root_volume: &'static str,
    /// Size of its root volume in GiB.
    pub root_size: i64,
}

impl Image {
    /// The account that publishes it.
    pub fn owner(&self) -> &'static str {
        match self.platform.name {
            "Ubuntu" => "099720109477",
            "Debian GNU/Linux" => "136693071363",
            "Red Hat Enterprise Linux" => "309956199498",
            _ => "137112412989",
        }
    }

    /// Where its root volume is attached.
    pub fn root_device(&self) -> &'static str {
        if matches!(self.platform.name, "Ubuntu" | "Red Hat Enterprise Linux") { "/dev/sda1" } else { "/dev/xvda" }
    }

    /// The snapshot that its root volume is made from.
    pub fn root_snapshot(&self) -> String {
        self.id.replacen("ami-", "snap-", 1)
    }

    /// How its firmware boots, if it says so.
    pub fn boot_mode(&self) -> Option<&'static str> {
        match self.architecture {
            "arm64" => Some("uefi"),
            _ if *self.platform == AMAZON_LINUX_2 => None,
            _ => Some("uefi-preferred"),
        }
    }

    /// Whether its instances answer only version 2 of the metadata service unless they are launched with other options.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html>
    pub fn demands_metadata_tokens(&self) -> bool {
        *self.platform == AMAZON_LINUX_2023 || *self.platform == UBUNTU_24_04
    }
}

/// The image with this id.
pub fn image(id: &str) -> Option<&'static Image> {
    IMAGES.iter().find(|image| image.id == id)
}

const fn row(
    platform: &'static Platform,
    (id, architecture): (&'static str, &'static str),
    (root_volume, root_size): (&'static str, i64),
    (name, description): (&'static str, &'static str),
    parameters: &'static [&'static str],
) -> Image {
    Image { id, name, description, architecture, platform, parameters, root_volume, root_size }
}

/// Every image. Parameters as they are listed by `GetParametersByPath` and in
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html>,
/// <https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/> and <https://wiki.debian.org/Cloud/AmazonEC2Image>.
pub static IMAGES: &[Image] = &[
    row(
        &AMAZON_LINUX_2023,
        ("ami-0a1b2c3d4e5f60718", "x86_64"),
        ("gp3", 8),
        ("al2023-ami-2023.9.20251117.1-kernel-6.1-x86_64", "Amazon Linux 2023 AMI 2023.9.20251117.1 x86_64 HVM kernel-6.1"),
        &["ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64", "ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64"],
    ),
    row(
        &AMAZON_LINUX_2023,
        ("ami-0a1b2c3d4e5f60719", "arm64"),
        ("gp3", 8),
        ("al2023-ami-2023.9.20251117.1-kernel-6.1-arm64", "Amazon Linux 2023 AMI 2023.9.20251117.1 arm64 HVM kernel-6.1"),
        &["ami-amazon-linux-latest/al2023-ami-kernel-default-arm64", "ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64"],
    ),
    row(
        &AMAZON_LINUX_2023,
        ("ami-0a1b2c3d4e5f6071a", "x86_64"),
        ("gp3", 2),
        (
            "al2023-ami-minimal-2023.9.20251117.1-kernel-6.1-x86_64",
            "Amazon Linux 2023 AMI 2023.9.20251117.1 x86_64 Minimal HVM kernel-6.1",
        ),
        &[
            "ami-amazon-linux-latest/al2023-ami-minimal-kernel-default-x86_64",
            "ami-amazon-linux-latest/al2023-ami-minimal-kernel-6.1-x86_64",
        ],
    ),
    row(
        &AMAZON_LINUX_2023,
        ("ami-0a1b2c3d4e5f6071b", "arm64"),
        ("gp3", 2),
        (
            "al2023-ami-minimal-2023.9.20251117.1-kernel-6.1-arm64",
            "Amazon Linux 2023 AMI 2023.9.20251117.1 arm64 Minimal HVM kernel-6.1",
        ),
        &[
            "ami-amazon-linux-latest/al2023-ami-minimal-kernel-default-arm64",
            "ami-amazon-linux-latest/al2023-ami-minimal-kernel-6.1-arm64",
        ],
    ),
    row(
        &AMAZON_LINUX_2023,
        ("ami-0a1b2c3d4e5f6071c", "x86_64"),
        ("gp3", 8),
        ("al2023-ami-2023.9.20251117.1-kernel-6.12-x86_64", "Amazon Linux 2023 AMI 2023.9.20251117.1 x86_64 HVM kernel-6.12"),
        &["ami-amazon-linux-latest/al2023-ami-kernel-6.12-x86_64"],
    ),
    row(
        &AMAZON_LINUX_2023,
        ("ami-0a1b2c3d4e5f6071d", "arm64"),
        ("gp3", 8),
        ("al2023-ami-2023.9.20251117.1-kernel-6.12-arm64", "Amazon Linux 2023 AMI 2023.9.20251117.1 arm64 HVM kernel-6.12"),
        &["ami-amazon-linux-latest/al2023-ami-kernel-6.12-arm64"],
    ),
    row(
        &AMAZON_LINUX_2023,
        ("ami-0a1b2c3d4e5f6071e", "x86_64"),
        ("gp3", 2),
        (
            "al2023-ami-minimal-2023.9.20251117.1-kernel-6.12-x86_64",
            "Amazon Linux 2023 AMI 2023.9.20251117.1 x86_64 Minimal HVM kernel-6.12",
        ),
        &["ami-amazon-linux-latest/al2023-ami-minimal-kernel-6.12-x86_64"],
    ),
    row(
        &AMAZON_LINUX_2023,
        ("ami-0a1b2c3d4e5f6071f", "arm64"),
        ("gp3", 2),
        (
            "al2023-ami-minimal-2023.9.20251117.1-kernel-6.12-arm64",
            "Amazon Linux 2023 AMI 2023.9.20251117.1 arm64 Minimal HVM kernel-6.12",
        ),
        &["ami-amazon-linux-latest/al2023-ami-minimal-kernel-6.12-arm64"],
    ),
    row(
        &AMAZON_LINUX_2,
        ("ami-0a1b2c3d4e5f60720", "x86_64"),
        ("gp2", 8),
        ("amzn2-ami-kernel-5.10-hvm-2.0.20251121.0-x86_64-gp2", "Amazon Linux 2 Kernel 5.10 AMI 2.0.20251121.0 x86_64 HVM gp2"),
        &[
            "ami-amazon-linux-latest/amzn2-ami-kernel-default-hvm-x86_64-gp2",
            "ami-amazon-linux-latest/amzn2-ami-kernel-5.10-hvm-x86_64-gp2",
        ],
    ),
    row(
        &AMAZON_LINUX_2,
        ("ami-0a1b2c3d4e5f60721", "x86_64"),
        ("gp2", 8),
        ("amzn2-ami-hvm-2.0.20251121.0-x86_64-gp2", "Amazon Linux 2 AMI 2.0.20251121.0 x86_64 HVM gp2"),
        &["ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2", "ami-amazon-linux-latest/amzn2-ami-kernel-4.14-hvm-x86_64-gp2"],
    ),
    row(
        &AMAZON_LINUX_2,
        ("ami-0a1b2c3d4e5f60722", "x86_64"),
        ("gp2", 2),
        (
            "amzn2-ami-minimal-kernel-5.10-hvm-2.0.20251121.0-x86_64-gp2",
            "Amazon Linux 2 Kernel 5.10 AMI 2.0.20251121.0 x86_64 Minimal HVM gp2",
        ),
        &[
            "ami-amazon-linux-latest/amzn2-ami-minimal-kernel-default-hvm-x86_64-gp2",
            "ami-amazon-linux-latest/amzn2-ami-minimal-kernel-5.10-hvm-x86_64-gp2",
        ],
    ),
    row(
        &AMAZON_LINUX_2,
        ("ami-0a1b2c3d4e5f60723", "x86_64"),
        ("standard", 2),
        ("amzn2-ami-minimal-hvm-2.0.20251121.0-x86_64-ebs", "Amazon Linux 2 AMI 2.0.20251121.0 x86_64 Minimal HVM ebs"),
        &[
            "ami-amazon-linux-latest/amzn2-ami-minimal-hvm-x86_64-ebs",
            "ami-amazon-linux-latest/amzn2-ami-minimal-kernel-4.14-hvm-x86_64-ebs",
        ],
    ),
    row(
        &AMAZON_LINUX_2,
        ("ami-0a1b2c3d4e5f60724", "arm64"),
        ("gp2", 8),
        ("amzn2-ami-kernel-5.10-hvm-2.0.20251121.0-arm64-gp2", "Amazon Linux 2 Kernel 5.10 AMI 2.0.20251121.0 arm64 HVM gp2"),
        &[
            "ami-amazon-linux-latest/amzn2-ami-kernel-default-hvm-arm64-gp2",
            "ami-amazon-linux-latest/amzn2-ami-kernel-5.10-hvm-arm64-gp2",
        ],
    ),
    row(
        &AMAZON_LINUX_2,
        ("ami-0a1b2c3d4e5f60725", "arm64"),
        ("gp2", 8),
        ("amzn2-ami-hvm-2.0.20251121.0-arm64-gp2", "Amazon Linux 2 AMI 2.0.20251121.0 arm64 HVM gp2"),
        &["ami-amazon-linux-latest/amzn2-ami-hvm-arm64-gp2", "ami-amazon-linux-latest/amzn2-ami-kernel-4.14-hvm-arm64-gp2"],
    ),
    row(
        &AMAZON_LINUX_2,
        ("ami-0a1b2c3d4e5f60726", "arm64"),
        ("gp2", 2),
        (
            "amzn2-ami-minimal-kernel-5.10-hvm-2.0.20251121.0-arm64-gp2",
            "Amazon Linux 2 Kernel 5.10 AMI 2.0.20251121.0 arm64 Minimal HVM gp2",
        ),
        &[
            "ami-amazon-linux-latest/amzn2-ami-minimal-kernel-default-hvm-arm64-gp2",
            "ami-amazon-linux-latest/amzn2-ami-minimal-kernel-5.10-hvm-arm64-gp2",
        ],
    ),
    row(
        &AMAZON_LINUX_2,
        ("ami-0a1b2c3d4e5f60727", "arm64"),
        ("standard", 2),
        ("amzn2-ami-minimal-hvm-2.0.20251121.0-arm64-ebs", "Amazon Linux 2 AMI 2.0.20251121.0 arm64 Minimal HVM ebs"),
        &[
            "ami-amazon-linux-latest/amzn2-ami-minimal-hvm-arm64-ebs",
            "ami-amazon-linux-latest/amzn2-ami-minimal-kernel-4.14-hvm-arm64-ebs",
        ],
    ),
    row(
        &AMAZON_LINUX_2,
        ("ami-0a1b2c3d4e5f60728", "x86_64"),
        ("standard", 8),
        ("amzn2-ami-kernel-5.10-hvm-2.0.20251121.0-x86_64-ebs", "Amazon Linux 2 Kernel 5.10 AMI 2.0.20251121.0 x86_64 HVM ebs"),
        &[
            "ami-amazon-linux-latest/amzn2-ami-kernel-default-hvm-x86_64-ebs",
            "ami-amazon-linux-latest/amzn2-ami-kernel-5.10-hvm-x86_64-ebs",
        ],
    ),
    row(
        &AMAZON_LINUX_2,
        ("ami-0a1b2c3d4e5f60729", "x86_64"),
        ("standard", 8),
        ("amzn2-ami-hvm-2.0.20251121.0-x86_64-ebs", "Amazon Linux 2 AMI 2.0.20251121.0 x86_64 HVM ebs"),
        &["ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-ebs", "ami-amazon-linux-latest/amzn2-ami-kernel-4.14-hvm-x86_64-ebs"],
    ),
    row(
        &UBUNTU_22_04,
        ("ami-0a1b2c3d4e5f6072a", "x86_64"),
        ("gp2", 8),
        ("ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20251119", "Canonical, Ubuntu, 22.04, amd64 jammy image"),
        &[
            "canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id",
            "canonical/ubuntu/server/jammy/stable/current/amd64/hvm/ebs-gp2/ami-id",
        ],
    ),
    row(
        &UBUNTU_22_04,
        ("ami-0a1b2c3d4e5f6072b", "arm64"),
        ("gp2", 8),
        ("ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-arm64-server-20251119", "Canonical, Ubuntu, 22.04, arm64 jammy image"),
        &[
            "canonical/ubuntu/server/22.04/stable/current/arm64/hvm/ebs-gp2/ami-id",
            "canonical/ubuntu/server/jammy/stable/current/arm64/hvm/ebs-gp2/ami-id",
        ],
    ),
    row(
        &UBUNTU_24_04,
        ("ami-0a1b2c3d4e5f6072c", "x86_64"),
        ("gp3", 8),
        ("ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20251119", "Canonical, Ubuntu, 24.04, amd64 noble image"),
        &[
            "canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
            "canonical/ubuntu/server/noble/stable/current/amd64/hvm/ebs-gp3/ami-id",
        ],
    ),
    row(
        &UBUNTU_24_04,
        ("ami-0a1b2c3d4e5f6072d", "arm64"),
        ("gp3", 8),
        ("ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20251119", "Canonical, Ubuntu, 24.04, arm64 noble image"),
        &[
            "canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
            "canonical/ubuntu/server/noble/stable/current/arm64/hvm/ebs-gp3/ami-id",
        ],
    ),
    row(
        &DEBIAN_12,
        ("ami-0a1b2c3d4e5f6072e", "x86_64"),
        ("gp3", 8),
        ("debian-12-amd64-20251117-2299", "Debian 12 (20251117-2299)"),
        &["debian/release/12/latest/amd64", "debian/release/bookworm/latest/amd64"],
    ),
    row(
        &DEBIAN_12,
        ("ami-0a1b2c3d4e5f6072f", "arm64"),
        ("gp3", 8),
        ("debian-12-arm64-20251117-2299", "Debian 12 (20251117-2299)"),
        &["debian/release/12/latest/arm64", "debian/release/bookworm/latest/arm64"],
    ),
    row(
        &DEBIAN_13,
        ("ami-0a1b2c3d4e5f60730", "x86_64"),
        ("gp3", 8),
        ("debian-13-amd64-20251117-2299", "Debian 13 (20251117-2299)"),
        &["debian/release/13/latest/amd64", "debian/release/trixie/latest/amd64"],
    ),
    row(
        &DEBIAN_13,
        ("ami-0a1b2c3d4e5f60731", "arm64"),
        ("gp3", 8),
        ("debian-13-arm64-20251117-2299", "Debian 13 (20251117-2299)"),
        &["debian/release/13/latest/arm64", "debian/release/trixie/latest/arm64"],
    ),
    row(
        &RHEL_9,
        ("ami-0a1b2c3d4e5f60732", "x86_64"),
        ("gp3", 10),
        ("RHEL-9.6.0_HVM-20251117-x86_64-0-Hourly2-GP3", "Provided by Red Hat, Inc."),
        // Red Hat publishes none: its images are found by owner and name.
        &[],
    ),
    row(
        &RHEL_9,
        ("ami-0a1b2c3d4e5f60733", "arm64"),
        ("gp3", 10),
        ("RHEL-9.6.0_HVM-20251117-arm64-0-Hourly2-GP3", "Provided by Red Hat, Inc."),
        &[],
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_id_name_and_parameter_is_of_one_image() {
        let ids: BTreeSet<&str> = IMAGES.iter().map(|image| image.id).collect();
        let names: BTreeSet<&str> = IMAGES.iter().map(|image| image.name).collect();
        let parameters: Vec<&str> = IMAGES.iter().flat_map(|image| image.parameters).copied().collect();
        assert_eq!((ids.len(), names.len()), (IMAGES.len(), IMAGES.len()));
        assert_eq!(parameters.iter().collect::<BTreeSet<_>>().len(), parameters.len());
        assert!(ids.iter().all(|id| id.len() == "ami-".len() + 17));
    }

    #[test]
    fn the_family_of_red_hat_has_bash_for_sh_and_that_of_debian_has_dash() {
        for image in IMAGES {
            let expected = if image.platform.family == Family::RedHat { Shell::Bash } else { Shell::Dash };
            assert_eq!(image.platform.shell, expected, "{}", image.name);
        }
    }
}
