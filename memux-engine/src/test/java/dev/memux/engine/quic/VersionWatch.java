package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.packet.ConnectionIdGenerator;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.QuicVersion;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Sees of which versions a pair's long headers are. */
final class VersionWatch {
  /** The versions of the long headers of a direction, with their types, as they were sent. */
  record Sent(QuicVersion version, PacketType type) {}

  final List<Sent> toServer = new ArrayList<>();
  final List<Sent> toClient = new ArrayList<>();

  /** Version Negotiation packets. */
  int negotiations;

  static QuicConfig config(QuicVersion... versions) {
    return QuicConfig.DEFAULT.withVersions(VersionPolicy.preferring(versions));
  }

  ConnectedPair pair(QuicConfig client, QuicConfig server) {
    return watched(new ConnectedPair(client, server));
  }

  ConnectedPair watched(ConnectedPair pair) {
    pair.toServer =
        datagram -> {
          record(datagram, toServer);
          return true;
        };
    pair.toClient =
        datagram -> {
          record(datagram, toClient);
          return true;
        };
    return pair;
  }

  private void record(byte[] datagram, List<Sent> sent) {
    PacketHeader header = new PacketHeader();
    for (int at = 0; at < datagram.length; at = header.packetEnd()) {
      if (!header.parse(datagram, at, datagram.length, ConnectionIdGenerator.CONNECTION_ID_BYTES)
          || !header.isLong()) {
        return;
      }
      QuicVersion version = header.quicVersion();
      if (version == null) {
        negotiations++;
      } else {
        sent.add(new Sent(version, header.type()));
      }
    }
  }

  static List<QuicVersion> versions(List<Sent> sent, PacketType type) {
    return sent.stream().filter(s -> s.type() == type).map(Sent::version).distinct().toList();
  }

  static void assertConfirmed(ConnectedPair pair, QuicVersion version) {
    assertNull(ConnectedPair.closeReason(pair.clientEvents));
    assertNull(ConnectedPair.closeReason(pair.serverEvents));
    assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
    assertTrue(pair.serverEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
    assertEquals(version.code(), pair.client.statistics().quicVersion());
    assertEquals(version.code(), pair.server().statistics().quicVersion());
    assertEquals(4, exchange(pair));
  }

  /** What arrives of a stream's four bytes. */
  static int exchange(ConnectedPair pair) {
    MuxStream stream =
        pair.client.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT_INCREMENTAL);
    assertNotNull(stream);
    stream.write(ByteBuffer.wrap(new byte[4]));
    pair.settle();
    for (MuxStream s; (s = pair.server().mux().pollStream()) != null; ) {
      if (s.id() == stream.id()) {
        return s.read(ByteBuffer.allocate(8));
      }
    }
    return 0;
  }
}
