package dev.memux.http;

import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;

/** Opens connections: all that the client needs from the transport. */
@FunctionalInterface
public interface Connector {
  /**
   * Connects; done when streams can be opened.
   *
   * @param serverName the name that the certificate must be for
   * @param handler goes into the connection's pipeline before it becomes active
   */
  Future<QuicChannel> connect(InetSocketAddress remote, String serverName, ChannelHandler handler);
}
