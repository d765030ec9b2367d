//! The service `events`.
