package dev.memux.http;

import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Translates between message heads and those of the HTTP/1.1 codec. The codec has refused already
 * what frames a message in two ways: a length beside a transfer coding, two lengths, a coding after
 * chunked, a bare CR or LF (RFC 9112 §2.2, §6.1, §6.3).
 */
final class Http1Heads {
  private static final int BAD_REQUEST = 400;

  private Http1Heads() {}

  /** Why the codec could not read a request. */
  static RefusedRequestException refusal(DecoderResult result) {
    Throwable cause = result.cause();
    if (cause instanceof TooLongHttpLineException) {
      return new RefusedRequestException(414, "the request line is too long");
    }
    if (cause instanceof TooLongHttpHeaderException) {
      return new RefusedRequestException(431, "the fields are too long");
    }
    return new RefusedRequestException(BAD_REQUEST, "unreadable request");
  }

  static RequestHead request(HttpRequest request) throws RefusedRequestException {
    if (request.protocolVersion().majorVersion() != 1) {
      throw new RefusedRequestException(505, "that version is not spoken here");
    }
    HttpFields fields;
    try {
      fields = fields(request.headers());
    } catch (IllegalArgumentException e) {
      throw new RefusedRequestException(BAD_REQUEST, "unreadable fields");
    }
    // RFC 9112 §6.1: a coding that is not understood leaves the message without an end.
    String coding = fields.combined("transfer-encoding");
    if (coding != null && !coding.toLowerCase(Locale.ROOT).equals("chunked")) {
      throw new RefusedRequestException(501, "chunked is the only transfer coding here");
    }
    // RFC 9110 §10.1.1
    String expect = fields.combined("expect");
    if (expect != null && !expect.toLowerCase(Locale.ROOT).equals("100-continue")) {
      throw new RefusedRequestException(417, "100-continue is the only expectation here");
    }
    List<String> hosts = fields.values("host");
    // RFC 9112 §3.2: without exactly one Host, whoever forwards may see another target than we do.
    if (hosts.size() > 1 || (hosts.isEmpty() && version(request) != HttpVersion.HTTP_1_0)) {
      throw new RefusedRequestException(BAD_REQUEST, "there must be one Host field");
    }
    String host = hosts.isEmpty() ? "" : hosts.getFirst();
    RequestHead head = head(request.method().name(), request.uri(), host, fields);
    fields.remove("host");
    HopByHop.strip(fields);
    String violation = RequestRules.violation(head);
    if (violation != null) {
      throw new RefusedRequestException(BAD_REQUEST, violation);
    }
    return head;
  }

  static HttpVersion version(HttpRequest request) {
    return request.protocolVersion().minorVersion() == 0
        ? HttpVersion.HTTP_1_0
        : HttpVersion.HTTP_1_1;
  }

  /** RFC 9112 §3.2: the four forms of a target; a host in the target goes before the field. */
  private static RequestHead head(String method, String target, String host, HttpFields fields) {
    String scheme = "https";
    if (method.equals(RequestHead.CONNECT)) {
      return new RequestHead(method, scheme, target, "", fields);
    }
    int schemeEnd = target.indexOf("://");
    if (target.startsWith("/") || schemeEnd <= 0) {
      return new RequestHead(method, scheme, host, target, fields);
    }
    int begin = schemeEnd + 3;
    int end = begin;
    while (end < target.length() && "/?#".indexOf(target.charAt(end)) < 0) {
      end++;
    }
    String rest = target.substring(end);
    String path = rest.startsWith("/") ? rest : "/" + rest;
    return new RequestHead(method, scheme, target.substring(begin, end), path, fields);
  }

  /** A response's head, or null if it is malformed. */
  static @Nullable ResponseHead response(HttpResponse response) {
    try {
      HttpFields fields = fields(response.headers());
      HopByHop.strip(fields);
      int status = response.status().code();
      return status < 600 ? new ResponseHead(status, fields) : null; // RFC 9110 §15
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /**
   * A request's head for the codec.
   *
   * @param hasBody whether a body follows, of the declared length or in chunks
   */
  static HttpRequest request(RequestHead head, boolean hasBody) {
    HttpHeaders headers = newHeaders();
    headers.set(HttpHeaderNames.HOST, head.authority()); // RFC 9110 §7.2: first of all
    head.fields().forEach(headers::add);
    List<String> cookies = head.fields().values("cookie");
    if (cookies.size() > 1) {
      headers.set(HttpHeaderNames.COOKIE, String.join("; ", cookies)); // RFC 9113 §8.2.3
    }
    if (head.fields().contains("te")) {
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderNames.TE); // RFC 9110 §10.1.4
    }
    if (!hasBody) {
      headers.remove(HttpHeaderNames.CONTENT_LENGTH);
      if (head.method().equals("POST") || head.method().equals("PUT")) {
        headers.set(HttpHeaderNames.CONTENT_LENGTH, HttpHeaderValues.ZERO); // RFC 9110 §8.6
      }
    } else if (!headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
      headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    }
    return new DefaultHttpRequest(
        io.netty.handler.codec.http.HttpVersion.HTTP_1_1,
        HttpMethod.valueOf(head.method()),
        head.path(),
        headers);
  }

  /**
   * The fields as ours.
   *
   * @throws IllegalArgumentException if one cannot be carried on
   */
  static HttpFields fields(HttpHeaders headers) {
    HttpFields fields = new HttpFields();
    for (Map.Entry<String, String> field : headers) {
      fields.add(field.getKey(), field.getValue());
    }
    return fields;
  }

  /** The fields as the codec's; they were checked when they were added. */
  static HttpHeaders headers(HttpFields fields) {
    HttpHeaders headers = newHeaders();
    fields.forEach(headers::add);
    return headers;
  }

  private static HttpHeaders newHeaders() {
    return DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
  }
}
