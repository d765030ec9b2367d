//! The client's half of the protocols: requests from documents, documents from answers. For what stands behind the region and speaks
//! AWS's protocols too.

mod answer;
mod request;
#[cfg(test)]
mod tests;
