//! What an HTTP answer of a source says before its messages are read: its head, why it is a refusal, a body of limited size.

use std::borrow::Cow;

use mcpbox_egress::FetchStream;
use rmcp::{
    model::{ClientJsonRpcMessage, ClientRequest, ErrorData, ServerJsonRpcMessage},
    transport::streamable_http_client::{AuthRequiredError, HttpStatusError, StreamableHttpPostResponse},
};

use crate::http::{Error, JSON, Unreachable};

/// Most that is read of an answer that is an error, bytes.
const ERROR_MAX: usize = 64 << 10;
/// Most that is shown of it, characters.
const ERROR_SHOWN: usize = 200;
/// Bytes that are taken at once.
const PART: usize = 64 << 10;

/// The first header of that (lower-case) name.
pub(crate) fn header<'a>(answer: &'a FetchStream, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

/// Whether the body is of this media type.
pub(crate) fn is_type(answer: &FetchStream, kind: &str) -> bool {
    header(answer, "content-type").is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with(kind))
}

/// The whole body.
///
/// # Errors
/// It breaks off, or is longer than `max` bytes.
pub(crate) async fn whole(answer: &mut FetchStream, max: usize) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    loop {
        let part = answer.part(PART).await.map_err(|error| Error::Client(Unreachable(error.message)))?;
        body.extend_from_slice(&part.bytes);
        if body.len() > max {
            return Err(Error::ResponseBodyTooLarge { max_size: max });
        }
        if part.is_last {
            return Ok(body);
        }
    }
}

/// What an answer says that is no success.
///
/// # Errors
/// What it says, unless that is an answer to the message.
pub(crate) async fn refusal(
    mut answer: FetchStream,
    message: Option<&ClientJsonRpcMessage>,
    in_session: bool,
) -> Result<StreamableHttpPostResponse, Error> {
    let status = answer.status;
    if matches!(status, 401 | 403) {
        let challenge = header(&answer, "www-authenticate").unwrap_or_default().to_owned();
        return Err(Error::AuthRequired(AuthRequiredError::new(format!("HTTP {status} {challenge}"))));
    }
    if status == 404 && in_session {
        return Err(Error::SessionExpired);
    }
    let retry_after = header(&answer, "retry-after").map(str::to_owned);
    let is_json = is_type(&answer, JSON);
    let body = whole(&mut answer, ERROR_MAX).await.unwrap_or_default();
    let told = match serde_json::from_slice::<ServerJsonRpcMessage>(&body) {
        Ok(ServerJsonRpcMessage::Error(error)) => Some(error),
        _ => None,
    };
    if let (Some(ClientJsonRpcMessage::Request(request)), 400..=499, false) = (message, status, in_session)
        && matches!(request.request, ClientRequest::DiscoverRequest(_))
    {
        // An older server knows neither the method nor, often, its own answer's id; the lifecycle decides by the error.
        let error = told.map_or_else(|| ErrorData::invalid_request(format!("HTTP {status}"), None), |told| told.error);
        let answer = ServerJsonRpcMessage::error(error, Some(request.id.clone()));
        return Ok(StreamableHttpPostResponse::Json(answer, None));
    }
    match told {
        Some(error) if is_json => Ok(StreamableHttpPostResponse::Json(ServerJsonRpcMessage::Error(error), None)),
        _ if status == 429 || status >= 500 => Err(HttpStatusError::new(status, retry_after).into()),
        _ => {
            let shown: String =
                String::from_utf8_lossy(&body).chars().filter(|c| !c.is_control()).take(ERROR_SHOWN).collect();
            let hint = if (300..400).contains(&status) {
                "it redirects, which is not followed: use its final address"
            } else {
                &shown
            };
            Err(Error::UnexpectedServerResponse(Cow::Owned(format!("HTTP {status}: {hint}"))))
        }
    }
}
