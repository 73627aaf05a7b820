//! Why a request failed, in words.

use rmcp::{RoleClient, service::ServiceError, transport::DynamicTransportError};

use crate::{
    http::{Error, Unreachable},
    http_sse::HttpSse,
};

/// The failure of a request over a stream that ended.
pub(crate) fn ended(why: String) -> ServiceError {
    ServiceError::TransportSend(DynamicTransportError::new::<HttpSse, RoleClient>(Unreachable(why)))
}

/// What went wrong with a request.
pub(crate) fn reason(error: &ServiceError) -> String {
    match error {
        ServiceError::TransportSend(error) => match error.error.downcast_ref() {
            // Our own words, without the SDK's before them.
            Some(Error::Client(error)) => error.to_string(),
            _ => chain(&*error.error),
        },
        other => chain(other),
    }
}

/// An error with its causes.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| {
        let cause = cause.to_string();
        if text.contains(&cause) { text } else { format!("{text}: {cause}") }
    })
}
