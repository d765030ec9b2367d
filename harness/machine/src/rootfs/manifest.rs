//! Which layers an image has, by its own documents.
//!
//! <https://github.com/opencontainers/image-spec/blob/main/image-layout.md>, and for `docker save`
//! <https://github.com/moby/docker-image-spec/blob/main/spec.md#combined-image-json--filesystem-changeset-format>.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::archive::Parts;

/// How deep indexes may lie in each other.
const DEEPEST: usize = 4;

/// The layers of an image.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layers {
    /// Names of the parts, the lowest first.
    pub(super) parts: Vec<String>,
    /// The name of the part that says all else of it.
    pub(super) config: String,
    /// What it is for, as Go names it: `amd64`.
    pub(super) architecture: String,
    /// Whether each part is named by the digest of its content.
    pub(super) by_digest: bool,
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    #[serde(default)]
    media_type: String,
    digest: String,
    platform: Option<Platform>,
}

#[derive(Deserialize, Clone)]
struct Platform {
    architecture: String,
    os: String,
}

#[derive(Deserialize)]
struct Manifest {
    config: Descriptor,
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    layers: Vec<String>,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Config {
    architecture: String,
    #[serde(default)]
    os: Option<String>,
}

/// The layers of the image for `architecture` in `parts`; `None` if there is no image.
///
/// # Errors
/// In words: what is wrong with its documents.
pub(super) fn read(parts: &Parts, architecture: &str) -> Result<Option<Layers>, String> {
    // What Docker saves now has documents of both kinds, and this one is the smaller.
    if parts.has("manifest.json") {
        return saved(parts).map(Some);
    }
    if parts.has("index.json") {
        return layout(parts, architecture).map(Some);
    }
    Ok(None)
}

fn saved(parts: &Parts) -> Result<Layers, String> {
    let mut images: Vec<Saved> = document(parts, "manifest.json")?;
    let (Some(image), true) = (images.pop(), images.is_empty()) else {
        let names: Vec<String> = images.into_iter().flat_map(|image| image.repo_tags.unwrap_or_default()).collect();
        return Err(format!("it has {} images, and can have one: {}", names.len() + 1, names.join(", ")));
    };
    let architecture = architecture_of(parts, &image.config)?;
    Ok(Layers { parts: image.layers, config: image.config, architecture, by_digest: false })
}

fn layout(parts: &Parts, architecture: &str) -> Result<Layers, String> {
    let mut index: Index = document(parts, "index.json")?;
    for _ in 0..DEEPEST {
        let chosen = choose(&index.manifests, architecture)?;
        let name = blob(&chosen.digest)?;
        if chosen.media_type.contains("index") || chosen.media_type.contains("manifest.list") {
            index = document(parts, &name)?;
            continue;
        }
        let manifest: Manifest = document(parts, &name)?;
        let config = blob(&manifest.config.digest)?;
        if let Some(other) = manifest.layers.iter().find(|layer| !layer.media_type.contains("tar")) {
            return Err(format!("a layer is of the type `{}`, which is no file system's", other.media_type));
        }
        let names = manifest.layers.iter().map(|layer| blob(&layer.digest)).collect::<Result<_, _>>()?;
        let architecture = architecture_of(parts, &config)?;
        return Ok(Layers { parts: names, config, architecture, by_digest: true });
    }
    Err("its indexes lead to no image".to_owned())
}

/// Of several images, that of this machine's architecture. What an image is attested by is none.
fn choose<'a>(manifests: &'a [Descriptor], architecture: &str) -> Result<&'a Descriptor, String> {
    let images: Vec<&Descriptor> = manifests
        .iter()
        .filter(|manifest| manifest.platform.as_ref().is_none_or(|platform| platform.architecture != "unknown"))
        .collect();
    let fits = |platform: &Platform| platform.os == "linux" && platform.architecture == architecture;
    let fitting: Vec<&&Descriptor> = images.iter().filter(|manifest| manifest.platform.as_ref().is_none_or(fits)).collect();
    match (fitting.as_slice(), images.as_slice()) {
        ([one], _) => Ok(one),
        // It is told by its own document what it is for.
        ([], [one]) => Ok(one),
        ([], others) => {
            let names: Vec<String> = others
                .iter()
                .filter_map(|manifest| manifest.platform.as_ref())
                .map(|platform| format!("{}/{}", platform.os, platform.architecture))
                .collect();
            Err(format!("it has no image for linux/{architecture}: it has {}", names.join(", ")))
        }
        (several, _) => Err(format!("it has {} images, and can have one", several.len())),
    }
}

