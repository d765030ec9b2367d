//! The service `cloudformation`.
