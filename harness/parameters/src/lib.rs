//! Values for the parameters of a stranger's template: read from the files that other tools keep them in, asked for in one message, or made up.
//! Pure: texts and random numbers in, values and errors out.

mod error;
mod file;
mod guess;
mod missing;
mod overrides;
mod pattern;
mod purpose;
mod samconfig;
mod scalar;
mod standing;
mod usage;

pub use error::FileError;
pub use file::ParameterFile;
pub use guess::{Guess, GuessedParameter, Refused, guess};
pub use missing::Missing;
