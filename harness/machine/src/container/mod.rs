//! Machines as Docker containers without a network, their images, and the removal of what killed runs left.

mod base;
pub mod doctor;
mod engine;
mod image;
mod image_error;
mod localstack;
mod owner;
mod packages;
mod recipe;
mod start;
mod sweep;

pub use engine::{Engine, EngineError};
pub use image::{FunctionImage, Images, Pull};
pub use image_error::ImageError;
pub use localstack::{LocalStack, LocalStackError, Purpose};
pub use owner::Owner;
pub use start::{Containers, Progress};
pub use sweep::{Abandoned, Why, remove, sweep};
