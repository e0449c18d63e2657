package dev.memux.http;

import io.netty.handler.codec.http3.Http3Exception;
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
    if (cause instanceof ClosedChannelException) {
      return new HttpException.ConnectionLost("the connection was closed", cause);
    }
    return new HttpException.StreamReset("the stream failed: " + cause.getMessage(), -1);
  }
}
