//! User data, as cloud-init reads it: scripts, cloud-config, boothooks, and MIME archives of those.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html>,
//! <https://cloudinit.readthedocs.io/en/latest/explanation/format.html>

mod boot;
mod config;
mod mime;
mod part;
mod scripts;
mod user_list;
mod write_files;
mod yaml;

pub(crate) use boot::run;
