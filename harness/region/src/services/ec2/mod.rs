//! The service `ec2`.
