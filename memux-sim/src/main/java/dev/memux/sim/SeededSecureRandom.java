package dev.memux.sim;

import java.security.SecureRandom;
import java.security.SecureRandomSpi;

/**
 * What protocols under test take for a {@link SecureRandom}, so that keys, connection IDs and
 * everything derived from them repeat with the seed. Predictable by design: never hand it to
 * anything that talks to a real network.
 */
public final class SeededSecureRandom extends SecureRandom {
  private static final long serialVersionUID = 1L;

  public SeededSecureRandom(Seed seed) {
    super(new Sequence(seed.random()), null);
  }

  @Override
  public String getAlgorithm() {
    return "memux-sim";
  }

  private static final class Sequence extends SecureRandomSpi {
    private static final long serialVersionUID = 1L;

    private final transient Randomness random;

    Sequence(Randomness random) {
      this.random = random;
    }

    @Override
    protected void engineSetSeed(byte[] seed) {
      // Added entropy would make the run unrepeatable.
    }

    @Override
    protected void engineNextBytes(byte[] bytes) {
      random.nextBytes(bytes);
    }

    @Override
    protected byte[] engineGenerateSeed(int count) {
      byte[] seed = new byte[count];
      random.nextBytes(seed);
      return seed;
    }
  }
}
