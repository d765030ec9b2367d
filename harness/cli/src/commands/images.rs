//! `nightproof images`: gets every image ready and names it.

use nightproof_machine::container::{Engine, Images};

use crate::arguments::ImageOptions;
use crate::error::Error;
use crate::{Exit, containers, printer};

pub(crate) async fn images(options: &ImageOptions) -> Result<Exit, Error> {
    let engine = Engine::connect().await.map_err(Error::Engine)?;
    let images = Images::new(&engine, containers::pull(options.pull), &printer::note);
    printer::line(&format!("instance    {}", images.instance().await.map_err(Error::Image)?));
    printer::line(&format!("function    {}", images.function("python3.13").await.map_err(Error::Image)?.image));
    printer::line(&format!("localstack  {}", images.localstack().await.map_err(Error::Image)?));
    Ok(Exit::Passed)
}
