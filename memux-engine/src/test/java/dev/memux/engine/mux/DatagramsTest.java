package dev.memux.engine.mux;

import static dev.memux.engine.mux.DatagramConfig.Overflow.DROP_NEWEST;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.Datagrams.SendResult;
import dev.memux.engine.mux.MuxPair.Packet;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Unreliable datagrams of one connection (RFC 9221). */
class DatagramsTest {
  private static final int ROOM = MuxPair.PACKET;

  private static MuxPair pair(DatagramConfig config) {
    MuxPair pair = new MuxPair(MuxConfig.DEFAULT.withDatagrams(config));
    pair.client.mux.datagrams().onPacketRoom(ROOM);
    pair.server.mux.datagrams().onPacketRoom(ROOM);
    return pair;
  }

  private final MuxPair pair = pair(DatagramConfig.ENABLED);
  private final Datagrams client = pair.client.mux.datagrams();
  private final Datagrams server = pair.server.mux.datagrams();

  private static ByteBuffer datagram(int length, int fill) {
    byte[] bytes = new byte[length];
    java.util.Arrays.fill(bytes, (byte) fill);
    return ByteBuffer.wrap(bytes);
  }

  private static SendResult send(Datagrams from, int length, int fill) {
    return from.send(datagram(length, fill));
  }

  @Test
  void aDatagramArrivesAsItWasSent() throws ProtocolException {
    assertEquals(SendResult.QUEUED, send(client, 700, 1));
    assertEquals(SendResult.QUEUED, send(client, 0, 0)); // RFC 9221 §4: empty ones are allowed
    assertTrue(pair.client.mux.hasPending());
    pair.exchange();
    assertTrue(server.isReadable());
    assertArrayEquals(datagram(700, 1).array(), server.poll());
    assertArrayEquals(new byte[0], server.poll());
    assertNull(server.poll());
    assertEquals(new DatagramStatistics(2, 0, 0, 0, 0), client.statistics());
    assertEquals(new DatagramStatistics(0, 0, 0, 2, 0), server.statistics());
  }

  @Test
  void aLostDatagramIsNotSentAgain() throws ProtocolException {
    // RFC 9221 §5
    send(client, 100, 1);
    Packet packet = pair.client.transmit();
    packet.lose();
    assertFalse(pair.client.mux.hasPending());
    assertNull(server.poll());
  }

  @Test
  void theLargestFillsAPacketOfItsOwn() throws ProtocolException {
    assertEquals(ROOM - 1, client.maxPayloadBytes());
    assertEquals(SendResult.TOO_LARGE, send(client, ROOM, 1));
    assertEquals(SendResult.QUEUED, send(client, ROOM - 1, 1));
    // Not beside anything else, but in the next packet.
    assertNull(pair.client.transmit(ROOM - 1));
    assertEquals(List.of("DATAGRAM " + (ROOM - 1)), pair.client.transmit().text());
  }

  @Test
  void thePeersLimitCountsTypeAndLength() throws ProtocolException {
    // RFC 9221 §3: the limit is the frame's, with type, length and payload.
    MuxPair small = pair(DatagramConfig.ENABLED.withMaxFrameBytes(100));
    Datagrams sender = small.client.mux.datagrams();
    assertEquals(97, sender.maxPayloadBytes());
    assertEquals(SendResult.TOO_LARGE, send(sender, 98, 1));
    assertEquals(SendResult.QUEUED, send(sender, 97, 1));
    small.exchange();
    assertEquals(97, small.server.mux.datagrams().statistics().received() * 97);
  }

  @Test
  void aLimitThatHoldsNothingTakesTheEmptyOne() throws ProtocolException {
    MuxPair tiny = pair(DatagramConfig.ENABLED.withMaxFrameBytes(2));
    assertEquals(0, tiny.client.mux.datagrams().maxPayloadBytes());
    assertEquals(SendResult.QUEUED, send(tiny.client.mux.datagrams(), 0, 0));
    assertEquals(SendResult.TOO_LARGE, send(tiny.client.mux.datagrams(), 1, 0));
    tiny.exchange();
    assertNotNull(tiny.server.mux.datagrams().poll());
  }

