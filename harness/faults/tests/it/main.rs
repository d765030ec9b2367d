//! What callers see of faults.

#[cfg(test)]
mod calls;
