//! `nightproof images`: gets every image ready and names it.

use nightproof_machine::container::{Engine, Images};

use crate::arguments::ImageOptions;
use crate::error::Error;
use crate::{Exit, containers, printer};

pub(crate) async fn images(options: &ImageOptions) -> Result<Exit, Error> {
    let engine = Engine::connect().await.map_err(Error::Engine)?;
    let images = Images::new(&engine, containers::pull(options.pull), &printer::note);
    let ready = async { tokio::try_join!(images.instance(), images.function("python3.13"), images.localstack()) };
    let (instance, function, localstack) = ready.await.map_err(Error::Image)?;
    printer::line(&format!("instance    {instance}"));
    printer::line(&format!("function    {}", function.image));
    printer::line(&format!("localstack  {localstack}"));
    Ok(Exit::Passed)
}
