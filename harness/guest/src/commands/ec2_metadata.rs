//! `ec2-metadata` of Amazon Linux.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>

use super::terminal::{complain, say};
use crate::agent::imds::Imds;

/// Options, the label of what they show, and its path below the version.
const OPTIONS: [(&str, &str, &str, &str); 20] = [
    ("-a", "--ami-id", "ami-id", "meta-data/ami-id"),
    ("-l", "--ami-launch-index", "ami-launch-index", "meta-data/ami-launch-index"),
    ("-m", "--ami-manifest-path", "ami-manifest-path", "meta-data/ami-manifest-path"),
    ("-n", "--ancestor-ami-ids", "ancestor-ami-ids", "meta-data/ancestor-ami-ids"),
    ("-i", "--instance-id", "instance-id", "meta-data/instance-id"),
    ("-t", "--instance-type", "instance-type", "meta-data/instance-type"),
    ("-h", "--local-hostname", "local-hostname", "meta-data/local-hostname"),
    ("-o", "--local-ipv4", "local-ipv4", "meta-data/local-ipv4"),
    ("-k", "--kernel-id", "kernel-id", "meta-data/kernel-id"),
    ("-z", "--availability-zone", "placement", "meta-data/placement/availability-zone"),
    ("-R", "--region", "region", "meta-data/placement/region"),
    ("-c", "--product-codes", "product-codes", "meta-data/product-codes"),
    ("-p", "--public-hostname", "public-hostname", "meta-data/public-hostname"),
    ("-v", "--public-ipv4", "public-ipv4", "meta-data/public-ipv4"),
    ("-u", "--public-keys", "public-keys", "meta-data/public-keys/0/openssh-key"),
    ("-r", "--ramdisk-id", "ramdisk-id", "meta-data/ramdisk-id"),
    ("-e", "--reservation-id", "reservation-id", "meta-data/reservation-id"),
    ("-s", "--security-groups", "security-groups", "meta-data/security-groups"),
    ("-f", "--partition", "partition", "meta-data/services/partition"),
    ("-d", "--user-data", "user-data", "user-data"),
];

pub(super) fn main(arguments: &[String]) -> u8 {
    let mut chosen = Vec::new();
    let mut labelled = true;
    for argument in arguments {
        match OPTIONS.iter().find(|(short, long, ..)| argument == short || argument == long) {
            Some(option) => chosen.push(option),
            None if argument == "--all" => chosen.extend(&OPTIONS),
            None if argument == "--quiet" || argument == "-q" => labelled = false,
            None => {
                let names: Vec<String> = OPTIONS.iter().map(|(short, long, ..)| format!("{long}/{short}")).collect();
                complain(&format!(
                    "Use to retrieve EC2 instance metadata from within a running EC2 instance.\nUsage: ec2-metadata <option>\n{}",
                    names.join("\n")
                ));
                return if argument == "--help" { 0 } else { 1 };
            }
        }
    }
    if chosen.is_empty() {
        chosen.extend(&OPTIONS);
    }
    let imds = match Imds::open() {
        Ok(imds) => imds,
        Err(error) => {
            complain(&format!(
                "[ERROR] Command not valid outside EC2 instance. Please run this command within a running EC2 instance. ({error})"
            ));
            return 1;
        }
    };
    for (_, _, label, path) in chosen {
        let value =
            imds.find(path).ok().flatten().filter(|value| !value.is_empty()).unwrap_or_else(|| "not available".to_owned());
        say(&if labelled { format!("{label}: {value}") } else { value });
    }
    0
}