fn architecture_of(parts: &Parts, config: &str) -> Result<String, String> {
    let Config { architecture, os } = document(parts, config)?;
    match os.as_deref() {
        None | Some("linux") => Ok(architecture),
        Some(other) => Err(format!("it is an image of {other}, and not of Linux")),
    }
}

/// The part that has a digest.
fn blob(digest: &str) -> Result<String, String> {
    match digest.split_once(':') {
        Some((algorithm, hex)) if !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok(format!("blobs/{algorithm}/{hex}"))
        }
        _ => Err(format!("`{digest}` is no digest")),
    }
}

fn document<T: DeserializeOwned>(parts: &Parts, name: &str) -> Result<T, String> {
    let text = parts.text(name).map_err(|error| format!("its `{name}` cannot be read: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("its `{name}` cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use serde_json::{Value, json};

    use super::*;

    fn folder(documents: &[(&str, Value)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, document) in documents {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, document.to_string()).unwrap();
        }
        folder
    }

    fn found(folder: &Path) -> Result<Option<Layers>, String> {
        read(&Parts::Folder(folder.to_owned()), "amd64")
    }

    #[test]
    fn the_image_of_this_architecture_is_taken_out_of_an_index_of_several() {
        let digest = |letter: &str| format!("sha256:{letter}");
        let manifest = json!({ "config": { "digest": digest("c1") }, "layers": [
            { "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest("a1") },
            { "mediaType": "application/vnd.oci.image.layer.v1.tar+zstd", "digest": digest("a2") } ] });
        let nested = json!({ "manifests": [
            { "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest("b1"), "platform": { "os": "linux", "architecture": "arm64" } },
            { "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest("b2"), "platform": { "os": "linux", "architecture": "amd64" } },
            { "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest("b3"), "platform": { "os": "unknown", "architecture": "unknown" } } ] });
        let index = json!({ "manifests": [{ "mediaType": "application/vnd.oci.image.index.v1+json", "digest": digest("d1") }] });
        let image = folder(&[
            ("index.json", index),
            ("blobs/sha256/d1", nested),
            ("blobs/sha256/b2", manifest),
            ("blobs/sha256/c1", json!({ "architecture": "amd64", "os": "linux" })),
        ]);
        let layers = found(image.path()).unwrap().unwrap();
        assert_eq!((layers.parts, layers.by_digest), (vec!["blobs/sha256/a1".to_owned(), "blobs/sha256/a2".to_owned()], true));
    }

    #[test]
    fn what_docker_saves_has_its_layers_in_order_and_one_image() {
        let one = json!({ "Config": "c.json", "RepoTags": ["a:1"], "Layers": ["1/layer.tar", "2/layer.tar"] });
        let config = json!({ "architecture": "amd64" });
        let image = folder(&[("manifest.json", json!([one])), ("c.json", config.clone())]);
        assert_eq!(found(image.path()).unwrap().unwrap().parts, ["1/layer.tar", "2/layer.tar"]);
        let two = folder(&[("manifest.json", json!([one, one])), ("c.json", config)]);
        assert!(found(two.path()).unwrap_err().contains("2 images"));
        assert_eq!(found(folder(&[]).path()).unwrap(), None);
    }

    #[test]
    fn what_is_no_image_of_linux_for_this_architecture_is_refused_in_words() {
        let saved = json!([{ "Config": "c.json", "Layers": [] }]);
        let windows =
            folder(&[("manifest.json", saved.clone()), ("c.json", json!({ "architecture": "amd64", "os": "windows" }))]);
        assert!(found(windows.path()).unwrap_err().contains("of windows"));
        let broken = folder(&[("manifest.json", saved)]);
        assert!(found(broken.path()).unwrap_err().contains("`c.json` cannot be read"));
        let arm = json!({ "manifests": [
            { "digest": "sha256:b1", "platform": { "os": "linux", "architecture": "arm64" } },
            { "digest": "sha256:b2", "platform": { "os": "linux", "architecture": "s390x" } } ] });
        assert!(found(folder(&[("index.json", arm)]).path()).unwrap_err().contains("linux/arm64, linux/s390x"));
        let escape = json!({ "manifests": [{ "digest": "sha256:../../etc/passwd" }] });
        assert!(found(folder(&[("index.json", escape)]).path()).unwrap_err().contains("no digest"));
    }
}
