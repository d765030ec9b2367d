//! The service `logs`.
