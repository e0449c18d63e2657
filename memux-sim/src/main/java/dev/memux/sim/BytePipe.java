package dev.memux.sim;

/**
 * One direction of a connection that delivers bytes in order and loses none, as TCP does: a bounded
 * buffer at the sender, a bottleneck, a flight. What a {@link LinkProfile} loses is sent again, for
 * which everything behind it has to wait. Bytes arrive in pieces that have nothing to do with how
 * they were written.
 */
public final class BytePipe {
  /** What arrives at the far end, and what the near end hears. */
  public interface Listener {
    /** Bytes have arrived, valid during the call. */
    void onBytes(byte[] bytes, int from, int length);

    /** Nothing will arrive any more: the sender has ended. */
    void onEnd();

    /** To the sender: the buffer takes bytes again, after {@link #isWritable} was false. */
    void onWritable();
  }

  private static final int SEGMENT_BYTES = 1448;

  /** The least time after which TCP sends a lost segment again (RFC 6298 §2.4 allows less). */
  private static final long MIN_RETRANSMISSION_NANOS = 200_000_000;

  private final Simulation simulation;
  private final LinkProfile profile;
  private final int bufferBytes;
  private final Randomness splits;
  private final Randomness losses;
  private final Randomness jitter;
  private Listener listener = new Unheard();
  private long busyUntilNanos;
  private long lastArrivalNanos;
  private long bufferedBytes;
  private boolean wasFull;
  private boolean ended;
  private boolean dead;

  /**
   * @param profile delay, jitter, rate and loss count; the rest is the business of datagrams
   * @param bufferBytes the pipe is writable while less than this has not left
   */
  public BytePipe(Simulation simulation, LinkProfile profile, int bufferBytes, Seed seed) {
    this.simulation = simulation;
    this.profile = profile;
    this.bufferBytes = bufferBytes;
    this.splits = seed.split("splits").random();
    this.losses = seed.split("losses").random();
    this.jitter = seed.split("jitter").random();
    this.busyUntilNanos = simulation.nowNanos();
    this.lastArrivalNanos = simulation.nowNanos();
  }

  public void listen(Listener ends) {
    listener = ends;
  }

  /** Whether bytes may be written; {@link Listener#onWritable} tells when they may again. */
  public boolean isWritable() {
    wasFull = bufferedBytes >= bufferBytes;
    return !wasFull;
  }

  /** Takes bytes, of any number once it is writable. */
  public void write(byte[] bytes, int from, int length) {
    if (ended) {
      throw new IllegalStateException("written to after its end");
    }
    byte[] copy = new byte[length];
    System.arraycopy(bytes, from, copy, 0, length);
    bufferedBytes += length;
    for (int at = 0; at < length; ) {
      int piece = Math.min(length - at, nextPieceBytes());
      send(copy, at, piece);
      at += piece;
    }
  }

  private int nextPieceBytes() {
    return splits.chance(0.9) ? SEGMENT_BYTES : splits.between(1, 40);
  }

  private void send(byte[] bytes, int from, int length) {
    busyUntilNanos = Math.max(busyUntilNanos, simulation.nowNanos());
    if (profile.rateBitsPerSecond() > 0) {
      busyUntilNanos += Math.ceilDiv(length * 8_000_000_000L, profile.rateBitsPerSecond());
    }
    simulation.at(busyUntilNanos, () -> onDeparted(length));
    simulation.at(nextArrivalNanos(), () -> onArrived(bytes, from, length));
  }

  private void onDeparted(int length) {
    if (dead) {
      return; // nobody acknowledges: the buffer stays full
    }
    bufferedBytes -= length;
    if (wasFull && isWritable()) {
      listener.onWritable();
    }
  }

  private long nextArrivalNanos() {
    long nanos = profile.delayNanos() + jitter.between(0, profile.jitterNanos());
    long again = Math.max(MIN_RETRANSMISSION_NANOS, 2 * profile.delayNanos());
    for (int tries = 0; losses.chance(profile.loss()) && tries < 4; tries++) {
      nanos += again << tries;
    }
    lastArrivalNanos = Math.max(lastArrivalNanos, busyUntilNanos + nanos);
    return lastArrivalNanos;
  }

  private void onArrived(byte[] bytes, int from, int length) {
    if (!dead) {
      listener.onBytes(bytes, from, length);
    }
  }

  /** The sender has nothing more to say. */
  public void end() {
    if (!ended) {
      ended = true;
      simulation.at(
          Math.max(busyUntilNanos, nextArrivalNanos()),
          () -> {
            if (!dead) {
              listener.onEnd();
            }
          });
    }
  }

  /** From now on nothing arrives, and nobody is told. */
  public void die() {
    dead = true;
  }

  /** Nobody is there yet. */
  private static final class Unheard implements Listener {
    @Override
    public void onBytes(byte[] bytes, int from, int length) {
      throw new IllegalStateException("nobody listens");
    }

    @Override
    public void onEnd() {
      throw new IllegalStateException("nobody listens");
    }

    @Override
    public void onWritable() {
      throw new IllegalStateException("nobody listens");
    }
  }
}
