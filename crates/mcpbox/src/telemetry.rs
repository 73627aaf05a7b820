//! The log, and traces over OTLP when the standard variables name a collector. Logs go to standard error: standard output belongs to
//! answers and, in `stdio`, to MCP. Without a collector no span of a trace is ever made.

use std::{collections::HashMap, io::IsTerminal, time::Duration};

use anyhow::{Context as _, bail};
use http::{HeaderMap, Method};
use mcpbox_catalog::observe::TRACE;
use opentelemetry::{
    propagation::TextMapPropagator,
    trace::{TraceContextExt, TracerProvider},
};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use percent_encoding::percent_decode_str;
use tracing::{Level, Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{Config, Environment};

/// How long the last spans may take to leave.
const LAST_WORD: Duration = Duration::from_secs(1);

type Sink = Box<dyn Layer<Registry> + Send + Sync>;

/// What was started; sends what is left when it is dropped.
pub(crate) struct Telemetry(Option<SdkTracerProvider>);

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.0.take().map(|provider| provider.shutdown_with_timeout(LAST_WORD)) {
            tracing::debug!(%error, "the last spans may not have been sent");
        }
    }
}

/// Starts both. Must run before there is a runtime: the exporter has a thread of its own.
///
/// # Errors
/// A setting that cannot be used, in a sentence.
pub(crate) fn start(config: &Config, env: &Environment) -> anyhow::Result<Telemetry> {
    let provider = provider(env).context("traces cannot be sent")?;
    let mut layers: Vec<Sink> = vec![log(config)?];
    if let Some(provider) = &provider {
        let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("mcpbox")).with_location(false);
        // Spans only: what is logged stays in the log.
        layers.push(spans.with_threads(false).with_filter(Targets::new().with_target(TRACE, Level::INFO)).boxed());
        mcpbox_listen::trace_with(begin, pass);
    }
    let started = tracing_subscriber::registry().with(layers).try_init();
    started.map_err(|error| anyhow::anyhow!("cannot start the log: {error}"))?;
    Ok(Telemetry(provider))
}

fn log(config: &Config) -> anyhow::Result<Sink> {
    // Whatever is asked for, lines about a request carry its name.
    // The library of logins tells the codes it was given, to whoever reads a log of everything.
    let directives = format!("{}=error,rmcp::transport::auth=warn,{}", mcpbox_listen::LOG, config.log);
    let filter = EnvFilter::try_new(directives).map_err(|error| {
        anyhow::anyhow!("log is '{}': {error}; use for instance info, or mcpbox_gateway=debug,warn", config.log)
    })?;
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    Ok(match config.logs_json {
        true => log.json().with_filter(filter).boxed(),
        false => log.compact().with_filter(filter).boxed(),
    })
}

/// What makes and sends spans, when the [standard variables](https://opentelemetry.io/docs/specs/otel/protocol/exporter/) ask for it. The
/// SDK reads them by itself, but for those that may hold a credential: they were taken out of the environment.
fn provider(env: &Environment) -> anyhow::Result<Option<SdkTracerProvider>> {
    let set = |name: &str| env.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    let either =
        |of: &str| set(&format!("OTEL_EXPORTER_OTLP_TRACES_{of}")).or_else(|| set(&format!("OTEL_EXPORTER_OTLP_{of}")));
    let is_off = set("OTEL_SDK_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true"))
        || set("OTEL_TRACES_EXPORTER").is_some_and(|text| text == "none");
    if is_off || either("ENDPOINT").is_none() {
        return Ok(None);
    }
    if let Some(other) = either("PROTOCOL").filter(|protocol| *protocol != "http/protobuf") {
        bail!("OTEL_EXPORTER_OTLP_PROTOCOL is '{other}'; only http/protobuf is spoken, usually at port 4318");
    }
    let headers = either("HEADERS").map(headers).unwrap_or_default();
    let exporter =
        SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary).with_headers(headers).build()?;
    let resource = Resource::builder();
    let resource = match set("OTEL_SERVICE_NAME") {
        Some(_) => resource,
        None => resource.with_service_name("mcpbox"),
    };
    let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = resource.with_attribute(version).build();
    Ok(Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build()))
}

/// `name=value,name=value`, values percent-encoded.
fn headers(text: &str) -> HashMap<String, String> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| {
            (name.trim().to_owned(), percent_decode_str(value.trim()).decode_utf8_lossy().into_owned())
        })
        .collect()
}

/// The span of a request, continuing the trace of its sender if it names one ([W3C Trace Context](https://www.w3.org/TR/trace-context/)).
fn begin(listener: &'static str, method: &Method, headers: &HeaderMap) -> Span {
    let span = tracing::info_span!(
        target: TRACE, "request", otel.name = format!("{method} {listener}"), otel.kind = "server",
        http.request.method = %method, http.response.status_code = Empty
    );
    let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    if parent.span().span_context().is_valid() {
        // It fails only once the span has begun to be sent.
        let _ = span.set_parent(parent);
    }
    span
}

/// Names the current span as the sender of a request.
fn pass(headers: &mut HeaderMap) {
    TraceContextPropagator::new().inject_context(&Span::current().context(), &mut HeaderInjector(headers));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn nothing_is_sent_unless_a_collector_is_named_and_grpc_is_refused() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        for off in [
            &[][..],
            &[endpoint, ("OTEL_SDK_DISABLED", "TRUE")],
            &[endpoint, ("OTEL_TRACES_EXPORTER", "none")],
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")],
        ] {
            assert!(provider(&env(off)).unwrap().is_none(), "{off:?}");
        }
        let grpc = provider(&env(&[endpoint, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")])).unwrap_err().to_string();
        assert!(grpc.contains("http/protobuf"), "{grpc}");
        assert_eq!(
            headers("a=b, Authorization=Basic%20eA=="),
            HashMap::from([("a".to_owned(), "b".to_owned()), ("Authorization".to_owned(), "Basic eA==".to_owned()),])
        );
    }
}
