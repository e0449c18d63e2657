package dev.memux.engine.mux;

import static dev.memux.engine.mux.StreamType.BIDIRECTIONAL;
import static dev.memux.engine.mux.StreamType.UNIDIRECTIONAL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.MuxPair.Packet;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.TransportParameters;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The STREAM_PRIORITY extension as docs/stream-priority.md has it. */
class StreamPriorityTest {
  private static final int STREAMS = 2000;
  private static final Priority URGENT = new Priority(1, true);
  private static final Priority LATER = new Priority(6, false);

  private final MuxPair pair = new MuxPair(MuxPair.config(100_000, 1_000_000, STREAMS, STREAMS));
  private final Mux client = pair.client.mux;
  private final Mux server = pair.server.mux;

  private static ControlFrame.StreamPriority frame(long id, long sequence, int urgency) {
    return frame(id, sequence, urgency, 0);
  }

  private static ControlFrame.StreamPriority frame(
      long id, long sequence, int urgency, long groupId) {
    return new ControlFrame.StreamPriority(id, sequence, urgency, true, groupId);
  }

  private interface Input {
    void run() throws ProtocolException;
  }

  private static void assertFault(long code, Input input) {
    ProtocolException fault = assertThrows(ProtocolException.class, input::run);
    assertEquals(TransportError.name(code), TransportError.name(fault.code()));
    assertEquals(FrameType.STREAM_PRIORITY.code(), fault.frameType());
  }

  private MuxStream request(Priority reply) throws ProtocolException {
    MuxStream stream = pair.client.open(BIDIRECTIONAL);
    stream.requestPriority(reply);
    MuxPair.write(stream, 100);
    return stream;
  }

  private MuxStream atServer(MuxStream stream) {
    return Objects.requireNonNull(server.stream(stream.id()));
  }

  // Asking.

  @Test
  void whatIsAskedAtOpenGoesBeforeTheFirstBytes() throws ProtocolException {
    request(URGENT);
    Packet packet = pair.client.transmit();
    assertEquals(List.of("STREAM_PRIORITY 0 0 u=1,i group 0", "STREAM 0 0+100"), packet.text());
    packet.deliver();
    assertEquals(URGENT, Objects.requireNonNull(server.stream(0)).priority());
  }

  @Test
  void nothingIsAskedOfAStreamThatThePeerKnowsNothingOf() throws ProtocolException {
    MuxStream stream = pair.client.open(BIDIRECTIONAL);
    stream.requestPriority(URGENT);
    assertFalse(client.hasPending(), "it would have to be kept");
    stream.requestPriority(LATER);
    MuxPair.write(stream, 10);
    assertEquals(
        List.of("STREAM_PRIORITY 0 1 u=6 group 0", "STREAM 0 0+10"),
        pair.client.transmit().text(),
        "only the newest");
  }

  @Test
  void aResetOfAStreamThatWasNeverUsedBringsItsPriorityAlong() throws ProtocolException {
    MuxStream stream = pair.client.open(BIDIRECTIONAL);
    stream.requestPriority(URGENT);
    stream.reset(5);
    assertEquals(
        List.of("STREAM_PRIORITY 0 0 u=1,i group 0", "RESET_STREAM 0 5 0"),
        pair.client.transmit().text());
  }

  @Test
  void aChangeGoesAtOnceAndHoldsForWhatThePeerHasNotSentYet() throws ProtocolException {
    MuxStream first = request(LATER);
    MuxStream second = request(LATER);
    pair.exchange();
    MuxPair.write(atServer(first), 3_000);
    MuxPair.write(atServer(second), 3_000);
    assertEquals(List.of("STREAM 0 0+1198"), pair.server.transmit().text());
    second.requestPriority(URGENT);
    Packet change = pair.client.transmit();
    assertEquals(List.of("STREAM_PRIORITY 4 1 u=1,i group 0"), change.text());
    change.deliver();
    assertEquals(List.of("STREAM 4 0+1198"), pair.server.transmit().text());
  }

  @Test
  void itIsTheSendersDirectionAlone() throws ProtocolException {
    MuxStream stream = request(URGENT);
    pair.exchange();
    assertEquals(Priority.DEFAULT_INCREMENTAL, stream.priority(), "ours stays as it was");
    atServer(stream).requestPriority(LATER);
    pair.exchange();
    assertEquals(LATER, stream.priority());
    assertEquals(URGENT, atServer(stream).priority());
  }

