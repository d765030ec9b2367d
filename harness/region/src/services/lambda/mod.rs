//! The service `lambda`.
