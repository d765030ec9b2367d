//! Operating systems of machine images: all that a machine has to know to pass for one.

/// An operating system, as Systems Manager shows it and as its own files describe it.
#[derive(Debug, PartialEq, Eq)]
pub struct Platform {
    /// How it is named on nightproof's command line: `amazon-linux-2023`.
    pub key: &'static str,
    /// `PlatformName` of a managed node, which is the name in the system's `os-release`.
    pub name: &'static str,
    /// `PlatformVersion` of a managed node.
    pub version: &'static str,
    /// What `sh` is.
    pub shell: Shell,
    /// Where it comes from, which decides on its packages and its administrators.
    pub family: Family,
    /// The user that people log in as, with sudo.
    pub user: User,
    /// `/etc/os-release`.
    pub os_release: &'static str,
    /// Other files that name the system: name below `/etc`, and content.
    pub release_files: &'static [(&'static str, &'static str)],
    /// Programs that its image lacks, besides those of [`NOWHERE`] and those of the other family.
    pub lacks: &'static [&'static str],
}

/// The program that a platform installs as `sh`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    /// bash, which is in POSIX mode under this name and still knows `pipefail`, `[[ ]]` and substrings.
    Bash,
    /// dash, which knows none of them.
    Dash,
}

impl Shell {
    /// The name of its program.
    pub fn program(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Dash => "dash",
        }
    }
}

/// A family of distributions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Amazon Linux and Red Hat Enterprise Linux: rpm.
    RedHat,
    /// Debian and Ubuntu: deb.
    Debian,
}

impl Family {
    /// The group whose members may do everything by sudo.
    pub fn administrators(self) -> &'static str {
        match self {
            Self::RedHat => "wheel",
            Self::Debian => "sudo",
        }
    }

    /// Programs of this family's package managers.
    pub fn package_managers(self) -> &'static [&'static str] {
        match self {
            Self::RedHat => &["dnf", "yum", "rpm", "dnf-3", "microdnf", "amazon-linux-extras"],
            Self::Debian => &[
                "apt",
                "apt-get",
                "apt-cache",
                "apt-cdrom",
                "apt-config",
                "apt-key",
                "apt-mark",
                "aptitude",
                "dpkg",
                "dpkg-deb",
                "dpkg-query",
                "dpkg-divert",
                "dpkg-reconfigure",
                "snap",
                "add-apt-repository",
            ],
        }
    }

    /// The path in which sudo looks for programs, by the distribution's `/etc/sudoers`.
    pub fn sudo_path(self) -> &'static str {
        match self {
            Self::RedHat => "/sbin:/bin:/usr/sbin:/usr/bin",
            Self::Debian => "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::RedHat => Self::Debian,
            Self::Debian => Self::RedHat,
        }
    }
}

/// A user that an image has for its administrator.
#[derive(Debug, PartialEq, Eq)]
pub struct User {
    /// `ec2-user`
    pub name: &'static str,
    /// What `/etc/passwd` says of it.
    pub comment: &'static str,
}

/// Programs that no image of Amazon, Canonical, Debian or Red Hat has before they are installed: clients and servers of databases,
/// containers, other people's backup programs, toolchains.
pub const NOWHERE: &[&str] = &[
    "psql",
    "pg_dump",
    "pg_dumpall",
    "pg_restore",
    "pg_basebackup",
    "pg_ctl",
    "pg_ctlcluster",
    "pg_lsclusters",
    "pg_isready",
    "postgres",
    "createdb",
    "dropdb",
    "mysql",
    "mysqldump",
    "mysqladmin",
    "mysqld",
    "mariadb",
    "mariadb-dump",
    "mariadb-backup",
    "mariabackup",
    "mariadbd",
    "mariadb-admin",
    "mariadb-install-db",
    "mysql_install_db",
    "xtrabackup",
    "innobackupex",
    "xbstream",
    "mbstream",
    "mongodump",
    "mongorestore",
    "mongosh",
    "mongo",
    "redis-cli",
    "redis-server",
    "influx",
    "docker",
    "dockerd",
    "docker-compose",
    "containerd",
    "ctr",
    "podman",
    "buildah",
    "skopeo",
    "restic",
    "borg",
    "borgmatic",
    "duplicity",
    "duply",
    "rclone",
    "age",
    "age-keygen",
    "rdiff-backup",
    "rsnapshot",
    "s3cmd",
    "s4cmd",
    "mc",
    "kopia",
    "7z",
    "7za",
    "7zr",
    "nginx",
    "httpd",
    "apache2",
    "php",
    "ruby",
    "java",
    "node",
    "npm",
    "npx",
    "go",
    "cargo",
    "rustc",
    "gcc",
    "g++",
    "cc",
    "c++",
    "make",
    "cmake",
    "clang",
    "kubectl",
    "helm",
    "terraform",
    "ansible",
    "ansible-playbook",
    "vault",
    "nfpm",
    "mkfs.zfs",
    "zfs",
    "zpool",
];