  @Test
  void thePeersUnidirectionalStreamCanBeAskedForOnceItIsThere() throws ProtocolException {
    MuxStream stream = pair.server.open(UNIDIRECTIONAL);
    MuxPair.write(stream, 10);
    pair.exchange();
    Objects.requireNonNull(client.stream(stream.id())).requestPriority(URGENT);
    pair.exchange();
    assertEquals(URGENT, stream.priority());
  }

  @Test
  void sayingTheSameAgainSendsNothing() throws ProtocolException {
    MuxStream stream = request(URGENT);
    pair.exchange();
    stream.requestPriority(URGENT);
    assertFalse(client.hasPending());
  }

  @Test
  void whatIsReceivedInFullIsNotAskedFor() throws ProtocolException {
    MuxStream stream = request(URGENT);
    pair.exchange();
    MuxPair.write(atServer(stream), 10);
    atServer(stream).finish();
    pair.exchange();
    stream.requestPriority(LATER);
    assertNull(pair.client.transmit(MuxPair.PACKET), "nobody would profit");
  }

  @Test
  void misuseIsRefused() throws ProtocolException {
    MuxStream sendOnly = pair.client.open(UNIDIRECTIONAL);
    assertThrows(IllegalStateException.class, () -> sendOnly.requestPriority(URGENT));
    MuxStream stream = pair.client.open(BIDIRECTIONAL);
    assertThrows(IllegalArgumentException.class, () -> stream.requestPriority(Priority.CRITICAL));
  }

  // Loss.

  @Test
  void afterALossThePresentValueIsSent() throws ProtocolException {
    MuxStream stream = request(URGENT);
    Packet first = pair.client.transmit();
    first.deliver();
    stream.requestPriority(LATER);
    Packet second = pair.client.transmit();
    first.lose();
    assertEquals(List.of("STREAM 0 0+100"), pair.client.transmit().text(), "a later one is out");
    second.lose();
    assertEquals(List.of("STREAM_PRIORITY 0 1 u=6 group 0"), pair.client.transmit().text());
  }

  @Test
  void aRequestChangedAfterALossIsSentOnce() throws ProtocolException {
    MuxStream stream = request(URGENT);
    pair.exchange();
    stream.requestPriority(LATER);
    pair.client.transmit().lose();
    stream.requestPriority(new Priority(0, true));
    assertEquals(List.of("STREAM_PRIORITY 0 2 u=0,i group 0"), pair.client.transmit().text());
    assertNull(pair.client.transmit(MuxPair.PACKET));
  }

  @Test
  void onlyAHigherSequenceApplies() throws ProtocolException {
    server.onStream(0, 0, new byte[1], 0, 1, false);
    MuxStream stream = Objects.requireNonNull(server.stream(0));
    server.onControl(frame(0, 5, 2));
    server.onControl(frame(0, 4, 7));
    server.onControl(frame(0, 5, 7));
    assertEquals(2, stream.priority().urgency());
    server.onControl(frame(0, 6, 1));
    assertEquals(1, stream.priority().urgency());
  }

  @Test
  void refusedEarlyDataIsAskedForAgain() throws ProtocolException {
    // RFC 9001 §4.6.2: the server has thrown all of it away.
    request(URGENT);
    pair.client.transmit();
    client.onEarlyDataRefused();
    client.onPeerParameters(MuxPair.parameters(MuxPair.config(1000, 1000, 10, 10)));
    assertEquals(
        List.of("STREAM_PRIORITY 0 0 u=1,i group 0", "STREAM 0 0+100"),
        pair.client.transmit().text());
  }

  // Streams that are not there.

  @Test
  void aFrameBeforeItsStreamIsKeptAndOpensNothing() throws ProtocolException {
    server.onControl(frame(8, 3, 2, 9));
    assertEquals(List.of(), pair.server.events());
    assertEquals(0, server.streamCount());
    server.onStream(12, 0, new byte[1], 0, 1, false);
    MuxStream stream = Objects.requireNonNull(server.stream(8));
    assertEquals(2, stream.priority().urgency());
    assertEquals(9, stream.peerGroup());
    server.onControl(frame(8, 2, 7));
    assertEquals(2, stream.priority().urgency(), "older than what was kept");
  }

