package dev.memux.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.quic.QuicStreamPriority;
import io.netty.util.concurrent.Future;

/**
 * What a version of HTTP does for the bodies of one exchange: a stream of HTTP/3 or HTTP/2, or the
 * time that a connection of HTTP/1.1 gives to it. All methods belong to {@link #loop()}.
 */
interface HttpStream {
  EventLoop loop();

  /** Whether what has come may be a replay (0-RTT); only QUIC carries such. */
  default boolean isEarly() {
    return false;
  }

  /** Whether the exchange is still going on. */
  boolean isActive();

  /** Whether more may be written without piling it up. */
  boolean isWritable();

  /** Says how urgent what is sent is, where the version has a use for it. */
  default void prioritize(QuicStreamPriority priority) {}

  /** Sends a piece of the body and releases it. */
  Future<Void> writeData(ByteBuf data);

  /** Ends what is sent, with trailers if there are any. What was written still goes out. */
  void finish(HttpFields trailers);

  /** Ends what is sent before its end, so that the peer knows it is incomplete. */
  void abortOutput(HttpErrorCode code);

  /** Takes nothing more in until {@link #resumeInput}, so that flow control holds the peer back. */
  void pauseInput();

  void resumeInput();

  /** Tells the peer that the rest of what it sends is not wanted. */
  void stopInput(HttpErrorCode code);
}
