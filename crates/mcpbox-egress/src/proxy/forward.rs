//! Plain requests in absolute form: they go the way of every other request, secrets included.

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};

use super::{
    Caller,
    answer::{Answer, Body, failure},
};
use crate::{
    message::FetchRequest,
    stream::FetchStream,
    upload::{Upload, Uploader, upload},
};

/// Bytes per part of an answer, about.
const PART: usize = 64 * 1024;

/// Sends the request on and hands the answer back as it comes.
pub(super) async fn send(caller: Caller, request: Request<Incoming>) -> Answer {
    let (parts, body) = request.into_parts();
    let request = FetchRequest {
        method: parts.method.to_string(),
        url: parts.uri.to_string(),
        headers: headers(&parts.headers),
        ..FetchRequest::default()
    };
    let body = (!body.is_end_stream()).then(|| begin_upload(&caller, body));
    match caller.session.open(request, body).await {
        Ok(stream) => answer(caller, stream),
        Err(error) => failure(&error),
    }
}

/// The headers without those that were meant for the proxy.
fn headers(map: &HeaderMap) -> Vec<(String, String)> {
    let is_ours = |name: &HeaderName| name.as_str().starts_with("proxy-") || name == header::CONNECTION;
    map.iter()
        .filter(|(name, _)| !is_ours(name))
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

/// The request's body in parts, for as long as the call lives.
fn begin_upload(caller: &Caller, body: Incoming) -> Upload {
    let (uploader, upload) = upload();
    let ended = caller.ended.clone();
    tokio::spawn(async move { ended.run_until_cancelled(pump(body, uploader)).await });
    upload
}

async fn pump(mut body: Incoming, uploader: Uploader) {
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return }; // dropped before its end: the request is broken off
        let Ok(bytes) = frame.into_data() else { continue };
        if !uploader.send(bytes, false).await {
            return;
        }
    }
    uploader.send(bytes::Bytes::new(), true).await;
}

fn answer(caller: Caller, stream: FetchStream) -> Answer {
    let mut answer = Response::new(());
    *answer.status_mut() = StatusCode::from_u16(stream.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in &stream.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes())) {
            answer.headers_mut().append(name, value);
        }
    }
    answer.map(|()| parts(caller, stream))
}

/// The body as it comes; breaks off when the call ends.
fn parts(caller: Caller, stream: FetchStream) -> Body {
    use futures::StreamExt as _;
    let next = move |state: Option<FetchStream>| async move {
        let mut stream = state?;
        match stream.part(PART).await {
            Ok(part) => Some((Ok(Frame::data(part.bytes)), (!part.is_last).then_some(stream))),
            Err(error) => Some((Err(error), None)),
        }
    };
    let ended = caller.ended;
    let body = futures::stream::unfold(Some(stream), next).take_until(async move { ended.cancelled().await });
    StreamBody::new(body.boxed())
}
