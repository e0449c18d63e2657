package dev.memux.netty;

import io.netty.util.NetUtil;
import java.net.InetSocketAddress;

/**
 * A way to a server.
 *
 * @param kind what carries the connection
 * @param remote resolved
 */
public record Route(Kind kind, InetSocketAddress remote) {
  /** What carries a connection's streams. */
  public enum Kind {
    /** QUIC over UDP. */
    QUIC,
    /** QMux over TLS over TCP. */
    TCP;

    /** The one to try where this one does not do. */
    Kind other() {
      return this == QUIC ? TCP : QUIC;
    }
  }

  @Override
  public String toString() {
    return (kind == Kind.QUIC ? "QUIC to " : "TCP to ") + NetUtil.toSocketAddressString(remote);
  }
}
