//! Our client of the Runtime API for Node.js, as it is in a machine. AWS's own is compiled when npm installs it, by tools that few hosts have.

use super::Node;
use crate::FileSpec;

/// The runtime's folder inside.
const FOLDER: &str = "/var/runtime";
/// Where the packages are that the runtime brings.
pub(crate) const PACKAGES: &str = "/var/runtime/node_modules";

const FILES: [(&str, &str); 10] = [
    ("api.mjs", include_str!("client/api.mjs")),
    ("exchange.cjs", include_str!("client/exchange.cjs")),
    ("failure.mjs", include_str!("client/failure.mjs")),
    ("handler.mjs", include_str!("client/handler.mjs")),
    ("index.mjs", include_str!("client/index.mjs")),
    ("log.mjs", include_str!("client/log.mjs")),
    ("modules.mjs", include_str!("client/modules.mjs")),
    ("resolve.mjs", include_str!("client/resolve.mjs")),
    ("runtime.mjs", include_str!("client/runtime.mjs")),
    ("stream.mjs", include_str!("client/stream.mjs")),
];

/// The client's files, and the certificates that AWS's page has functions name in `NODE_EXTRA_CA_CERTS`.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html>
pub(crate) fn files(ca_pem: &str) -> Vec<FileSpec> {
    let certificates = ("ca-cert.pem", ca_pem);
    let file = |(name, text): (&str, &str)| FileSpec { path: format!("{FOLDER}/{name}"), bytes: text.into(), mode: 0o644 };
    FILES.into_iter().chain([certificates]).map(file).collect()
}

/// The client's command line. The heap is as large as AWS makes it, unless `node_options` do.
pub(crate) fn command(node: &Node, runtime: &str, memory_mib: u64, node_options: &str) -> Vec<String> {
    // What a machine trusts is told to OpenSSL.
    let mut command = vec![super::PROGRAM.to_owned(), "--use-openssl-ca".to_owned()];
    command.extend(node.switched_off(runtime, node_options));
    let sized = ["semi-space-size", "semi_space_size", "old-space-size", "old_space_size"];
    if !sized.iter().any(|option| node_options.contains(option)) {
        // A tenth is for young objects, in three spaces of one size.
        let young = memory_mib / 10;
        command.extend([format!("--max-semi-space-size={}", young / 3), format!("--max-old-space-size={}", memory_mib - young)]);
    }
    command.extend([format!("{FOLDER}/index.mjs"), runtime.to_owned()]);
    command
}
