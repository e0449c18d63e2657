package dev.memux.netty;

import io.netty.util.NetUtil;
import java.net.InetSocketAddress;

/**
 * A way to a server.
 *
 * @param remote resolved
 */
public record Route(CarrierType carrier, InetSocketAddress remote) {
  /** For people: "QUIC to 192.0.2.1:443". */
  @Override
  public String toString() {
    return carrier + " to " + NetUtil.toSocketAddressString(remote);
  }
}
