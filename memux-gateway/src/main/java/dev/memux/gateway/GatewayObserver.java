package dev.memux.gateway;

import dev.memux.http.ConnectionSummary;

/** Hears what happens at a gateway, on the event loops; must not block. */
public interface GatewayObserver {
  /** Hears nothing. */
  GatewayObserver NONE =
      new GatewayObserver() {
        @Override
        public void onConnected(ConnectionSummary connection) {}

        @Override
        public void onTunnel(TunnelSummary tunnel) {}
      };

  /** A handshake is complete. */
  void onConnected(ConnectionSummary connection);

  /** A tunnel is over, or there was none for who asked. */
  void onTunnel(TunnelSummary tunnel);
}
