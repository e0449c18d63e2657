package dev.memux.http;

import io.netty.channel.Channel;

/** A connection that requests come in on, as those see it who end it. */
interface ServedConnection {
  Channel channel();

  /**
   * Begins the end: requests that are open are answered, and the connection closes after the last.
   * On the connection's event loop.
   */
  void drain();

  /** Ends it now, whatever is open. On the connection's event loop. */
  void closeNow();
}
