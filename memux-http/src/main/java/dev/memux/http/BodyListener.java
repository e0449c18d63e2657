package dev.memux.http;

import io.netty.buffer.ByteBuf;

/** Receives a message body piece by piece, on the connection's event loop. */
public interface BodyListener {
  /** The next piece; the receiver releases it. One per {@link InboundBody#read()}. */
  void onData(ByteBuf data);

  /** The body is complete. Nothing follows. */
  void onEnd();

  /** The body will not become complete. Nothing follows. */
  void onFailure(HttpException failure);
}
