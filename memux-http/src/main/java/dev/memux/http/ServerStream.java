package dev.memux.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.quic.QuicStreamPriority;
import io.netty.util.concurrent.Future;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** A stream that a client has opened, as an exchange sees it. */
interface ServerStream extends HttpStream {
  ByteBufAllocator alloc();

  HttpVersion version();

  /** What the streams of one connection have in common, and no others. */
  Object connection();

  /** Our end, or null if the transport does not tell. */
  @Nullable SocketAddress localAddress();

  /** The client's end, or null if the transport does not tell. */
  @Nullable SocketAddress remoteAddress();

  /** Sends a response's head; any number with a 1xx status before the one that counts. */
  Future<Void> writeHead(ResponseHead head);

  /**
   * Sends a whole answer: its head, its body if there is one, which it releases, and the end.
   *
   * @return done when the last of it was taken, or not
   */
  default Future<Void> writeAnswer(ResponseHead head, ByteBuf body) {
    Future<Void> written = writeHead(head);
    if (body.isReadable()) {
      written = writeData(body);
    } else {
      body.release();
    }
    finish(new HttpFields());
    return written;
  }

  /** Done when the exchange is over, however it ended. */
  Future<Void> closeFuture();

  /** Done when the client has everything that was sent, as far as the transport tells. */
  Future<Void> deliveredFuture();

  /** What was last said by {@link #prioritize}, or null. */
  @Nullable QuicStreamPriority priority();
}
