package dev.memux.sim;

/**
 * The root of a run's randomness. A seed is split by purpose, so that a draw added in one place
 * changes nothing elsewhere: {@code seed.split("loss")} does not depend on how much was drawn for
 * {@code "jitter"}.
 *
 * @param value any number; equal values give equal runs
 */
public record Seed(long value) {
  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  /** The seed for one named purpose below this one. */
  public Seed split(String purpose) {
    long hash = FNV_OFFSET;
    for (int i = 0; i < purpose.length(); i++) {
      hash = (hash ^ purpose.charAt(i)) * FNV_PRIME;
    }
    return new Seed(Randomness.mix(value ^ Randomness.mix(hash)));
  }

  /** The seed for one of many things of a kind. */
  public Seed split(long index) {
    return new Seed(Randomness.mix(value + Randomness.mix(index + 1)));
  }

  /** A fresh generator; two calls give two generators with the same sequence. */
  public Randomness random() {
    return new Randomness(value);
  }
}
