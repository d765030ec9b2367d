//! What each image is made of. Its tag is a hash of all of it, so an image is made again when a line of it changes.

use sha2::{Digest as _, Sha256};

/// Python of the Debian release that images are based on, and so of the function image.
pub(super) const PYTHON: &str = "3.13";
/// That release.
pub(super) const DEBIAN: &str = "trixie";
/// Debian packages of the base image.
pub(super) const BASE_PACKAGES: &str = include_str!("../../docker/base/packages.txt");

/// An image that nightproof makes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recipe {
    /// `instance`: its name below `nightproof/`.
    pub name: &'static str,
    /// Its Dockerfile, from `docker/`.
    pub dockerfile: &'static str,
    /// Other files of its context: name and content.
    pub files: &'static [(&'static str, &'static str)],
    /// Packages from PyPI that go into the context's folder `packages`.
    pub packages: Option<Packages>,
}

/// Packages from PyPI.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packages {
    /// Names, versions and hashes.
    pub requirements: &'static str,
    /// The names to take; all if empty.
    pub only: &'static [&'static str],
    /// What PyPI has as source alone.
    pub source: Option<Source>,
}

/// Packages without a wheel, of Python alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    /// Their names.
    pub names: &'static str,
    /// What builds them: names, versions and hashes.
    pub builders: &'static str,
}

/// Pins of the AWS CLI and the runtime client: the same as in sandboxes.
const TOOLS: &str = include_str!("../tools/requirements.txt");

pub(super) const BASE: Recipe = Recipe {
    name: "base",
    dockerfile: include_str!("../../docker/base/Dockerfile"),
    files: &[("packages.txt", BASE_PACKAGES)],
    packages: None,
};

pub(super) const INSTANCE: Recipe = Recipe {
    name: "instance",
    dockerfile: include_str!("../../docker/instance/Dockerfile"),
    files: &[("aws", include_str!("../../docker/instance/aws"))],
    packages: Some(Packages {
        requirements: TOOLS,
        only: &[
            "awscli",
            "botocore",
            "colorama",
            "docutils",
            "jmespath",
            "pyasn1",
            "python-dateutil",
            "PyYAML",
            "rsa",
            "s3transfer",
            "six",
            "urllib3",
        ],
        source: None,
    }),
};

pub(super) const FUNCTION: Recipe = Recipe {
    name: "function",
    dockerfile: include_str!("../../docker/function/Dockerfile"),
    files: &[("bootstrap", include_str!("../../docker/function/bootstrap"))],
    packages: Some(Packages {
        requirements: TOOLS,
        only: &[
            "awslambdaric",
            "boto3",
            "botocore",
            "jmespath",
            "python-dateutil",
            "s3transfer",
            "simplejson",
            "six",
            "snapshot-restore-py",
            "urllib3",
        ],
        source: None,
    }),
};

pub(super) const LOCALSTACK: Recipe = Recipe {
    name: "localstack",
    dockerfile: include_str!("../../docker/localstack/Dockerfile"),
    files: &[],
    packages: Some(Packages {
        requirements: include_str!("../../docker/localstack/requirements.txt"),
        only: &[],
        source: Some(Source { names: "crontab", builders: include_str!("../../docker/localstack/build-requirements.txt") }),
    }),
};

impl Recipe {
    /// Name and tag of the image when it is made from `base`.
    pub(super) fn tag(&self, base: &str) -> String {
        let mut hash = Sha256::new();
        let mut take = |text: &str| {
            hash.update(text.len().to_le_bytes());
            hash.update(text);
        };
        take(base);
        take(self.dockerfile);
        for (name, content) in self.files {
            take(name);
            take(content);
        }
        if let Some(packages) = &self.packages {
            take(&packages.chosen());
            take(packages.source.map_or("", |source| source.builders));
        }
        let digest = hex::encode(hash.finalize());
        format!("nightproof/{}:{}", self.name, digest.get(..16).unwrap_or(&digest))
    }
}

impl Packages {
    /// The requirements of the packages to take.
    pub(super) fn chosen(&self) -> String {
        let mut chosen = String::new();
        let mut taking = false;
        for line in self.requirements.lines() {
            if let Some((name, _)) = line.split_once("==") {
                taking = self.only.is_empty() || self.only.contains(&name);
            }
            if taking {
                chosen.push_str(line);
                chosen.push('\n');
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_that_is_named_is_pinned_with_a_hash() {
        for recipe in [INSTANCE, FUNCTION] {
            let packages = recipe.packages.unwrap();
            let chosen = packages.chosen();
            for name in packages.only {
                assert!(chosen.contains(&format!("{name}==")), "{name} of {}", recipe.name);
            }
            assert_eq!(chosen.matches("==").count(), packages.only.len());
        }
        let chosen = LOCALSTACK.packages.unwrap().chosen();
        assert!(chosen.contains("localstack-core==4.14.0") && chosen.matches("--hash").count() > chosen.matches("==").count());
    }

    #[test]
    fn a_tag_follows_content_and_base() {
        let changed = Recipe { files: &[("aws", "#!/bin/sh")], ..INSTANCE };
        let tags = [INSTANCE.tag("a"), INSTANCE.tag("b"), changed.tag("a")];
        assert!(tags[0] != tags[1] && tags[0] != tags[2], "{tags:?}");
        assert_eq!(INSTANCE.tag("a"), tags[0]);
    }
}
