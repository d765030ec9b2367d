//! The size that a policy allows a form's file to have.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::Frame;
use http_body_util::BodyExt as _;
use nightproof_core::service::{AwsError, Body};

/// A body that ends with an error unless its size is in `range`.
pub(crate) fn within(body: Body, (least, most): (u64, u64)) -> Body {
    Sized { body, size: 0, least, most }.boxed_unsync()
}

struct Sized {
    body: Body,
    size: u64,
    least: u64,
    most: u64,
}

impl Sized {
    fn check(&self) -> Result<(), AwsError> {
        if self.size > self.most {
            return Err(AwsError::new("EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size")
                .with("ProposedSize", self.size)
                .with("MaxSizeAllowed", self.most));
        }
        if self.size < self.least {
            return Err(AwsError::new("EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size")
                .with("ProposedSize", self.size)
                .with("MinSizeAllowed", self.least));
        }
        Ok(())
    }
}

impl http_body::Body for Sized {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                None => return Poll::Ready(self.check().err().map(|error| Err(io::Error::other(error)))),
                Some(Ok(frame)) => {
                    let more = frame.data_ref().map_or(0, Bytes::len) as u64;
                    self.size = self.size.saturating_add(more);
                    // What is too large is counted to its end, which its refusal names, and goes nowhere.
                    if self.size <= self.most {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nightproof_core::service::full_body;

    #[tokio::test]
    async fn a_file_has_the_size_that_its_policy_allows() {
        let read = async |size: usize| {
            let read = within(full_body(vec![0; size]), (5, 10)).collect().await;
            read.map(|read| read.to_bytes().len()).map_err(|error| *error.into_inner().unwrap().downcast::<AwsError>().unwrap())
        };
        assert_eq!(read(5).await.unwrap(), 5);
        assert_eq!(read(10).await.unwrap(), 10);
        let large = read(12).await.unwrap_err();
        assert_eq!((large.code.as_str(), &large.fields["ProposedSize"]), ("EntityTooLarge", &12.into()));
        assert_eq!(read(1).await.unwrap_err().code, "EntityTooSmall");
    }
}
