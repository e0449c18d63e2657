package dev.memux.sim.world;

import dev.memux.engine.mux.StreamType;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.schedule.Priority;
import dev.memux.sim.LinkFilter;
import dev.memux.sim.LinkProfile;
import dev.memux.sim.quic.Side;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A world that is made by hand. All invariants hold in it as in any other. */
final class Scenario {
  private final LinkProfile up;
  private final LinkProfile down;
  private final List<StreamPlan> streams = new ArrayList<>();
  private final List<WorldPlan.Rebinding> rebindings = new ArrayList<>();
  private final List<WorldPlan.Move> moves = new ArrayList<>();
  private WorldPlan.Preferred preferred = WorldPlan.Preferred.STAYS;
  private final List<WorldPlan.Sharing> others = new ArrayList<>();

  /** Packets of one size, so that times can be foretold. */
  private QuicConfig config = QuicConfig.DEFAULT.withMaxDatagramBytes(1200);

  private LinkFilter upFilter = LinkFilter.NONE;
  private WorldPlan.TlsPlan tls = WorldPlan.TlsPlan.DEFAULT;

  Scenario(LinkProfile bothWays) {
    this(bothWays, bothWays);
  }

  Scenario(LinkProfile up, LinkProfile down) {
    this.up = up;
    this.down = down;
  }

  Scenario config(QuicConfig bothSides) {
    config = bothSides;
    return this;
  }

  /** Loses what the client sends by hand. */
  Scenario filterUp(LinkFilter filter) {
    upFilter = filter;
    return this;
  }

  /** The server's chain is that long. */
  Scenario certificates(int count) {
    tls = tls.withCertificates(count);
    return this;
  }

  /** The client's address changes that long after the handshake; the links stay the same. */
  Scenario rebind(long afterNanos, boolean otherHost) {
    rebindings.add(new WorldPlan.Rebinding(afterNanos, otherHost, null, null));
    return this;
  }

  /** The client goes on from another socket, that long after the handshake, on the same links. */
  Scenario move(long afterNanos, boolean otherHost) {
    return move(new WorldPlan.Move(afterNanos, otherHost, false, false, null, null));
  }

  Scenario move(WorldPlan.Move move) {
    moves.add(move);
    return this;
  }

  /** The client goes where the server would like it to. */
  Scenario goesToPreferred() {
    preferred = WorldPlan.Preferred.GOES;
    return this;
  }

  /** So many further conversations do the same at the same time on the same links. */
  Scenario others(int count, WorldPlan.Sharing sharing) {
    others.addAll(Collections.nCopies(count, sharing));
    return this;
  }

  /**
   * The server sends; the n-th call gets stream ID {@code 4 n + 3}, n from 0, if opened in that
   * order.
   */
  Scenario serverSends(long afterNanos, long bytes, Priority priority) {
    return serverSends(afterNanos, bytes, priority, List.of());
  }

  /** The same with a priority that changes. */
  Scenario serverSends(
      long afterNanos, long bytes, Priority priority, long changeAfterNanos, Priority later) {
    return serverSends(
        afterNanos,
        bytes,
        priority,
        List.of(new StreamPlan.Reprioritisation(changeAfterNanos, later, false)));
  }

  private Scenario serverSends(
      long afterNanos, long bytes, Priority priority, List<StreamPlan.Reprioritisation> changes) {
    streams.add(
        new StreamPlan(
            Side.SERVER,
            StreamType.UNIDIRECTIONAL,
            afterNanos,
            priority,
            false,
            0,
            changes,
            direction(bytes),
            null));
    return this;
  }

  /** The client asks, the server replies; the n-th call gets stream ID {@code 4 n}. */
  Scenario request(long requestBytes, long replyBytes) {
    streams.add(
        new StreamPlan(
            Side.CLIENT,
            StreamType.BIDIRECTIONAL,
            0,
            Priority.DEFAULT_INCREMENTAL,
            false,
            0,
            List.of(),
            direction(requestBytes),
            direction(replyBytes)));
    return this;
  }

  Scenario requests(int count, long requestBytes, long replyBytes) {
    for (int i = 0; i < count; i++) {
      request(requestBytes, replyBytes);
    }
    return this;
  }

  /** Lives through it. */
  World run(long seed) {
    List<WorldPlan.ConversationPlan> conversations = new ArrayList<>();
    conversations.add(conversation(WorldPlan.Sharing.NOTHING));
    others.forEach(sharing -> conversations.add(conversation(sharing)));
    World world =
        new World(
            seed,
            new WorldPlan(0, config, config, tls, 1, Integer.MAX_VALUE, 0, null, conversations),
            null);
    world.conversation().filterUp(upFilter);
    world.run();
    return world;
  }

  private WorldPlan.ConversationPlan conversation(WorldPlan.Sharing sharing) {
    return new WorldPlan.ConversationPlan(
        0,
        sharing,
        up,
        down,
        streams,
        rebindings,
        moves,
        preferred,
        List.of(),
        DatagramPlan.NONE,
        WorldPlan.Ending.CLIENT_CLOSES,
        0,
        0);
  }

  private static StreamPlan.Direction direction(long bytes) {
    return new StreamPlan.Direction(bytes, -1, -1, -1, -1, -1, StreamPlan.Reading.EAGER);
  }
}
