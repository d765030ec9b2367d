//! Images: taken when they are there, pulled where there is a public one, made otherwise.

use std::collections::HashMap;
use std::path::Path;

use async_recursion::async_recursion;
use futures_util::StreamExt as _;
use testcontainers::bollard::query_parameters::{BuildImageOptionsBuilder, CreateImageOptionsBuilder};
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{GenericImage, bollard};
use tokio_util::io::ReaderStream;

use super::engine::{Engine, EngineError, is_absent, refused};
use super::image_error::ImageError;
use super::packages;
use super::recipe::{BASE, FUNCTION, INSTANCE, LOCALSTACK, PYTHON, Recipe};

/// The official images of functions in Python, each tagged with its version.
pub(super) const PUBLIC_FUNCTION: &str = "public.ecr.aws/lambda/python";
/// Those in Node.js.
const PUBLIC_NODE: &str = "public.ecr.aws/lambda/nodejs";
/// The public image of LocalStack's last community release.
pub(super) const PUBLIC_LOCALSTACK: &str = "docker.io/localstack/localstack:4.14.0";

/// Whether public images are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pull {
    /// Where an image is not there yet.
    Missing,
    /// Never: images are made here.
    Never,
}

/// Gets images ready.
pub struct Images<'a> {
    engine: &'a Engine,
    pull: Pull,
    progress: &'a (dyn Fn(&str) + Send + Sync),
}

/// A function image, and the version of the language in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionImage {
    /// Its name.
    pub image: String,
    /// `3.13` for Python, `22` for Node.js.
    pub version: String,
}

impl<'a> Images<'a> {
    /// Images of `engine`; `progress` is told before something takes its time.
    pub fn new(engine: &'a Engine, pull: Pull, progress: &'a (dyn Fn(&str) + Send + Sync)) -> Self {
        Self { engine, pull, progress }
    }

    /// The image for instances.
    ///
    /// # Errors
    /// [`ImageError`], with a hint for the user; so for all below.
    #[async_recursion]
    pub async fn instance(&self) -> Result<String, ImageError> {
        self.made(&INSTANCE).await
    }

    /// The image for functions of a runtime, `python3.13`: the official one, or else ours, which is of Python alone.
    ///
    /// # Errors
    /// See [`Images::instance`].
    #[async_recursion]
    pub async fn function(&self, runtime: &str) -> Result<FunctionImage, ImageError> {
        if let Some(version) = runtime.strip_prefix("nodejs").and_then(|version| version.strip_suffix(".x")) {
            let image = self.named(&format!("{PUBLIC_NODE}:{version}")).await?;
            return Ok(FunctionImage { image, version: version.to_owned() });
        }
        let version = runtime.strip_prefix("python").filter(|version| version.starts_with("3."));
        let public = version.map(|version| format!("{PUBLIC_FUNCTION}:{version}"));
        let image = self.public_or_made(public.as_deref(), &FUNCTION).await?;
        let version = version.filter(|_| public.as_ref() == Some(&image)).unwrap_or(PYTHON).to_owned();
        Ok(FunctionImage { image, version })
    }

    /// LocalStack: the public image, or else ours, which has S3 and SQS.
    ///
    /// # Errors
    /// See [`Images::instance`].
    #[async_recursion]
    pub async fn localstack(&self) -> Result<String, ImageError> {
        self.public_or_made(Some(PUBLIC_LOCALSTACK), &LOCALSTACK).await
    }

    /// What is there already, the public image before ours; or else the public one if it can be pulled; or else ours, made now.
    async fn public_or_made(&self, public: Option<&str>, recipe: &Recipe) -> Result<String, ImageError> {
        let made = recipe.tag(&BASE.tag(""));
        let there = match public {
            Some(public) => self.exists(public).await?,
            None => false,
        };
        match public {
            Some(public) if there || (!self.exists(&made).await? && self.pull(public).await.is_ok()) => Ok(public.to_owned()),
            _ => self.made(recipe).await,
        }
    }

    /// An image that the user named.
    ///
    /// # Errors
    /// See [`Images::instance`].
    #[async_recursion]
    pub async fn named(&self, image: &str) -> Result<String, ImageError> {
        if !self.exists(image).await? {
            self.pull(image).await.map_err(|refusal| ImageError::Named { image: image.to_owned(), refusal })?;
        }
        Ok(image.to_owned())
    }

    pub(super) fn say(&self, text: &str) {
        (self.progress)(text);
    }

    pub(super) async fn exists(&self, image: &str) -> Result<bool, EngineError> {
        match self.engine.docker.inspect_image(image).await {
            Ok(_) => Ok(true),
            Err(error) if is_absent(&error) => Ok(false),
            Err(error) => Err(refused(format!("look for the image `{image}`"))(error)),
        }
    }

