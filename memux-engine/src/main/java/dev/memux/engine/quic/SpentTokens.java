package dev.memux.engine.quic;

/**
 * Remembers which tokens were shown lately, so that one is good for one connection (RFC 9000
 * §8.1.4). A table of fixed size in which a newer token takes an older one's place: a token can be
 * used again only after about {@link #SLOTS} others, or on another loop. What it gains an attacker
 * then is one datagram's answer beyond three times what it sent, to an address that it once had.
 */
final class SpentTokens {
  /** 64 KB, once the first token is shown. */
  static final int SLOTS = 8192;

  private long[] slots = {};

  /**
   * Takes a token.
   *
   * @param tag of the token; uniformly distributed
   * @return false if it was taken before
   */
  boolean spend(long tag) {
    if (slots.length == 0) {
      slots = new long[SLOTS];
    }
    int slot = (int) tag & SLOTS - 1;
    boolean fresh = slots[slot] != tag;
    slots[slot] = tag;
    return fresh;
  }
}
