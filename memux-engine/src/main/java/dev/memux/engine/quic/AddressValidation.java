package dev.memux.engine.quic;

/**
 * Keeps a server from being used to flood others: before the client has shown that it receives at
 * its address, it is sent at most three times what came from it (RFC 9000 §8.1).
 */
final class AddressValidation {
  private static final int FACTOR = 3;

  private boolean validated;
  private long receivedBytes;
  private long sentBytes;

  /**
   * @param validated whether there is nothing to prove: on a client, and on a server that was shown
   *     a token
   */
  AddressValidation(boolean validated) {
    this.validated = validated;
  }

  boolean isValidated() {
    return validated;
  }

  void onReceived(int bytes) {
    receivedBytes += bytes;
  }

  void onSent(int bytes) {
    sentBytes += bytes;
  }

  void onValidated() {
    validated = true;
  }

  /** What may be sent now. */
  long allowanceBytes() {
    return validated ? Long.MAX_VALUE : FACTOR * receivedBytes - sentBytes;
  }
}
