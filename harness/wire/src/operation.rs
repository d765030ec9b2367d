//! An operation of a service's model.

use serde::Deserialize;

/// One operation of a service.
#[derive(Debug, Deserialize)]
pub struct Operation {
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) method: String,
    #[serde(default)]
    pub(crate) uri: String,
    pub(crate) status: Option<u16>,
    #[serde(default)]
    pub(crate) needs: Needs,
    #[serde(default)]
    pub(crate) served: bool,
    #[serde(rename = "in")]
    pub(crate) input: Option<usize>,
    #[serde(rename = "out")]
    pub(crate) output: Option<usize>,
    pub(crate) wrapper: Option<String>,
    pub(crate) root: Option<String>,
    #[serde(default)]
    pub(crate) unwrapped: bool,
    /// How clients compress requests.
    #[serde(default)]
    pub(crate) compressed: Vec<String>,
    #[serde(skip)]
    pub(crate) streams_input: bool,
    #[serde(skip)]
    pub(crate) streams_output: bool,
}

/// What a request must carry beside method and path, where several operations share a route.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Needs {
    #[serde(default)]
    pub(crate) query: Vec<String>,
    #[serde(default)]
    pub(crate) headers: Vec<String>,
}

impl Operation {
    /// `CreateBucket`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the request's body is a stream, which is not in the document.
    pub fn streams_input(&self) -> bool {
        self.streams_input
    }

    /// Whether the answer's body is a stream: [`Codec::encode`](crate::Codec::encode) leaves the body empty.
    pub fn streams_output(&self) -> bool {
        self.streams_output
    }

    /// Whether the model holds this operation's shapes. AWS has the others too, but this region does not serve them.
    pub fn served(&self) -> bool {
        self.served
    }
}
