//! MCP over standard input and output, inside the process of the client's choosing. Standard output carries protocol
//! only: logs go elsewhere.

use std::sync::Arc;

use mcpbox_catalog::Catalog;
use rmcp::service::{ServerInitializeError, serve_server_with_ct};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::{config::GatewayConfig, error::GatewayError, gateway::Gateway, handler::Handler};

/// Serves the one client on standard input and output until it closes its end or `shutdown`.
///
/// # Errors
/// The client did not speak MCP.
pub async fn serve_stdio(
    catalog: Arc<Catalog>,
    config: GatewayConfig,
    shutdown: CancellationToken,
) -> Result<(), GatewayError> {
    let (input, output) = rmcp::transport::stdio();
    serve_pipe(catalog, config, shutdown, input, output).await
}

/// The same over any pair of pipes.
///
/// # Errors
/// Those of [`serve_stdio`].
pub async fn serve_pipe(
    catalog: Arc<Catalog>,
    config: GatewayConfig,
    shutdown: CancellationToken,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
) -> Result<(), GatewayError> {
    let gateway = Gateway::start(catalog, config);
    let ended = gateway.ended.clone();
    let served = match serve_server_with_ct(Handler::new(gateway.clone()), (input, output), ended.clone()).await {
        Ok(running) => {
            let mut done = std::pin::pin!(running.waiting());
            tokio::select! {
                _ = &mut done => {}
                () = shutdown.cancelled() => {
                    gateway.closing.cancel();
                    gateway.interrupt.cancel();
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                    ended.cancel();
                    let _ = done.await;
                }
            }
            Ok(())
        }
        // The client left before it said anything: nothing is wrong.
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => Ok(()),
        Err(error) => Err(GatewayError::Handshake(error.to_string())),
    };
    gateway.closing.cancel();
    gateway.interrupt.cancel();
    ended.cancel();
    gateway.tasks.close();
    gateway.tasks.wait().await;
    served
}