/// Amazon Linux 2023, on which Lambda's current runtimes are built too.
pub static AMAZON_LINUX_2023: Platform = Platform {
    key: "amazon-linux-2023",
    name: "Amazon Linux",
    version: "2023",
    shell: Shell::Bash,
    family: Family::RedHat,
    user: EC2_USER,
    os_release: "NAME=\"Amazon Linux\"\nVERSION=\"2023\"\nID=\"amzn\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"2023\"\n\
                 PLATFORM_ID=\"platform:al2023\"\nPRETTY_NAME=\"Amazon Linux 2023.9.20251117\"\nANSI_COLOR=\"0;33\"\n\
                 CPE_NAME=\"cpe:2.3:o:amazon:amazon_linux:2023\"\nHOME_URL=\"https://aws.amazon.com/linux/amazon-linux-2023/\"\n\
                 VENDOR_NAME=\"AWS\"\nVENDOR_URL=\"https://aws.amazon.com/\"\nSUPPORT_END=\"2029-06-30\"\n",
    release_files: &[
        ("system-release", "Amazon Linux release 2023.9.20251117 (Amazon Linux)\n"),
        ("amazon-linux-release", "Amazon Linux release 2023.9.20251117 (Amazon Linux)\n"),
    ],
    // <https://docs.aws.amazon.com/linux/al2023/ug/deprecated-al2023.html>: cron is not installed, systemd's timers are to be used.
    lacks: &["crontab", "cron", "crond", "anacron", "git", "amazon-linux-extras", "lsb_release"],
};

/// Amazon Linux 2.
pub static AMAZON_LINUX_2: Platform = Platform {
    key: "amazon-linux-2",
    name: "Amazon Linux",
    version: "2",
    shell: Shell::Bash,
    family: Family::RedHat,
    user: EC2_USER,
    os_release: "NAME=\"Amazon Linux\"\nVERSION=\"2\"\nID=\"amzn\"\nID_LIKE=\"centos rhel fedora\"\nVERSION_ID=\"2\"\n\
                 PRETTY_NAME=\"Amazon Linux 2\"\nANSI_COLOR=\"0;33\"\nCPE_NAME=\"cpe:2.3:o:amazon:amazon_linux:2\"\n\
                 HOME_URL=\"https://amazonlinux.com/\"\nSUPPORT_END=\"2026-06-30\"\n",
    release_files: &[("system-release", "Amazon Linux release 2 (Karoo)\n")],
    lacks: &["dnf", "dnf-3", "git", "zstd", "lsb_release"],
};

/// Ubuntu 22.04.
pub static UBUNTU_22_04: Platform = Platform {
    key: "ubuntu-22.04",
    name: "Ubuntu",
    version: "22.04",
    shell: Shell::Dash,
    family: Family::Debian,
    user: User { name: "ubuntu", comment: "Ubuntu" },
    os_release: "PRETTY_NAME=\"Ubuntu 22.04.5 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"22.04\"\n\
                 VERSION=\"22.04.5 LTS (Jammy Jellyfish)\"\nVERSION_CODENAME=jammy\nID=ubuntu\nID_LIKE=debian\n\
                 HOME_URL=\"https://www.ubuntu.com/\"\nSUPPORT_URL=\"https://help.ubuntu.com/\"\nUBUNTU_CODENAME=jammy\n",
    release_files: &[
        ("debian_version", "bookworm/sid\n"),
        (
            "lsb-release",
            "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_CODENAME=jammy\nDISTRIB_DESCRIPTION=\"Ubuntu 22.04.5 LTS\"\n",
        ),
    ],
    lacks: UBUNTU_LACKS,
};

/// Ubuntu 24.04.
pub static UBUNTU_24_04: Platform = Platform {
    key: "ubuntu-24.04",
    name: "Ubuntu",
    version: "24.04",
    shell: Shell::Dash,
    family: Family::Debian,
    user: User { name: "ubuntu", comment: "Ubuntu" },
    os_release: "PRETTY_NAME=\"Ubuntu 24.04.3 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\n\
                 VERSION=\"24.04.3 LTS (Noble Numbat)\"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\n\
                 HOME_URL=\"https://www.ubuntu.com/\"\nSUPPORT_URL=\"https://help.ubuntu.com/\"\nUBUNTU_CODENAME=noble\n",
    release_files: &[
        ("debian_version", "trixie/sid\n"),
        (
            "lsb-release",
            "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=24.04\nDISTRIB_CODENAME=noble\nDISTRIB_DESCRIPTION=\"Ubuntu 24.04.3 LTS\"\n",
        ),
    ],
    lacks: UBUNTU_LACKS,
};

