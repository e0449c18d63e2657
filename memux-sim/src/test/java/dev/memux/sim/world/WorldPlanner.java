package dev.memux.sim.world;

import dev.memux.engine.mux.DatagramConfig;
import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.qmux.QmuxConnection;
import dev.memux.engine.quic.AddressValidationPolicy;
import dev.memux.engine.quic.CongestionControl;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.quic.VersionPolicy;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.schedule.SchedulerConfig;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.sim.BurstLoss;
import dev.memux.sim.LinkProfile;
import dev.memux.sim.Outage;
import dev.memux.sim.Randomness;
import dev.memux.sim.Seed;
import dev.memux.sim.quic.Side;
import dev.memux.tls.CipherSuite;
import dev.memux.tls.NamedGroup;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes worlds from seeds: most are small and ordinary, some are large, some are hell. */
final class WorldPlanner {
  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000_000_000;
  private static final int DATAGRAM_BYTES = 1200;

  /** How many of the worlds go over QMux. */
  private static final double QMUX_SHARE = 0.4;

  private final Seed seed;
  private final Randomness random;

  /** All conversations go through the same links. */
  private boolean crowded;

  /** Clients' addresses change. */
  private boolean moving;

  private WorldPlanner(Seed seed) {
    this.seed = seed;
    this.random = seed.random();
  }

  /** A world over either carrier. */
  static WorldPlan plan(Seed seed) {
    Seed carrier = seed.split("carrier");
    return new WorldPlanner(seed)
        .over(carrier.random().chance(QMUX_SHARE) ? qmux(carrier.split("qmux").random()) : null);
  }

  /** The same world, whatever carrier its seed stands for. */
  static WorldPlan planOverQuic(Seed seed) {
    return new WorldPlanner(seed).over(null);
  }

