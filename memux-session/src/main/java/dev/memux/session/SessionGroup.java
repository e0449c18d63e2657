package dev.memux.session;

import dev.memux.engine.mux.Mux;
import dev.memux.engine.mux.StreamGroup;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Group;
import dev.memux.engine.schedule.Priority;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Streams of a session that share one part of the connection, such as those of one user: while
 * several groups have something to send, each gets its part by its weight, whatever the urgencies
 * of the streams in it. The streams of no group are together like one of weight 1. {@link
 * Session#group} makes groups; any thread may call anything.
 *
 * <p>The peer learns which of the streams opened in it belong together, and gives the groups it
 * knows of equal parts of its own direction; weight and urgency are this end's alone.
 */
public final class SessionGroup implements AutoCloseable {
  private final Session session;
  private volatile int weight;
  private volatile int urgency = Priority.DEFAULT.urgency();
  private volatile boolean closed;

  /** The loop's; made when the first stream needs it. */
  private @Nullable StreamGroup engine;

  SessionGroup(Session session, int weight) {
    this.session = session;
    this.weight = requireWeight(weight);
  }

  /** Opens a bidirectional stream in the group; see {@link Session#open()}. */
  public Stream open() throws IOException {
    return session.open(StreamType.BIDIRECTIONAL, null, requireOpen());
  }

  /** Opens a stream in the group; see {@link Session#open(StreamType, Priority)}. */
  public Stream open(StreamType type, Priority priority) throws IOException {
    return session.open(type, priority, requireOpen());
  }

  /** Its part of the connection, relative to the weights of others that have something to send. */
  public int weight() {
    return weight;
  }

  /**
   * Changes that; does not block.
   *
   * @param value from 1 to {@link Group#MAX_WEIGHT}
   */
  public void weight(int value) {
    weight = requireWeight(value);
    session.loopSide().call(this::apply);
  }

  /**
   * Puts the group, strictly, before or behind others; does not block.
   *
   * @param value 0, before all others, to 7; 3 at first
   */
  public void urgency(int value) {
    if (value < 0 || value > Priority.LOWEST_URGENCY) {
      throw new IllegalArgumentException("urgency " + value);
    }
    urgency = value;
    session.loopSide().call(this::apply);
  }

  /** Whether streams can be opened in it. */
  public boolean isOpen() {
    return !closed;
  }

  /**
   * Lets no more streams in; does not block. Those that have been used stay in it until they are
   * over.
   */
  @Override
  public void close() {
    closed = true;
    session.loopSide().call(this::closeEngine);
  }

  Session session() {
    return session;
  }

  SessionGroup requireOpen() {
    if (closed) {
      throw new IllegalStateException("the group is closed");
    }
    return this;
  }

  private static int requireWeight(int weight) {
    if (weight < 1 || weight > Group.MAX_WEIGHT) {
      throw new IllegalArgumentException("weight " + weight);
    }
    return weight;
  }

  // The loop's.

  /** The group as the engine knows it; null: it was closed before it was needed. */
  @Nullable StreamGroup engine(Mux mux) {
    if (engine == null && !closed) {
      engine = mux.addGroup(weight);
      apply();
    }
    return closed ? null : engine;
  }

  private void apply() {
    StreamGroup group = engine;
    if (group != null && !group.isClosed()) {
      group.setWeight(weight);
      group.setUrgency(urgency);
    }
  }

  private void closeEngine() {
    if (engine != null) {
      engine.close();
    }
  }
}
