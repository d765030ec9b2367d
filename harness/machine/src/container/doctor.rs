//! What this host has and lacks for containers, which a drill can do without.

use async_recursion::async_recursion;

use super::base::have_builder;
use super::engine::Engine;
use super::image::{Images, PUBLIC_FUNCTION, PUBLIC_LOCALSTACK, Pull};
use super::recipe::{BASE, FUNCTION, INSTANCE, LOCALSTACK, PYTHON};
use crate::doctor::Check;

/// Looks at the engine, and at the images that are there.
#[async_recursion]
pub async fn checks() -> Vec<Check> {
    let check = |name, ok, detail: String, remedy: Option<&str>| Check { name, ok, detail, remedy: remedy.map(str::to_owned) };
    let engine = match Engine::connect().await {
        Ok(engine) => engine,
        Err(error) => return vec![check("docker", false, error.to_string(), Some(error.hint()))],
    };
    let version = engine.docker.version().await.ok().and_then(|version| version.version).unwrap_or_default();
    let mut checks = vec![check("docker", true, format!("engine {version}, {} processors", engine.processors), None)];
    let images = Images::new(&engine, Pull::Never, &|_| ());
    let base = BASE.tag("");
    for (name, recipe, public) in [
        ("image instance", &INSTANCE, None),
        ("image function", &FUNCTION, Some(format!("{PUBLIC_FUNCTION}:{PYTHON}"))),
        ("image store", &LOCALSTACK, Some(PUBLIC_LOCALSTACK.to_owned())),
    ] {
        let made = recipe.tag(&base);
        let mut there = None;
        for image in public.into_iter().chain([made]) {
            if there.is_none() && images.exists(&image).await.unwrap_or(false) {
                there = Some(image);
            }
        }
        let remedy = if have_builder() {
            "`nightproof images` pulls or makes it; so does the first drill that needs it"
        } else {
            "`nightproof images` pulls it; to make it where no registry can be reached, install mmdebstrap"
        };
        checks.push(match there {
            Some(image) => check(name, true, image, None),
            None => check(name, false, "not here yet".to_owned(), Some(remedy)),
        });
    }
    checks
}
