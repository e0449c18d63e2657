package dev.memux.http;

import io.netty.handler.codec.http3.DefaultHttp3Headers;
import io.netty.handler.codec.http3.Http3Headers;
import io.netty.util.AsciiString;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Translates between message heads and the codec's headers. What the codec has not checked already
 * is checked here; a null result is a malformed message (RFC 9114 §4.1.2).
 */
final class MessageHeads {
  private MessageHeads() {}

  static Http3Headers encode(RequestHead head) {
    Http3Headers headers = new DefaultHttp3Headers();
    // The codec recognises HEAD, whose answer has a length but no body, as an AsciiString only.
    headers.method(AsciiString.of(head.method())).scheme(head.scheme());
    headers.authority(head.authority());
    headers.path(head.path());
    head.fields().forEach(headers::add);
    return headers;
  }

  static Http3Headers encode(ResponseHead head) {
    Http3Headers headers = new DefaultHttp3Headers();
    headers.status(Integer.toString(head.status()));
    head.fields().forEach(headers::add);
    return headers;
  }

  static @Nullable RequestHead request(Http3Headers headers) {
    HttpFields fields = fields(headers);
    CharSequence method = headers.method();
    if (fields == null || method == null) {
      return null;
    }
    // RFC 9114 §4.3.1: without :authority the Host field names the target.
    String authority = text(headers.authority(), fields.value("host"));
    String path = text(headers.path(), "");
    return new RequestHead(method.toString(), text(headers.scheme(), ""), authority, path, fields);
  }

  static @Nullable ResponseHead response(Http3Headers headers) {
    HttpFields fields = fields(headers);
    CharSequence status = headers.status();
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

  private static @Nullable HttpFields fields(Http3Headers headers) {
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

  private static String text(@Nullable CharSequence value, @Nullable String otherwise) {
    if (value != null) {
      return value.toString();
    }
    return otherwise == null ? "" : otherwise;
  }
}
