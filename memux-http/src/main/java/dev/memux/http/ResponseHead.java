package dev.memux.http;

/** What a response says before its body (RFC 9114 §4.3.2). */
public record ResponseHead(int status, HttpFields fields) {
  /** A head with that status. */
  public ResponseHead {
    if (status < 100 || status > 999) {
      throw new IllegalArgumentException("status " + status);
    }
  }

  /** A head without fields. */
  public static ResponseHead of(int status) {
    return new ResponseHead(status, new HttpFields());
  }

  /** Adds a field and returns this head. */
  public ResponseHead with(String name, String value) {
    fields.add(name, value);
    return this;
  }
}
