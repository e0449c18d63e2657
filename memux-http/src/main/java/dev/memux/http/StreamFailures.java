package dev.memux.http;

import dev.memux.netty.ConnectionClosedException;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.http3.Http3Exception;
import io.netty.handler.codec.quic.QuicStreamResetException;
import java.nio.channels.ClosedChannelException;

/** What a failure in a stream's pipeline means for the exchange. */
final class StreamFailures {
  private StreamFailures() {}

  static HttpException of(Throwable cause) {
    if (cause instanceof HttpException known) {
      return known;
    }
    if (cause instanceof Http3Exception broken) {
      return new HttpException.Malformed(String.valueOf(broken.getMessage()), broken);
    }
    if (cause instanceof QuicStreamResetException reset) {
      long code = reset.applicationProtocolCode();
      return new HttpException.StreamReset("the peer reset the stream" + name(code), code);
    }
    if (cause instanceof ConnectionClosedException closed) {
      return new HttpException.ConnectionLost(String.valueOf(closed.getMessage()), closed);
    }
    if (cause instanceof ClosedChannelException) {
      return new HttpException.ConnectionLost("the connection was closed", cause);
    }
    return new HttpException.StreamReset("the stream failed: " + cause.getMessage(), -1);
  }

  private static String name(long code) {
    for (Http3ErrorCode known : Http3ErrorCode.values()) {
      if (known.code() == code) {
        return " (" + known + ")";
      }
    }
    return " (code 0x" + Long.toHexString(code) + ")";
  }
}
