package dev.memux.bench;

import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.quic.QuicChannel;
import java.util.concurrent.CompletableFuture;

/** Bootstraps of QUIC channels: all in which applications of Netty differ by what is below. */
interface QuicStack {
  /**
   * Binds a server to a free port of the loopback address.
   *
   * @param connections sharable; added to each connection's pipeline
   * @param streams sharable; added to that of each stream that a client opens
   */
  Contender.Server listen(
      Setting setting, String[] protocols, ChannelHandler connections, ChannelHandler streams)
      throws Exception;

  /**
   * Makes a client.
   *
   * @param connections sharable; added to each connection's pipeline
   * @param streams sharable; added to that of each stream that the server opens
   * @param port of the server, on the loopback address
   */
  Connector connector(
      Setting setting,
      String[] protocols,
      ChannelHandler connections,
      ChannelHandler streams,
      int port)
      throws Exception;

  /** Begins connections. */
  interface Connector extends AutoCloseable {
    /**
     * Begins a handshake; what depends on it runs on the connection's event loop.
     *
     * @param worker who connects: sessions of one are not resumed by another
     */
    CompletableFuture<QuicChannel> connect(int worker);

    /** How many handshakes were full so far. */
    long fullHandshakes();

    /** The cipher, and what carries the packets. */
    String description(QuicChannel connection);

    @Override
    void close();
  }
}
