package dev.memux.sim;

import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * All that happened in a run, as one number and, if wanted, as text. Two runs of a seed must end
 * with the same {@link #hash}; where they do not, their texts show the first difference.
 */
public final class Trace implements NetworkObserver {
  private final Simulation simulation;
  private final @Nullable Consumer<String> lines;
  private final Function<Datagram, String> describer;
  private final CRC32C crc = new CRC32C();
  private long hash;

  /** Only the hash: cheap enough for every run. */
  public Trace(Simulation simulation) {
    this(simulation, null, Datagram::toString);
  }

  /**
   * @param lines takes each line of the text; null: no text is made
   * @param describer what a datagram is called in the text
   */
  public Trace(
      Simulation simulation,
      @Nullable Consumer<String> lines,
      Function<Datagram, String> describer) {
    this.simulation = simulation;
    this.lines = lines;
    this.describer = describer;
  }

  /** Depends on every event so far, its time and its bytes. */
  public long hash() {
    return hash;
  }

  /** Something that a node or its application did. */
  public void note(String what) {
    for (int i = 0; i < what.length(); i++) {
      hash = hash * 31 + what.charAt(i);
    }
    absorb(0, simulation.nowNanos());
    if (lines != null) {
      line(what);
    }
  }

  /**
   * Something that a node did with bytes.
   *
   * @param description what they are called in the text
   */
  public void note(String what, byte[] bytes, Supplier<String> description) {
    crc.reset();
    crc.update(bytes);
    absorb(104, crc.getValue());
    absorb(104, simulation.nowNanos());
    if (lines != null) {
      line(what + " " + description.get());
    }
  }

  @Override
  public void onSent(Datagram datagram, long nowNanos) {
    absorb(1, datagram, nowNanos);
    if (lines != null) {
      line("sent " + describer.apply(datagram));
    }
  }

  @Override
  public void onInjected(Datagram datagram, long nowNanos) {
    absorb(102, datagram, nowNanos);
    if (lines != null) {
      line("injected " + datagram);
    }
  }

  @Override
  public void onDuplicated(Datagram datagram, long nowNanos) {
    absorb(103, datagram, nowNanos);
    if (lines != null) {
      line("copied #" + datagram.id());
    }
  }

  @Override
  public void onDropped(Datagram datagram, DropReason reason, long nowNanos) {
    absorb(2 + reason.ordinal(), datagram, nowNanos);
    if (lines != null) {
      line("lost #" + datagram.id() + " " + reason);
    }
  }

  @Override
  public void onDelivered(Datagram datagram, boolean intact, long nowNanos) {
    absorb((intact ? 100 : 101) + 10 * datagram.ecn(), datagram, nowNanos);
    if (lines != null) {
      line("took #" + datagram.id() + (intact ? "" : " damaged"));
    }
  }

  private void absorb(int kind, Datagram datagram, long nowNanos) {
    crc.reset();
    crc.update(datagram.payload());
    absorb(kind, crc.getValue() ^ (datagram.id() << 32));
    absorb(kind, nowNanos);
  }

  private void absorb(int kind, long value) {
    hash = Randomness.mix(hash ^ Randomness.mix(value + kind));
  }

  private void line(String text) {
    if (lines != null) {
      lines.accept("%12.6f ms  %s".formatted(simulation.elapsedNanos() / 1e6, text));
    }
  }
}