    /// Pulls an image; the error is what a person needs to hear of why not.
    pub(super) async fn pull(&self, image: &str) -> Result<(), String> {
        if self.pull == Pull::Never {
            return Err("pulling is switched off".to_owned());
        }
        self.say(&format!("pulling {image}"));
        named(image).pull_image().await.map(drop).map_err(|error| error.to_string())
    }

    /// Makes an image of a root file system.
    pub(super) async fn import(&self, archive: &Path, image: &str) -> Result<(), ImageError> {
        let (name, tag) = image.split_once(':').unwrap_or((image, "latest"));
        let options = CreateImageOptionsBuilder::default().from_src("-").repo(name).tag(tag).build();
        let file = tokio::fs::File::open(archive).await.map_err(ImageError::Folder)?;
        let body = bollard::body_try_stream(ReaderStream::with_capacity(file, 1024 * 1024));
        let mut events = self.engine.docker.create_image(Some(options), Some(body), None);
        while let Some(event) = events.next().await {
            event.map_err(refused(format!("import the image `{image}`")))?;
        }
        Ok(())
    }

    /// Our own image of `recipe`, built if it is not there.
    async fn made(&self, recipe: &Recipe) -> Result<String, ImageError> {
        let base = BASE.tag("");
        let image = recipe.tag(&base);
        if self.exists(&image).await? {
            return Ok(image);
        }
        // Several images at once fetch what they are made of side by side.
        let contents = context_of(recipe).await?;
        // Two at once must not both build; the second finds the first one's work.
        let _held = apart(|| crate::tools::lock("images").map_err(ImageError::Folder)).await?;
        if self.exists(&image).await? {
            return Ok(image);
        }
        if !self.exists(&base).await? {
            let debian = self.debian().await?;
            self.say(&format!("building {base} from {debian}"));
            self.build(&BASE, context_of(&BASE).await?, &debian, &base).await?;
        }
        self.say(&format!("building {image}"));
        self.build(recipe, contents, &base, &image).await?;
        Ok(image)
    }

    async fn build(&self, recipe: &Recipe, archive: std::fs::File, from: &str, image: &str) -> Result<(), ImageError> {
        // What comes from outside is in the context already, but for the base, which asks Debian's mirrors.
        let network = if recipe.packages.is_some() { "none" } else { "default" };
        let options = BuildImageOptionsBuilder::default()
            .t(image)
            .buildargs(&HashMap::from([("BASE", from)]))
            .labels(&HashMap::from([("nightproof.image", recipe.name)]))
            .networkmode(network)
            .rm(true)
            .forcerm(true)
            .build();
        let body = bollard::body_try_stream(ReaderStream::with_capacity(tokio::fs::File::from_std(archive), 1024 * 1024));
        let failed = |reason: String| ImageError::Build { image: image.to_owned(), reason };
        let mut events = self.engine.docker.build_image(options, None, Some(body));
        while let Some(event) = events.next().await {
            let event = event.map_err(|error| failed(error.to_string()))?;
            if let Some(detail) = event.error_detail {
                return Err(failed(detail.message.unwrap_or_default()));
            }
        }
        Ok(())
    }
}

/// The image of a name as Docker's commands take it; without a tag it is `latest`.
pub(super) fn named(image: &str) -> GenericImage {
    let (name, tag) = image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((image, "latest"));
    GenericImage::new(name, tag)
}

/// Runs something that blocks in a thread for that.
pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ImageError> + Send + 'static,
) -> Result<T, ImageError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| ImageError::Folder(std::io::Error::other(error)))?
}

/// The build context of a recipe, made in a thread for that.
async fn context_of(recipe: &Recipe) -> Result<std::fs::File, ImageError> {
    let recipe = *recipe;
    apart(move || context(&recipe)).await
}

/// The build context of a recipe, as an archive to be read from its start.
fn context(recipe: &Recipe) -> Result<std::fs::File, ImageError> {
    use std::io::Seek as _;
    let folder = tempfile::tempdir().map_err(ImageError::Folder)?;
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).map_err(ImageError::Folder);
    write("Dockerfile", recipe.dockerfile)?;
    for (name, text) in recipe.files {
        write(name, text)?;
    }
    if let Some(wanted) = &recipe.packages {
        packages::install(wanted, &folder.path().join("packages"))?;
    }
    let pack = || {
        let mut archive = tar::Builder::new(tempfile::tempfile()?);
        archive.append_dir_all(".", folder.path())?;
        let mut file = archive.into_inner()?;
        file.rewind()?;
        Ok(file)
    };
    pack().map_err(ImageError::Folder)
}
