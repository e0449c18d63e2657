package dev.memux.netty;

/** Error numbers of Linux, negative as native code returns them. */
final class Errno {
  static final int EINTR = -4;
  static final int EIO = -5;
  static final int EAGAIN = -11;
  static final int EINVAL = -22;
  static final int EMSGSIZE = -90;
  static final int ENETUNREACH = -101;
  static final int ECONNREFUSED = -111;
  static final int EHOSTUNREACH = -113;

  private Errno() {}

  /** Whether a router or host has sent a datagram of ours back. */
  static boolean saysUnreachable(int errno) {
    return errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ENETUNREACH;
  }
}
