//! Machines: what stands for an instance or a function environment.