  @Test
  void ofThoseKeptForAStreamTheHighestSequenceApplies() throws ProtocolException {
    server.onControl(frame(0, 1, 1));
    server.onControl(frame(0, 3, 3));
    server.onControl(frame(0, 2, 2));
    server.onStream(0, 0, new byte[1], 0, 1, false);
    assertEquals(3, Objects.requireNonNull(server.stream(0)).priority().urgency());
  }

  @Test
  void framesBeforeTheirStreamsAreBounded() throws ProtocolException {
    for (int i = 0; i < StreamPriorities.MAX_EARLY + 100; i++) {
      server.onControl(frame(4L * i, 0, 1));
    }
    assertEquals(StreamPriorities.MAX_EARLY, server.priorities().earlyCount());
    server.onStream(4 * (STREAMS - 1), 0, new byte[1], 0, 1, false);
    assertEquals(0, server.priorities().earlyCount());
    assertEquals(1, urgencyOf(4L * (StreamPriorities.MAX_EARLY - 1)));
    assertEquals(3, urgencyOf(4L * StreamPriorities.MAX_EARLY), "the default");
  }

  private int urgencyOf(long id) {
    return Objects.requireNonNull(server.stream(id)).priority().urgency();
  }

  @Test
  void aStreamThatIsOverIsLeftAlone() throws ProtocolException {
    MuxStream stream = request(URGENT);
    stream.finish();
    pair.exchange();
    MuxPair.drain(atServer(stream));
    atServer(stream).finish();
    pair.exchange();
    MuxPair.drain(stream);
    assertEquals(0, server.streamCount());
    server.onControl(frame(0, 9, 2));
    assertEquals(0, server.priorities().earlyCount());
    assertEquals(0, client.streamCount());
    MuxStream ofServer = pair.server.open(UNIDIRECTIONAL);
    ofServer.finish();
    pair.exchange();
    server.onControl(frame(ofServer.id(), 1, 2));
  }

  @Test
  void anIdThatCannotExistIsAnError() {
    // docs/stream-priority.md §4; RFC 9000 §4.6, §19.5, §19.10.
    assertFault(
        TransportError.STREAM_LIMIT_ERROR, () -> server.onControl(frame(4L * STREAMS, 0, 1)));
    assertFault(TransportError.STREAM_STATE_ERROR, () -> server.onControl(frame(1, 0, 1)));
    assertFault(TransportError.STREAM_STATE_ERROR, () -> server.onControl(frame(3, 0, 1)));
  }

  @Test
  void aStreamWithNothingToSendIsAnError() throws ProtocolException {
    // docs/stream-priority.md §4: the client's unidirectional streams are the client's to send.
    assertFault(TransportError.STREAM_STATE_ERROR, () -> server.onControl(frame(2, 0, 1)));
    server.onStream(2, 0, new byte[1], 0, 1, false);
    assertFault(TransportError.STREAM_STATE_ERROR, () -> server.onControl(frame(2, 0, 1)));
  }

  // Negotiation.

  @Test
  void aPeerThatTakesNoneIsSentNone() throws ProtocolException {
    MuxConfig without = MuxPair.config(1000, 1000, 10, 10).withStreamPriority(false);
    MuxPair plain = new MuxPair(MuxPair.config(1000, 1000, 10, 10), without);
    assertFalse(plain.client.mux.canRequestPriority());
    assertTrue(plain.server.mux.canRequestPriority());
    MuxStream stream = plain.client.open(BIDIRECTIONAL);
    stream.requestPriority(URGENT);
    MuxPair.write(stream, 10);
    assertEquals(List.of("STREAM 0 0+10"), plain.client.transmit().text());
    stream.requestPriority(LATER);
    assertNull(plain.client.transmit(MuxPair.PACKET));
  }

  @Test
  void whoHasNotAnnouncedItKnowsNoSuchFrame() {
    // docs/stream-priority.md §2; RFC 9000 §12.4.
    Mux without = new Mux(true, MuxConfig.DEFAULT.withStreamPriority(false), new ChunkPool());
    assertFault(TransportError.FRAME_ENCODING_ERROR, () -> without.onControl(frame(0, 0, 1)));
  }

  // Floods.

