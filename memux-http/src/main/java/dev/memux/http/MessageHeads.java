package dev.memux.http;

import io.netty.handler.codec.Headers;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http3.DefaultHttp3Headers;
import io.netty.handler.codec.http3.Http3Headers;
import io.netty.util.AsciiString;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Translates between message heads and the headers of the codecs for HTTP/3 and HTTP/2, whose
 * pseudo-header fields are the same (RFC 9114 §4.3, RFC 9113 §8.3). What the codecs have not
 * checked already is checked here; a null result is a malformed message (RFC 9114 §4.1.2, RFC 9113
 * §8.1.1).
 */
final class MessageHeads {
  private static final AsciiString METHOD = AsciiString.cached(":method");
  private static final AsciiString SCHEME = AsciiString.cached(":scheme");
  private static final AsciiString AUTHORITY = AsciiString.cached(":authority");
  private static final AsciiString PATH = AsciiString.cached(":path");
  private static final AsciiString STATUS = AsciiString.cached(":status");

  private MessageHeads() {}

  static Http3Headers http3(RequestHead head) {
    Http3Headers headers = new DefaultHttp3Headers();
    // The codec recognises HEAD, whose answer has a length but no body, as an AsciiString only.
    headers.method(AsciiString.of(head.method())).authority(head.authority());
    if (!head.isConnect()) { // RFC 9114 §4.4
      headers.scheme(head.scheme()).path(head.path());
    }
    head.fields().forEach(headers::add);
    return headers;
  }

  static Http3Headers http3(ResponseHead head) {
    Http3Headers headers = new DefaultHttp3Headers();
    headers.status(Integer.toString(head.status()));
    head.fields().forEach(headers::add);
    return headers;
  }

  static Http3Headers http3(HttpFields trailers) {
    Http3Headers headers = new DefaultHttp3Headers();
    trailers.forEach(headers::add);
    return headers;
  }

  static Http2Headers http2(ResponseHead head) {
    Http2Headers headers = new DefaultHttp2Headers();
    headers.status(Integer.toString(head.status()));
    head.fields().forEach(headers::add);
    return headers;
  }

  static Http2Headers http2(HttpFields trailers) {
    Http2Headers headers = new DefaultHttp2Headers();
    trailers.forEach(headers::add);
    return headers;
  }

  static @Nullable RequestHead request(Headers<CharSequence, CharSequence, ?> headers) {
    HttpFields fields = fields(headers);
    if (fields == null) {
      return null;
    }
    String host = fields.value("host");
    String authority = text(headers.get(AUTHORITY), host);
    // RFC 9114 §4.3.1, RFC 9113 §8.3.1: one of them must be there, and both must say the same.
    if (authority.isEmpty() || (host != null && !host.equalsIgnoreCase(authority))) {
      return null;
    }
    fields.remove("host");
    if (isConnect(headers) && (headers.contains(SCHEME) || headers.contains(PATH))) {
      // RFC 9114 §4.4, RFC 9113 §8.5: with them it is another protocol's extended CONNECT (RFC
      // 8441, RFC 9220), which must not be taken for a tunnel to the authority.
      return null;
    }
    RequestHead head =
        new RequestHead(
            text(headers.get(METHOD), null),
            text(headers.get(SCHEME), null),
            authority,
            text(headers.get(PATH), null),
            fields);
    return RequestRules.violation(head) == null ? head : null;
  }

  static @Nullable ResponseHead response(Headers<CharSequence, CharSequence, ?> headers) {
    HttpFields fields = fields(headers);
    CharSequence status = headers.get(STATUS);
    // RFC 9110 §15: three digits.
    if (fields == null || status == null || status.length() != 3) {
      return null;
    }
    try {
      return new ResponseHead(Integer.parseInt(status.toString()), fields);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** RFC 9114 §4.3, RFC 9113 §8.1: trailers hold no pseudo-header fields; the codecs see to it. */
  static @Nullable HttpFields trailers(Headers<CharSequence, CharSequence, ?> headers) {
    return fields(headers);
  }

  private static @Nullable HttpFields fields(Headers<CharSequence, CharSequence, ?> headers) {
    HttpFields fields = new HttpFields();
    try {
      for (Map.Entry<CharSequence, CharSequence> field : headers) {
        String name = field.getKey().toString();
        if (!name.startsWith(":")) {
          fields.add(name, field.getValue().toString());
        }
      }
    } catch (IllegalArgumentException e) {
      return null;
    }
    return fields;
  }

  private static boolean isConnect(Headers<CharSequence, CharSequence, ?> headers) {
    return RequestHead.CONNECT.equals(text(headers.get(METHOD), null));
  }

  private static String text(@Nullable CharSequence value, @Nullable String otherwise) {
    if (value != null) {
      return value.toString();
    }
    return otherwise == null ? "" : otherwise;
  }
}