  @Test
  void nothingIsSentToWhoHasNotSaidThatItAccepts() {
    // RFC 9221 §3
    MuxPair disabled = pair(DatagramConfig.DISABLED);
    Datagrams sender = disabled.client.mux.datagrams();
    assertFalse(sender.isAccepted());
    assertEquals(0, sender.maxPayloadBytes());
    assertEquals(SendResult.NOT_ACCEPTED, send(sender, 1, 1));
    assertFalse(disabled.client.mux.hasPending());
  }

  @Test
  void aDatagramThatWasNotAnnouncedIsAViolation() {
    // RFC 9221 §3: without this limit a peer could send what we have no use for.
    MuxPair disabled = pair(DatagramConfig.DISABLED);
    assertViolation(() -> disabled.server.mux.onDatagram(new byte[9], 0, 1, 2));
    assertViolation(() -> disabled.server.mux.onDatagram(new byte[9], 0, 0, 1));
  }

  @Test
  void aDatagramAboveTheLimitIsAViolation() throws ProtocolException {
    // RFC 9221 §3
    MuxPair small = pair(DatagramConfig.ENABLED.withMaxFrameBytes(50));
    small.server.mux.onDatagram(new byte[60], 0, 48, 50);
    assertViolation(() -> small.server.mux.onDatagram(new byte[60], 0, 49, 51));
  }

  private static void assertViolation(org.junit.jupiter.api.function.Executable frame) {
    ProtocolException e = assertThrows(ProtocolException.class, frame);
    assertEquals(TransportError.PROTOCOL_VIOLATION, e.code());
  }

  // Queues.

  @Test
  void aFullQueueDropsTheOldest() throws ProtocolException {
    MuxPair bounded = pair(DatagramConfig.ENABLED.withQueue(3, 1 << 16));
    Datagrams sender = bounded.client.mux.datagrams();
    for (int i = 0; i < 3; i++) {
      assertEquals(SendResult.QUEUED, send(sender, 10, i));
    }
    assertEquals(SendResult.DISPLACED_OLDER, send(sender, 10, 3));
    bounded.exchange();
    assertEquals(List.of(1, 2, 3), fills(bounded.server.mux.datagrams()));
    assertEquals(1, sender.statistics().notSent());
  }

  @Test
  void aFullQueueRefusesTheNewestIfAskedTo() throws ProtocolException {
    MuxPair bounded = pair(DatagramConfig.ENABLED.withQueue(100, 25).withOverflow(DROP_NEWEST));
    Datagrams sender = bounded.client.mux.datagrams();
    assertEquals(SendResult.QUEUED, send(sender, 10, 0));
    assertEquals(SendResult.QUEUED, send(sender, 10, 1));
    ByteBuffer refused = datagram(10, 2);
    assertEquals(SendResult.FULL, sender.send(refused));
    assertEquals(10, refused.remaining());
    assertEquals(SendResult.QUEUED, send(sender, 5, 3));
    bounded.exchange();
    assertEquals(List.of(0, 1, 3), fills(bounded.server.mux.datagrams()));
    assertEquals(0, sender.statistics().notSent());
  }

  @Test
  void aDatagramLargerThanTheQueueDisplacesAll() throws ProtocolException {
    MuxPair bounded = pair(DatagramConfig.ENABLED.withQueue(100, 25));
    Datagrams sender = bounded.client.mux.datagrams();
    send(sender, 10, 0);
    send(sender, 10, 1);
    assertEquals(SendResult.DISPLACED_OLDER, send(sender, 900, 2));
    assertEquals(2, sender.statistics().notSent());
    bounded.exchange();
    assertEquals(List.of(2), fills(bounded.server.mux.datagrams()));
  }

  @Test
  void whoDoesNotReadLosesTheOldest() throws ProtocolException {
    // RFC 9221 §5.3: a receiver that cannot store a datagram may drop it.
    MuxPair bounded = pair(DatagramConfig.ENABLED.withQueue(4, 1 << 16));
    for (int i = 0; i < 100; i++) {
      send(bounded.client.mux.datagrams(), 10, i);
      bounded.exchange();
    }
    Datagrams reader = bounded.server.mux.datagrams();
    assertEquals(new DatagramStatistics(0, 0, 0, 100, 96), reader.statistics());
    assertEquals(List.of(96, 97, 98, 99), fills(reader));
  }

