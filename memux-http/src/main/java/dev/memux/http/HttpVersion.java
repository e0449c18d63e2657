package dev.memux.http;

/** The version of HTTP that carries an exchange (RFC 9110 §2.5). */
public enum HttpVersion {
  HTTP_1_0("1.0"),
  HTTP_1_1("1.1"),
  HTTP_2("2"),
  HTTP_3("3");

  private final String number;

  HttpVersion(String number) {
    this.number = number;
  }

  /** The number as {@code Via} has it (RFC 9110 §7.6.3). */
  public String number() {
    return number;
  }

  /** Whether requests share a connection as streams of their own. */
  boolean isMultiplexed() {
    return this == HTTP_2 || this == HTTP_3;
  }
}