  @Test
  void aPriorityForEachStreamIsFree() throws ProtocolException {
    for (int round = 0; round < 20; round++) {
      for (int i = 0; i < STREAMS / 2; i++) {
        long id = 4L * (round * (STREAMS / 2) + i);
        server.onControl(frame(id, 0, 1));
        server.onStream(id, 0, new byte[1], 0, 1, true);
        MuxStream stream = Objects.requireNonNull(server.stream(id));
        MuxPair.drain(stream);
        stream.finish();
      }
      for (Packet packet = pair.server.transmit(MuxPair.PACKET);
          packet != null;
          packet = pair.server.transmit(MuxPair.PACKET)) {
        packet.acknowledge();
      }
    }
  }

  @Test
  void changesAreBounded() throws ProtocolException {
    // RFC 9000 §21.9, RFC 9218 §11: a change is work that brings no data.
    server.onStream(0, 0, new byte[1], 0, 1, false);
    assertFault(
        TransportError.PROTOCOL_VIOLATION,
        () -> {
          for (int i = 0; i < 2 * PeerEffort.IDLE_FRAMES; i++) {
            server.onControl(frame(0, i, i % 8));
          }
        });
  }

  @Test
  void changesThatAreKeptOrLateAreBounded() {
    assertFault(
        TransportError.PROTOCOL_VIOLATION,
        () -> {
          for (int i = 0; i < 2 * PeerEffort.IDLE_FRAMES; i++) {
            server.onControl(frame(4L * (i % 1000), i / 1000, 1));
          }
        });
  }

  // Groups.

  @Test
  void groupsOfAPeerDivideOnlyWhatThePeersStreamsWouldGet() throws ProtocolException {
    StreamGroup own = server.addGroup(1);
    MuxStream ours = pair.server.open(UNIDIRECTIONAL);
    ours.setGroup(own);
    MuxPair.write(ours, 90_000);
    for (int i = 0; i < 10; i++) {
      server.onControl(frame(4L * i, 0, 0, 1 + i));
      server.onStream(4L * i, 0, new byte[1], 0, 1, false);
      MuxPair.write(Objects.requireNonNull(server.stream(4L * i)), 90_000);
    }
    assertEquals(10, server.priorities().peerGroups().size());
    long[] sent = send(100);
    assertNear(50, sent[3]);
    for (int i = 0; i < 10; i++) {
      assertNear(5, sent[4 * i]);
    }
  }

  private static void assertNear(long expected, long packets) {
    assertTrue(Math.abs(expected - packets) <= 1, packets + " packets, not " + expected);
  }

  /** How many frames of each stream there are in so many packets of the server's. */
  private long[] send(int packets) throws ProtocolException {
    long[] frames = new long[4 * STREAMS];
    for (int i = 0; i < packets; i++) {
      Packet packet = pair.server.transmit();
      String[] words = packet.text().getFirst().split(" ");
      frames[Integer.parseInt(words[1])]++;
      packet.acknowledge();
    }
    return frames;
  }

  @Test
  void aGroupSharesWithThoseOfNoneAndUrgencyBuysNothing() throws ProtocolException {
    for (int i = 0; i < 4; i++) {
      // One stream of no group, of the highest urgency; three in the peer's group 7.
      server.onControl(frame(4L * i, 0, i == 0 ? 0 : 6, i == 0 ? 0 : 7));
      server.onStream(4L * i, 0, new byte[1], 0, 1, false);
      MuxPair.write(Objects.requireNonNull(server.stream(4L * i)), 90_000);
    }
    long[] sent = send(60);
    assertNear(30, sent[0]);
    assertNear(10, sent[4]);
    assertNear(10, sent[8]);
  }

  @Test
  void aStreamMayChangeItsGroupAndLeaveIt() throws ProtocolException {
    server.onStream(0, 0, new byte[1], 0, 1, false);
    MuxStream stream = Objects.requireNonNull(server.stream(0));
    server.onControl(frame(0, 0, 1, 7));
    assertEquals(7, stream.peerGroup());
    server.onControl(frame(0, 1, 1, 8));
    assertEquals(8, stream.peerGroup());
    assertEquals(1, server.priorities().peerGroups().size(), "nobody is left in the other");
    server.onControl(frame(0, 2, 1, 0));
    assertEquals(0, stream.peerGroup());
    assertEquals(0, server.priorities().peerGroups().size());
  }

