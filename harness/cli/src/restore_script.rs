//! The user's own script for a restore, with its secrets.

use nightproof_drill::RestoreScript;

use crate::arguments::DrillOptions;
use crate::error::Error;

/// Reads the script and the secrets that `options` name.
pub(crate) fn read(options: &DrillOptions) -> Result<Option<RestoreScript>, Error> {
    let Some(path) = &options.restore_script else {
        return match &options.database_restore {
            Some(text) => Ok(Some(RestoreScript { text: text.clone(), secrets: Vec::new(), all_objects: options.all_objects })),
            None if options.secrets.is_empty() => Ok(None),
            None => Err(Error::SecretWithoutScript),
        };
    };
    let unreadable = |path: &std::path::Path| {
        let path = path.to_owned();
        move |source| Error::ReadRestoreFile { path, source }
    };
    let text = std::fs::read_to_string(path).map_err(unreadable(path))?;
    let secrets = options.secrets.iter().map(|(name, file)| Ok((name.clone(), std::fs::read(file).map_err(unreadable(file))?)));
    let secrets = secrets.collect::<Result<_, Error>>()?;
    Ok(Some(RestoreScript { text, secrets, all_objects: options.all_objects }))
}
