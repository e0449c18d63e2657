package dev.memux.http;

import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http3.Http3ErrorCode;
import org.jspecify.annotations.Nullable;

/**
 * Why an exchange is given up, in the words of each version. HTTP/1.1 has none: there the
 * connection is closed (RFC 9112 §9.5).
 */
public enum HttpErrorCode {
  /** Nothing is wrong; the rest is not needed. */
  NO_ERROR(Http3ErrorCode.H3_NO_ERROR, Http2Error.NO_ERROR),
  /** A fault of ours, or of a server behind us. */
  INTERNAL_ERROR(Http3ErrorCode.H3_INTERNAL_ERROR, Http2Error.INTERNAL_ERROR),
  /** Nothing was done for the request, so that it may be sent again. */
  REQUEST_REJECTED(Http3ErrorCode.H3_REQUEST_REJECTED, Http2Error.REFUSED_STREAM),
  /** The answer is not wanted any more. */
  REQUEST_CANCELLED(Http3ErrorCode.H3_REQUEST_CANCELLED, Http2Error.CANCEL),
  /** The message breaks the rules of HTTP; RFC 9113 §8.1.1 calls that a protocol error. */
  MESSAGE_ERROR(Http3ErrorCode.H3_MESSAGE_ERROR, Http2Error.PROTOCOL_ERROR),
  /** The connection at the other end of a tunnel was reset (RFC 9114 §4.4, RFC 9113 §8.5). */
  CONNECT_ERROR(Http3ErrorCode.H3_CONNECT_ERROR, Http2Error.CONNECT_ERROR);

  private final Http3ErrorCode http3;
  private final Http2Error http2;

  HttpErrorCode(Http3ErrorCode http3, Http2Error http2) {
    this.http3 = http3;
    this.http2 = http2;
  }

  /** What an error code of HTTP/3 means here; null: it is none of these. */
  static @Nullable HttpErrorCode ofHttp3(long code) {
    for (HttpErrorCode known : values()) {
      if (known.http3() == code) {
        return known;
      }
    }
    return null;
  }

  /** RFC 9114 §8.1. */
  int http3() {
    return http3.code();
  }

  /** RFC 9113 §7. */
  Http2Error http2() {
    return http2;
  }
}
