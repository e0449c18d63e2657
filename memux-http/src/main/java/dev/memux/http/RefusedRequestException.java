package dev.memux.http;

/** A request that is answered by its status alone, because what follows it cannot be trusted. */
final class RefusedRequestException extends Exception {
  private static final long serialVersionUID = 1;

  private final int status;

  RefusedRequestException(int status, String reason) {
    super(reason, null, false, false);
    this.status = status;
  }

  int status() {
    return status;
  }

  String reason() {
    return String.valueOf(getMessage());
  }
}