  private static List<Integer> fills(Datagrams from) {
    List<Integer> fills = new ArrayList<>();
    for (byte[] d = from.poll(); d != null; d = from.poll()) {
      fills.add((int) d[0]);
    }
    return fills;
  }

  @Test
  void whatIsTooLargeForSmallerPacketsIsDropped() throws ProtocolException {
    // RFC 9221 §5: it cannot be fragmented, and would keep the others back for ever.
    send(client, 1100, 1);
    send(client, 100, 2);
    client.onPacketRoom(1000);
    assertEquals(List.of("DATAGRAM 100"), pair.client.transmit().text());
    assertEquals(1, client.statistics().notSent());
    assertFalse(pair.client.mux.hasPending());
  }

  // Among streams.

  @Test
  void datagramsShareWithStreamsOfTheirUrgency() throws ProtocolException {
    MuxStream stream = pair.client.open(StreamType.BIDIRECTIONAL, new Priority(3, true));
    MuxPair.write(stream, 100_000);
    for (int i = 0; i < 100; i++) {
      send(client, 1000, i);
    }
    int datagrams = 0;
    int streamBytes = 0;
    for (int i = 0; i < 100; i++) {
      for (String frame : pair.client.transmit().text()) {
        if (frame.startsWith("DATAGRAM")) {
          datagrams++;
        } else {
          streamBytes += Integer.parseInt(frame.substring(frame.indexOf('+') + 1));
        }
      }
    }
    assertEquals(streamBytes, datagrams * 1000, 2 * ROOM);
  }

  @Test
  void urgentDatagramsGoFirstAndOthersLast() throws ProtocolException {
    MuxStream stream = pair.client.open(StreamType.BIDIRECTIONAL, new Priority(3, true));
    MuxPair.write(stream, 500);
    send(client, 100, 1);
    client.setUrgency(7);
    assertEquals(List.of("STREAM 0 0+500", "DATAGRAM 100"), pair.client.transmit().text());
    MuxPair.write(stream, 500);
    send(client, 100, 1);
    client.setUrgency(0);
    assertEquals(List.of("DATAGRAM 100", "STREAM 0 500+500"), pair.client.transmit().text());
  }

  @Test
  void flowControlDoesNotHoldThemBack() throws ProtocolException {
    // RFC 9221 §5.3
    MuxPair tight =
        new MuxPair(
            MuxPair.config(100, 100, 1, 1).withDatagrams(DatagramConfig.ENABLED.withUrgency(7)));
    tight.client.mux.datagrams().onPacketRoom(ROOM);
    MuxPair.write(tight.client.open(StreamType.BIDIRECTIONAL), 500);
    send(tight.client.mux.datagrams(), 50, 1);
    assertEquals(
        List.of("STREAM 0 0+100", "STREAM_DATA_BLOCKED 0 100", "DATAGRAM 50"),
        tight.client.transmit().text().subList(0, 3));
  }

  @Test
  void whatWasForEarlyDataIsDroppedIfTheServerAcceptsNoneNow() throws ProtocolException {
    // RFC 9221 §3: the limit of an earlier connection holds only if early data is accepted.
    send(client, 0, 0);
    send(client, 10, 1);
    pair.client.mux.onEarlyDataRefused();
    assertEquals(SendResult.NOT_ACCEPTED, send(client, 10, 2));
    pair.client.mux.onPeerParameters(MuxPair.parameters(MuxConfig.DEFAULT));
    assertNull(pair.client.transmit(ROOM));
    assertEquals(2, client.statistics().notSent());
    assertFalse(pair.client.mux.hasPending());
  }

  @Test
  void afterTheEndNothingIsTakenAndWhatCameCanBeRead() throws ProtocolException {
    send(client, 10, 1);
    pair.exchange();
    send(server, 10, 2);
    pair.server.mux.onConnectionClosed();
    assertEquals(SendResult.NOT_ACCEPTED, send(server, 10, 3));
    assertFalse(pair.server.mux.hasPending());
    assertNotNull(server.poll());
  }
}
