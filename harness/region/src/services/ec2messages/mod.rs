//! The service `ec2messages`.
