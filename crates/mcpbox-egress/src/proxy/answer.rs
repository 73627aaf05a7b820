//! What the proxy says itself. The reason stands in the status line as well: HTTP libraries show nothing else of a refused
//! tunnel.

use bytes::Bytes;
use futures::{StreamExt as _, stream::BoxStream};
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::StreamBody;
use hyper::{body::Frame, ext::ReasonPhrase};

use crate::error::{FetchError, FetchErrorKind};

/// A body that may break off.
pub(super) type Body = StreamBody<BoxStream<'static, Result<Frame<Bytes>, FetchError>>>;

/// An answer of the proxy.
pub(super) type Answer = Response<Body>;

/// A body that is there.
pub(super) fn whole(bytes: Bytes) -> Body {
    StreamBody::new(futures::stream::once(async move { Ok(Frame::data(bytes)) }).boxed())
}

/// A sentence.
pub(super) fn plain(status: StatusCode, sentence: &str) -> Answer {
    let text = Bytes::from(format!("{sentence}\n"));
    let length = text.len();
    let mut answer = Response::new(whole(text));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        answer.headers_mut().insert(header::PROXY_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"tool\""));
    }
    let printable: String = sentence.chars().map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect();
    if let Ok(phrase) = ReasonPhrase::try_from(printable.into_bytes()) {
        answer.extensions_mut().insert(phrase);
    }
    answer
}

/// Why there is no other answer.
pub(super) fn failure(error: &FetchError) -> Answer {
    let status = match error.kind {
        FetchErrorKind::Denied { .. } => StatusCode::FORBIDDEN,
        FetchErrorKind::InvalidUrl | FetchErrorKind::InvalidRequest => StatusCode::BAD_REQUEST,
        FetchErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        FetchErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::BAD_GATEWAY,
    };
    plain(status, &error.message)
}
