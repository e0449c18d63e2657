package dev.memux.gateway;

/** There is no tunnel; says why. */
final class RefusedTunnelException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient ConnectRefusal refusal;

  RefusedTunnelException(ConnectRefusal refusal) {
    super(refusal.reason(), null, false, false);
    this.refusal = refusal;
  }

  ConnectRefusal refusal() {
    return refusal;
  }
}
