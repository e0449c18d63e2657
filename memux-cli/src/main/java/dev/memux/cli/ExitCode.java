package dev.memux.cli;

import dev.memux.http.HttpException;
import dev.memux.netty.MuxException;

/** Exit codes; where curl has one for the same thing it is curl's. */
final class ExitCode {
  static final int OK = 0;
  static final int FAILURE = 1;
  static final int USAGE = 2;
  static final int MALFORMED_URL = 3;
  static final int UNRESOLVED = 6;
  static final int UNREACHABLE = 7;
  static final int HTTP_ERROR = 22;
  static final int WRITE_ERROR = 23;
  static final int TIMED_OUT = 28;
  static final int HANDSHAKE = 35;
  static final int RECEIVE_ERROR = 56;
  static final int UNTRUSTED = 60;
  static final int BAD_CA_FILE = 77;

  private ExitCode() {}

  static int of(MuxException failure) {
    return switch (failure) {
      case MuxException.Peer e -> RECEIVE_ERROR;
      case MuxException.Local e -> RECEIVE_ERROR;
      case MuxException.Timeout e -> TIMED_OUT;
      case MuxException.CarrierLost e -> UNREACHABLE;
      case MuxException.Transport e -> {
        if (e.isCertificateRefused()) {
          yield UNTRUSTED;
        }
        yield e.isTlsAlert() ? HANDSHAKE : RECEIVE_ERROR;
      }
    };
  }

  static int of(HttpException failure) {
    return switch (failure) {
      case HttpException.Unresolved e -> UNRESOLVED;
      case HttpException.Unreachable e -> UNREACHABLE;
      case HttpException.TimedOut e -> TIMED_OUT;
      case HttpException.Overloaded e -> TIMED_OUT;
      case HttpException.HandshakeFailed e -> HANDSHAKE;
      case HttpException.Untrusted e -> UNTRUSTED;
      case HttpException.StreamReset e -> RECEIVE_ERROR;
      case HttpException.TunnelRefused e -> HTTP_ERROR;
      case HttpException.ConnectionLost e -> RECEIVE_ERROR;
      case HttpException.Malformed e -> RECEIVE_ERROR;
    };
  }
}
