package dev.memux.netty;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What carries one engine connection, as its channel sees it. All methods on the event loop unless
 * they say otherwise.
 */
interface Carrier {
  /** The connection's loop, for life. Any thread. */
  EventLoop eventLoop();

  /** The socket's channel. Any thread. */
  Channel transport();

  /** The engine has been told something: events and packets may wait. Handled once per turn. */
  void wake();

  /** Hands to the socket, now, what the connection may send now. */
  void flushNow();

  /** Any thread; null before the socket is bound. */
  @Nullable InetSocketAddress local();

  InetSocketAddress remote();

  long nowNanos();
}