  private WorldPlan over(@Nullable QmuxPlan qmux) {
    int clients = random.chance(0.9) ? 1 : random.between(2, 3);
    long startNanos = random.between(-1_000_000 * SECOND, 1_000_000 * SECOND);
    // The same for both: a server that gave up first would take its client's next probe for a new
    // connection.
    long handshakeNanos = seed.split("handshake").random().between(10L, 30L) * SECOND;
    QuicConfig client = config(handshakeNanos, seed.split("client config"));
    AddressValidationPolicy policy =
        seed.split("address validation").random().chance(0.3)
            ? AddressValidationPolicy.ALWAYS
            : AddressValidationPolicy.NEVER;
    QuicConfig server =
        config(handshakeNanos, seed.split("server config")).withAddressValidation(policy);
    Randomness versions = seed.split("versions").random();
    client = client.withVersions(versions(versions));
    server = server.withVersions(versions(versions));
    if (!haveCommonVersion(client, server)) {
      client = client.withVersions(VersionPolicy.DEFAULT);
    }
    Randomness sharing = seed.split("sharing").random();
    crowded = sharing.chance(0.1);
    moving = !crowded && seed.split("moves").random().chance(0.25);
    if (crowded) {
      clients = sharing.between(2, 5);
    }
    if (moving) {
      // A client that only receives has nothing to say from where it is now, and would never be
      // found.
      long keepAliveNanos = seed.split("moves").split("alive").random().between(1L, 3L) * SECOND;
      client = client.withKeepAliveNanos(keepAliveNanos);
    }
    Randomness bulk = seed.split("bulk").random();
    boolean isBulk = !crowded && !moving && bulk.chance(0.04);
    if (isBulk) {
      // No limit of this end's keeps anybody from having something to send.
      client = client.withMux(roomy(bulk));
      server = server.withMux(roomy(bulk));
      clients = 1;
    }
    boolean keepsAlive = client.keepAliveNanos() > 0 || server.keepAliveNanos() > 0;
    List<WorldPlan.ConversationPlan> conversations = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      WorldPlan.ConversationPlan shared = crowded && i > 0 ? conversations.getFirst() : null;
      conversations.add(
          isBulk
              ? bulk(bulk)
              : conversation(keepsAlive, shared, seed.split("conversation").split(i)));
    }
    Randomness drivers = seed.split("drivers").random();
    return new WorldPlan(
        startNanos,
        client,
        server,
        tls(client, server, seed.split("tls").random(), seed.split("returns")),
        drivers.chance(0.3) ? MILLI : 1,
        drivers.chance(0.3) ? drivers.between(1, 64) : Integer.MAX_VALUE,
        handshakeWorkNanos(seed.split("handshake work").random()),
        qmux,
        conversations);
  }

  // Endpoints.

  private static long handshakeWorkNanos(Randomness r) {
    if (r.chance(0.5)) {
      return 0;
    }
    return r.chance(0.7) ? r.between(1L, 1000L) * 1000 : r.between(1L, 100L) * MILLI;
  }

  private static WorldPlan.TlsPlan tls(
      QuicConfig client, QuicConfig server, Randomness r, Seed returns) {
    return new WorldPlan.TlsPlan(
        r.oneOf(CipherSuite.values()),
        r.oneOf(NamedGroup.values()),
        r.chance(0.7) ? 1 : r.between(2, 16),
        visited(client, server, returns),
        keyUpdates(returns.split("key updates").random()));
  }

  /** The server at the clients' first visit: as it is now, or with other limits. */
  private static @Nullable QuicConfig visited(QuicConfig client, QuicConfig server, Seed seed) {
    Randomness r = seed.random();
    if (r.chance(0.6)) {
      return null;
    }
    QuicConfig then = r.chance(0.6) ? server : server.withMux(mux(r));
    Randomness versions = seed.split("versions").random();
    // What it spoke then it may not speak any more.
    QuicConfig other = then.withVersions(versions(versions));
    return versions.chance(0.5) && haveCommonVersion(client, other) ? other : then;
  }

  private static WorldPlan.KeyUpdates keyUpdates(Randomness r) {
    return r.chance(0.7)
        ? WorldPlan.KeyUpdates.NONE
        : new WorldPlan.KeyUpdates(r.between(1, 20), r.logarithmic(MILLI, SECOND));
  }

  private static QmuxPlan qmux(Randomness r) {
    return new QmuxPlan(
        maxRecordBytes(r),
        maxRecordBytes(r),
        (int) r.logarithmic(QmuxConnection.MIN_TRANSMIT_BYTES, 40_000),
        (int) r.logarithmic(1, 256 << 10),
        r.chance(0.3),
        r.chance(0.5));
  }

  private static int maxRecordBytes(Randomness r) {
    int least = TransportParameters.DEFAULT_MAX_RECORD_BYTES;
    return r.chance(0.6) ? least : r.between(least, 100_000);
  }

  private static QuicConfig config(long handshakeNanos, Seed seed) {
    Randomness r = seed.random();
    QuicConfig config =
        QuicConfig.DEFAULT
            .withMaxIdleTimeoutNanos(r.between(20L, 60L) * SECOND)
            .withKeepAliveNanos(r.chance(0.1) ? r.between(1L, 15L) * SECOND : 0)
            .withHandshakeTimeoutNanos(handshakeNanos)
            .withMaxDatagramBytes(r.chance(0.7) ? DATAGRAM_BYTES : r.between(1200, 1500));
    Randomness sizes = seed.split("sizes").random();
    int first = config.datagramBytes();
    return config
        .withDatagramBytes(first, sizes.chance(0.7) ? first : sizes.between(first, 16_000))
        .withMux(
            mux(r)
                .withDatagrams(datagramConfig(seed.split("datagrams").random()))
                .withMaxSendMemory(sendMemory(seed.split("memory").random())))
        .withCongestion(seed.split("congestion").random().oneOf(CongestionControl.values()));
  }

  private static VersionPolicy versions(Randomness r) {
    if (r.chance(0.4)) {
      return VersionPolicy.DEFAULT;
    }
    QuicVersion preferred = r.oneOf(QuicVersion.values());
    QuicVersion other = preferred == QuicVersion.V1 ? QuicVersion.V2 : QuicVersion.V1;
    List<QuicVersion> versions = r.chance(0.3) ? List.of(preferred) : List.of(preferred, other);
    return new VersionPolicy(
        versions, r.oneOf(versions.toArray(QuicVersion[]::new)), r.chance(0.7));
  }

  private static boolean haveCommonVersion(QuicConfig client, QuicConfig server) {
    return client.versions().versions().stream().anyMatch(server.versions().versions()::contains);
  }

  private static long sendMemory(Randomness r) {
    return r.chance(0.7)
        ? MuxConfig.DEFAULT.maxSendMemoryBytes()
        : r.logarithmic(MuxConfig.MIN_MEMORY_BYTES, 1 << 20);
  }

  private static DatagramConfig datagramConfig(Randomness r) {
    if (r.chance(0.3)) {
      return DatagramConfig.DISABLED;
    }
    return DatagramConfig.ENABLED
        .withMaxFrameBytes(r.chance(0.7) ? DatagramConfig.ANY_FRAME_BYTES : r.between(1L, 1300L))
        .withQueue(r.between(1, 50), r.between(1, 20_000))
        .withOverflow(r.oneOf(DatagramConfig.Overflow.values()))
        .withUrgency(r.between(0, 7));
  }

  private static MuxConfig mux(Randomness r) {
    MuxConfig mux = MuxConfig.DEFAULT;
    if (r.chance(0.5)) {
      long stream = r.logarithmic(1 << 10, 256 << 10);
      long connection = r.logarithmic(2 << 10, 512 << 10);
      int growth = r.chance(0.5) ? 1 : 16;
      mux = mux.withWindows(stream, stream * growth, connection, connection * growth);
    }
    if (r.chance(0.5)) {
      mux = mux.withStreams(r.logarithmic(1, 200), r.logarithmic(1, 200));
    }
    SchedulerConfig scheduler =
        SchedulerConfig.DEFAULT
            .withFloor(r.chance(0.3))
            .withCatchUpBytes(r.oneOf(0L, 64L << 10, SchedulerConfig.UNBOUNDED));
    return r.chance(0.5)
        ? withSendBuffer(mux, (int) r.logarithmic(2 << 10, 64 << 10)).withScheduler(scheduler)
        : mux;
  }

  private static MuxConfig withSendBuffer(MuxConfig mux, int bytes) {
    return mux.withSendBuffers(bytes, bytes * 16);
  }

  // Links.

  /** How bad a path is. */
  private enum Weather {
    CLEAN,
    ORDINARY,
    LOSSY,
    HOSTILE
  }

  private Weather weather() {
    int roll = random.between(1, 100);
    if (roll <= 20) {
      return Weather.CLEAN;
    }
    return roll <= 65 ? Weather.ORDINARY : roll <= 85 ? Weather.LOSSY : Weather.HOSTILE;
  }

  private static LinkProfile link(Weather weather, long delayNanos, Randomness r) {
    LinkProfile.Builder link = LinkProfile.builder().delayNanos(delayNanos);
    if (r.chance(0.9)) {
      long rate = r.logarithmic(500_000, 200_000_000);
      link.rateBitsPerSecond(rate);
      // From a handful of packets to several round trips.
      long product = Math.max(4 * DATAGRAM_BYTES, rate / 8 * delayNanos / SECOND);
      if (weather != Weather.CLEAN || r.chance(0.5)) {
        link.queueBytes((int) Math.min(8 << 20, r.logarithmic(4 * DATAGRAM_BYTES, 4 * product)));
      }
    }
    return switch (weather) {
      case CLEAN -> link.build();
      case ORDINARY ->
          link.loss(r.chance(0.5) ? r.nextDouble() * 0.02 : 0)
              .jitterNanos(r.chance(0.5) ? r.between(0, delayNanos / 2) : 0)
              .reorder(r.chance(0.3) ? 0.02 : 0, delayNanos / 2)
              .duplication(r.chance(0.2) ? 0.01 : 0)
              .build();
      case LOSSY ->
          link.loss(r.nextDouble() * 0.2)
              .bursts(r.chance(0.3) ? bursts(r) : BurstLoss.NONE)
              .jitterNanos(r.chance(0.5) ? r.between(0, delayNanos) : 0)
              .build();
      case HOSTILE ->
          link.loss(r.nextDouble() * 0.1)
              .bursts(r.chance(0.5) ? bursts(r) : BurstLoss.NONE)
              .jitterNanos(r.between(0, delayNanos))
              .reorder(r.nextDouble() * 0.2, 2 * delayNanos)
              .duplication(r.nextDouble() * 0.1)
              .corruption(r.nextDouble() * 0.1)
              .outage(
                  r.chance(0.2)
                      ? new Outage(r.between(1L, 5L) * SECOND, r.between(1L, 20L) * 100 * MILLI)
                      : Outage.NONE)
              .build();
    };
  }

  private static BurstLoss bursts(Randomness r) {
    return new BurstLoss(r.nextDouble() * 0.01, 0.1 + r.nextDouble() * 0.5, 0, 0.8);
  }

  // Conversations.

  /**
   * @param first null, or whose path this one shares
   */
  private WorldPlan.ConversationPlan conversation(
      boolean keepsAlive, WorldPlan.@Nullable ConversationPlan first, Seed part) {
    Weather weather = weather();
    Randomness links = part.split("links").random();
    long delayNanos =
        links.chance(0.05)
            ? links.between(300, 400) * MILLI
            : links.logarithmic(100_000, 150 * MILLI);
    LinkProfile up = first == null ? link(weather, delayNanos, links) : first.up();
    LinkProfile down = first == null ? link(weather, delayNanos, links) : first.down();
    Randomness work = part.split("work").random();
    WorldPlan.Ending ending = ending(keepsAlive, work);
    if (crowded && ending == WorldPlan.Ending.PATH_DIES) {
      ending = WorldPlan.Ending.CLIENT_ABORTS; // others are still on that path
    }
    long bytes = workBytes(weather, delayNanos, up, down, work);
    Randomness importance = part.split("importance").random();
    List<StreamPlan> streams =
        streams(bytes, delayNanos, part.split("streams").random()).stream()
            .map(stream -> withImportance(stream, delayNanos, importance))
            .toList();
    return new WorldPlan.ConversationPlan(
        work.between(0L, 500L) * MILLI,
        first == null
            ? WorldPlan.Sharing.NOTHING
            : part.split("sharing").random().chance(0.5)
                ? WorldPlan.Sharing.LINK
                : WorldPlan.Sharing.CLIENT,
        up,
        down,
        streams,
        moving ? rebindings(weather, delayNanos, part.split("rebindings")) : List.of(),
        spoofs(part.split("spoofs").random()),
        datagrams(part.split("datagrams").random()),
        ending,
        ending.cutsShort() ? work.logarithmic(MILLI, 5 * SECOND) : work.between(0L, 3 * SECOND),
        weather == Weather.HOSTILE || work.chance(0.1) ? work.between(1, 60) : 0);
  }

  private static MuxConfig roomy(Randomness r) {
    return MuxConfig.DEFAULT.withScheduler(
        SchedulerConfig.DEFAULT.withCatchUpBytes(r.oneOf(0L, 64L << 10)));
  }

  /** A few streams with so much to send that it shows how they share. */
  private static WorldPlan.ConversationPlan bulk(Randomness r) {
    LinkProfile link =
        LinkProfile.builder()
            .delayNanos(r.logarithmic(MILLI, 20 * MILLI))
            .rateBitsPerSecond(r.logarithmic(20_000_000, 200_000_000))
            .queueBytes(r.between(100_000, 400_000))
            .build();
    Side sender = r.oneOf(Side.values());
    boolean grouped = r.chance(0.5);
    List<StreamPlan> streams = new ArrayList<>();
    for (int i = r.between(2, 3); i > 0; i--) {
      streams.add(
          new StreamPlan(
              sender,
              StreamType.UNIDIRECTIONAL,
              r.chance(0.5) ? 0 : r.between(0, 100 * MILLI),
              new Priority(grouped ? r.between(2, 4) : 3, true),
              false,
              grouped ? r.between(0, 3) : 0,
              List.of(),
              new StreamPlan.Direction(
                  r.between(1_300_000L, 1_700_000L), -1, -1, -1, -1, -1, StreamPlan.Reading.EAGER),
              null));
    }
    return new WorldPlan.ConversationPlan(
        0,
        WorldPlan.Sharing.NOTHING,
        link,
        link,
        streams,
        List.of(),
        List.of(),
        DatagramPlan.NONE,
        WorldPlan.Ending.CLIENT_CLOSES,
        0,
        0);
  }

  private static List<WorldPlan.Rebinding> rebindings(Weather weather, long delayNanos, Seed seed) {
    Randomness r = seed.random();
    List<WorldPlan.Rebinding> changes = new ArrayList<>();
    for (int i = r.between(1, 4); i > 0; i--) {
      long afterNanos = r.logarithmic(MILLI, 5 * SECOND);
      boolean otherHost = r.chance(0.4);
      boolean otherLinks = otherHost && r.chance(0.7);
      changes.add(
          new WorldPlan.Rebinding(
              afterNanos,
              otherHost,
              otherLinks ? link(weather, delayNanos, r) : null,
              otherLinks ? link(weather, delayNanos, r) : null));
    }
    return changes;
  }

  private List<Long> spoofs(Randomness r) {
    List<Long> times = new ArrayList<>();
    if (!moving && r.chance(0.1)) {
      for (int i = r.between(1, 5); i > 0; i--) {
        times.add(r.logarithmic(MILLI, 5 * SECOND));
      }
    }
    return times;
  }

  private static WorldPlan.Ending ending(boolean keepsAlive, Randomness r) {
    WorldPlan.Ending drawn = draw(r);
    // Who keeps alive never idles away.
    return keepsAlive && drawn == WorldPlan.Ending.IDLE ? WorldPlan.Ending.BOTH_CLOSE : drawn;
  }

  private static WorldPlan.Ending draw(Randomness r) {
    int roll = r.between(1, 100);
    if (roll <= 35) {
      return WorldPlan.Ending.CLIENT_CLOSES;
    }
    if (roll <= 60) {
      return WorldPlan.Ending.SERVER_CLOSES;
    }
    return r.oneOf(WorldPlan.Ending.values());
  }

  /** As much as such a path carries in a minute or so, and seldom more than a megabyte. */
  private static long workBytes(
      Weather weather, long delayNanos, LinkProfile up, LinkProfile down, Randomness r) {
    long wanted =
        r.chance(0.03)
            ? r.between(1L << 20, 4L << 20)
            : r.chance(0.2) ? r.logarithmic(1, 4 << 10) : r.logarithmic(4 << 10, 1 << 20);
    double loss =
        Math.max(
            up.loss() + up.bursts().meanLoss() + up.corruption(),
            down.loss() + down.bursts().meanLoss() + down.corruption());
    double rttSeconds = Math.max(2 * delayNanos / 1e9, 0.001);
    // Mathis et al.: what loss lets pass, by the square root.
    double lossRate = DATAGRAM_BYTES / (rttSeconds * Math.sqrt(Math.max(loss, 1e-4)));
    long limit = (long) (lossRate * (loss > 0.05 ? 10 : 60));
    return Math.min(weather == Weather.CLEAN ? wanted : Math.min(wanted, 1 << 20), limit);
  }

  // Streams.

  private static List<StreamPlan> streams(long totalBytes, long delayNanos, Randomness r) {
    int count =
        r.chance(0.1) ? r.between(50, 300) : r.chance(0.1) ? r.between(0, 1) : r.between(2, 20);
    List<StreamPlan> streams = new ArrayList<>();
    long left = totalBytes;
    boolean slowReaders = r.chance(0.2);
    boolean resets = r.chance(0.3);
    for (int i = 0; i < count; i++) {
      boolean last = i == count - 1;
      long requestBytes = last ? left / 2 : size(left, r);
      left -= requestBytes;
      long replyBytes = last ? left : size(left, r);
      StreamType type = r.oneOf(StreamType.values());
      boolean bidirectional = type == StreamType.BIDIRECTIONAL;
      left -= bidirectional ? replyBytes : 0;
      streams.add(
          new StreamPlan(
              r.oneOf(Side.values()),
              type,
              r.chance(0.5) ? 0 : r.logarithmic(1000, 2 * SECOND),
              priority(r),
              false,
              0,
              reprioritisations(delayNanos, r),
              direction(requestBytes, slowReaders, resets, r),
              bidirectional ? direction(replyBytes, slowReaders, resets, r) : null));
    }
    return streams;
  }

  private static long size(long left, Randomness r) {
    if (left <= 0 || r.chance(0.1)) {
      return 0;
    }
    return Math.min(left, r.chance(0.3) ? r.between(1L, 100L) : r.logarithmic(1, left));
  }

  private static Priority priority(Randomness r) {
    return r.chance(0.5) ? Priority.DEFAULT : new Priority(r.between(0, 7), r.chance(0.5));
  }

  private static List<StreamPlan.Reprioritisation> reprioritisations(
      long delayNanos, Randomness r) {
    List<StreamPlan.Reprioritisation> changes = new ArrayList<>();
    while (r.chance(0.2)) {
      changes.add(
          new StreamPlan.Reprioritisation(r.between(0, 10 * delayNanos), priority(r), false));
    }
    return changes;
  }

  /** The same with what receivers ask for, and with groups. */
  private static StreamPlan withImportance(StreamPlan plan, long delayNanos, Randomness r) {
    List<StreamPlan.Reprioritisation> changes = new ArrayList<>(plan.reprioritisations());
    while (r.chance(0.2)) {
      changes.add(
          new StreamPlan.Reprioritisation(r.between(0, 10 * delayNanos), priority(r), true));
    }
    return new StreamPlan(
        plan.opener(),
        plan.type(),
        plan.openAfterNanos(),
        plan.priority(),
        r.chance(0.4),
        r.chance(0.7) ? 0 : r.between(1, 4),
        changes,
        plan.request(),
        plan.reply());
  }

  private static DatagramPlan datagrams(Randomness r) {
    return r.chance(0.5)
        ? DatagramPlan.NONE
        : new DatagramPlan(
            r.between(1, 100),
            r.logarithmic(DatagramPlan.LEAST_BYTES, 1500),
            r.logarithmic(1000, 50 * MILLI));
  }

  private static StreamPlan.Direction direction(
      long bytes, boolean slowReaders, boolean resets, Randomness r) {
    long resetAt = resets && r.chance(0.2) ? r.between(0, bytes) : -1;
    long stopAt = resets && r.chance(0.2) ? r.logarithmic(1, bytes + 1) - 1 : -1;
    return new StreamPlan.Direction(
        bytes,
        resetAt,
        resets && r.chance(0.1) ? r.logarithmic(MILLI, SECOND) : -1,
        resets && r.chance(0.5) ? r.between(0, bytes) : -1,
        stopAt,
        resets && r.chance(0.1) ? r.logarithmic(MILLI, SECOND) : -1,
        reading(bytes, slowReaders, r));
  }

  private static StreamPlan.Reading reading(long bytes, boolean slow, Randomness r) {
    if (!slow || r.chance(0.3)) {
      return StreamPlan.Reading.EAGER;
    }
    // Slow, but through within some seconds.
    int chunkBytes = (int) Math.max(r.logarithmic(1, 64 << 10), bytes / 500);
    long everyNanos = r.logarithmic(100_000, 20 * MILLI);
    long pauseAt = r.chance(0.5) ? r.between(0, bytes) : -1;
    return new StreamPlan.Reading(
        chunkBytes, everyNanos, pauseAt, r.logarithmic(MILLI, 5 * SECOND));
  }
}