  @Test
  void aGroupEndsWithItsLastStream() throws ProtocolException {
    server.onControl(frame(0, 0, 1, 7));
    server.onStream(0, 0, new byte[1], 0, 1, true);
    MuxStream stream = Objects.requireNonNull(server.stream(0));
    MuxPair.drain(stream);
    stream.finish();
    assertEquals(1, server.priorities().peerGroups().size());
    pair.server.transmit().acknowledge();
    assertEquals(0, server.streamCount());
    assertEquals(0, server.priorities().peerGroups().size());
  }

  @Test
  void groupsOfAPeerAreBounded() throws ProtocolException {
    for (int i = 0; i < PeerGroups.MAX_GROUPS + 10; i++) {
      server.onStream(4L * i, 0, new byte[1], 0, 1, false);
      server.onControl(frame(4L * i, 0, 1, 1 + i));
    }
    assertEquals(PeerGroups.MAX_GROUPS, server.priorities().peerGroups().size());
    MuxStream last = Objects.requireNonNull(server.stream(4L * (PeerGroups.MAX_GROUPS + 9)));
    assertEquals(0, last.peerGroup(), "of no group");
    assertEquals(1, last.priority().urgency());
    server.onControl(frame(last.id(), 1, 2, 1));
    assertEquals(1, last.peerGroup(), "one that is there");
  }

  @Test
  void aPeerTakesNoStreamOutOfOurGroups() throws ProtocolException {
    StreamGroup own = server.addGroup(5);
    server.onStream(0, 0, new byte[1], 0, 1, false);
    server.onControl(frame(0, 0, 1, 7));
    MuxStream stream = Objects.requireNonNull(server.stream(0));
    stream.setGroup(own);
    assertEquals(0, stream.peerGroup());
    assertEquals(0, server.priorities().peerGroups().size());
    server.onControl(frame(0, 1, 2, 8));
    assertEquals(own, stream.group());
    assertEquals(0, stream.peerGroup());
    assertEquals(2, stream.priority().urgency(), "how urgent it is inside is the peer's to say");
  }

  @Test
  void groupsOfOursShareByTheirWeights() throws ProtocolException {
    StreamGroup one = server.addGroup(1);
    StreamGroup three = server.addGroup(3);
    for (int i = 0; i < 4; i++) {
      MuxStream stream = pair.server.open(UNIDIRECTIONAL, new Priority(i, true));
      stream.setGroup(i < 3 ? one : three);
      MuxPair.write(stream, 90_000);
    }
    assertNear(45, send(60)[3 + 4 * 3]);
    three.setWeight(1);
    assertNear(10, send(20)[3 + 4 * 3]);
    one.setUrgency(1);
    assertEquals(20, send(20)[3], "by policy alone");
  }

  @Test
  void thePeerLearnsTheGroupWithWhatIsAsked() throws ProtocolException {
    StreamGroup group = client.addGroup(1);
    MuxStream stream = pair.client.open(BIDIRECTIONAL);
    stream.setGroup(group);
    stream.requestPriority(URGENT);
    MuxPair.write(stream, 10);
    pair.exchange();
    assertEquals(group.id(), atServer(stream).peerGroup());
    stream.setGroup(client.addGroup(1));
    pair.exchange();
    assertEquals(group.id() + 1, atServer(stream).peerGroup());
    stream.setGroup(null);
    pair.exchange();
    assertEquals(0, atServer(stream).peerGroup());
  }

  @Test
  void aClosedGroupTakesNoMoreAndGoesWithItsLastStream() throws ProtocolException {
    StreamGroup group = server.addGroup(1);
    MuxStream first = pair.server.open(UNIDIRECTIONAL);
    MuxStream second = pair.server.open(UNIDIRECTIONAL);
    first.setGroup(group);
    group.close();
    group.close();
    assertThrows(IllegalStateException.class, () -> second.setGroup(group));
    assertThrows(IllegalStateException.class, () -> group.setWeight(2));
    assertEquals(1, group.streamCount());
    first.reset(0);
    pair.exchange();
    assertEquals(0, group.streamCount());
    assertNotNull(second);
  }

  @Test
  void aGroupOfAnotherConnectionIsRefused() {
    StreamGroup other = client.addGroup(1);
    MuxStream stream = pair.server.open(UNIDIRECTIONAL);
    assertThrows(IllegalArgumentException.class, () -> stream.setGroup(other));
  }

  @Test
  void parametersSayWhetherItIsTaken() {
    assertTrue(
        TransportParameters.builder().streamPriority(true).build().remembered().streamPriority());
  }
}
