package dev.memux.http;

import dev.memux.engine.schedule.Priority;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import org.jspecify.annotations.Nullable;

/**
 * A socket whose connection is a stream of the connection to a gateway; see {@link
 * MuxSocketFactory}.
 *
 * <p>It does what {@link Socket} says, with these differences: there is no local address, options
 * about TCP have no effect, and {@link #getInetAddress} is null if the address was given by name
 * alone.
 */
public final class TunnelSocket extends Socket {
  private final SocketTunnel tunnel;

  TunnelSocket(SocketTunnel tunnel) throws SocketException {
    super(tunnel);
    this.tunnel = tunnel;
  }

  /**
   * Changes how important the connection is, in both directions; does not block. May be called
   * before it is connected.
   *
   * @throws IllegalArgumentException if the urgency is none of RFC 9218
   */
  public void priority(Priority value) {
    tunnel.priority(value);
  }

  /** What it was connected to, as it was given; null: it is not connected. */
  @Override
  public @Nullable SocketAddress getRemoteSocketAddress() {
    return tunnel.remote();
  }

  @Override
  public String toString() {
    SocketAddress remote = tunnel.remote();
    return "TunnelSocket[" + (remote == null ? "unconnected" : remote) + "]";
  }
}