/// Debian 12.
pub static DEBIAN_12: Platform = Platform {
    key: "debian-12",
    name: "Debian GNU/Linux",
    version: "12",
    shell: Shell::Dash,
    family: Family::Debian,
    user: ADMIN,
    os_release: "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n\
                 VERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\nHOME_URL=\"https://www.debian.org/\"\n\
                 SUPPORT_URL=\"https://www.debian.org/support\"\nBUG_REPORT_URL=\"https://bugs.debian.org/\"\n",
    release_files: &[("debian_version", "12.12\n")],
    lacks: DEBIAN_LACKS,
};

/// Debian 13.
pub static DEBIAN_13: Platform = Platform {
    key: "debian-13",
    name: "Debian GNU/Linux",
    version: "13",
    shell: Shell::Dash,
    family: Family::Debian,
    user: ADMIN,
    os_release: "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"13\"\n\
                 VERSION=\"13 (trixie)\"\nVERSION_CODENAME=trixie\nID=debian\nHOME_URL=\"https://www.debian.org/\"\n\
                 SUPPORT_URL=\"https://www.debian.org/support\"\nBUG_REPORT_URL=\"https://bugs.debian.org/\"\n",
    release_files: &[("debian_version", "13.2\n")],
    lacks: DEBIAN_LACKS,
};

/// Red Hat Enterprise Linux 9.
pub static RHEL_9: Platform = Platform {
    key: "rhel-9",
    name: "Red Hat Enterprise Linux",
    version: "9.6",
    shell: Shell::Bash,
    family: Family::RedHat,
    user: EC2_USER,
    os_release: "NAME=\"Red Hat Enterprise Linux\"\nVERSION=\"9.6 (Plow)\"\nID=\"rhel\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.6\"\n\
                 PLATFORM_ID=\"platform:el9\"\nPRETTY_NAME=\"Red Hat Enterprise Linux 9.6 (Plow)\"\nANSI_COLOR=\"0;31\"\n\
                 CPE_NAME=\"cpe:/o:redhat:enterprise_linux:9::baseos\"\nHOME_URL=\"https://www.redhat.com/\"\n",
    release_files: &[
        ("system-release", "Red Hat Enterprise Linux release 9.6 (Plow)\n"),
        ("redhat-release", "Red Hat Enterprise Linux release 9.6 (Plow)\n"),
    ],
    lacks: &["git", "ec2-metadata", "amazon-linux-extras", "lsb_release"],
};

/// Every platform.
pub static PLATFORMS: [&Platform; 7] =
    [&AMAZON_LINUX_2023, &AMAZON_LINUX_2, &UBUNTU_22_04, &UBUNTU_24_04, &DEBIAN_12, &DEBIAN_13, &RHEL_9];

const EC2_USER: User = User { name: "ec2-user", comment: "EC2 Default User" };
const ADMIN: User = User { name: "admin", comment: "Debian" };
const UBUNTU_LACKS: &[&str] = &["ec2-metadata", "zip", "unzip"];
const DEBIAN_LACKS: &[&str] = &["ec2-metadata", "zip", "unzip", "snap", "lsb_release"];

impl Platform {
    /// The platform that is named so on the command line.
    pub fn by_key(key: &str) -> Option<&'static Self> {
        PLATFORMS.into_iter().find(|platform| platform.key == key)
    }

    /// Whether it is one of Amazon's.
    pub fn is_amazon_linux(&self) -> bool {
        self.name == "Amazon Linux"
    }

    /// Programs of cron that its image has: the one that installs tables, and the daemon under its family's name.
    pub fn cron(&self) -> &'static [&'static str] {
        match (self.lacks.contains(&"crontab"), self.family) {
            (true, _) => &[],
            (false, Family::RedHat) => &["crontab", "crond"],
            (false, Family::Debian) => &["crontab", "cron"],
        }
    }

    /// Every program that its image lacks.
    pub fn absent(&self) -> impl Iterator<Item = &'static str> {
        NOWHERE.iter().chain(self.family.other().package_managers()).chain(self.lacks).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_is_what_its_own_files_say() {
        for platform in PLATFORMS {
            let field = |name: &str| {
                let line = platform.os_release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
                line.map(|value| value.trim_matches('"')).unwrap_or_default()
            };
            assert_eq!((field("NAME"), field("VERSION_ID")), (platform.name, platform.version), "{}", platform.key);
            assert_eq!(Platform::by_key(platform.key), Some(platform));
        }
        assert_eq!(Platform::by_key("windows"), None);
    }

    #[test]
    fn each_family_lacks_the_package_managers_of_the_other() {
        assert!(AMAZON_LINUX_2023.absent().any(|program| program == "apt-get"));
        assert!(UBUNTU_24_04.absent().any(|program| program == "dnf"));
        assert!(!UBUNTU_24_04.absent().any(|program| program == "apt-get"));
        assert!(!AMAZON_LINUX_2023.absent().any(|program| program == "dnf"));
    }
}
