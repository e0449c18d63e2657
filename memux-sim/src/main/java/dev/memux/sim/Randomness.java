package dev.memux.sim;

import java.util.random.RandomGenerator;

/**
 * SplitMix64 with the draws that simulations ask for. Its sequence is fixed here, whatever a JDK's
 * generators do.
 */
public final class Randomness implements RandomGenerator {
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private long state;

  Randomness(long seed) {
    state = seed;
  }

  @Override
  public long nextLong() {
    state += GOLDEN_GAMMA;
    return mix(state);
  }

  /** True with the given probability; always exactly one draw. */
  public boolean chance(double probability) {
    return (nextLong() >>> 11) * 0x1p-53 < probability;
  }

  /** Uniform in {@code [low, high]}, both included. */
  public long between(long low, long high) {
    if (low > high) {
      throw new IllegalArgumentException("between " + low + " and " + high);
    }
    long span = high - low + 1;
    return span <= 0 ? nextLong() : low + Long.remainderUnsigned(nextLong(), span);
  }

  /** Uniform in {@code [low, high]}, both included. */
  public int between(int low, int high) {
    return (int) between((long) low, (long) high);
  }

  /** Between low and high with every order of magnitude equally likely; {@code low > 0}. */
  public long logarithmic(long low, long high) {
    double exponent = (nextLong() >>> 11) * 0x1p-53;
    return Math.min(high, Math.round(low * StrictMath.pow((double) high / low, exponent)));
  }

  /** One of the choices, each equally likely. */
  @SafeVarargs
  public final <T> T oneOf(T... choices) {
    return choices[between(0, choices.length - 1)];
  }

  static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
