package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.TransportError;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class PeerConnectionIdsTest {
  private final PeerConnectionIds ids = new PeerConnectionIds(id(0));

  @Test
  void aRepeatedFrameMayRetireMore() throws ProtocolException {
    // RFC 9000 §19.15: Retire Prior To counts whenever it grows; who repeats a lost frame may say
    // what holds by then.
    ids.onNewConnectionId(frame(1, 0));
    ids.onNewConnectionId(frame(1, 1));
    assertFalse(ids.isInUse(ids.first()));
    assertEquals(id(1), take().id());
    assertEquals(List.of(0L), retired());
  }

  @Test
  void anExactRepetitionChangesNothing() throws ProtocolException {
    ids.onNewConnectionId(frame(1, 1));
    assertEquals(List.of(0L), retired());
    ids.onNewConnectionId(frame(1, 1));
    assertFalse(ids.hasPending());
  }

  @Test
  void anIdThatArrivesRetiredIsRetiredAtOnce() throws ProtocolException {
    // RFC 9000 §19.15
    ids.onNewConnectionId(frame(3, 3));
    assertEquals(List.of(0L), retired());
    ids.onNewConnectionId(frame(2, 0));
    assertEquals(List.of(2L), retired());
    assertEquals(id(3), take().id());
  }

  @Test
  void anIdThatWeHaveRetiredIsNotRevivedByALateFrame() throws ProtocolException {
    ids.onNewConnectionId(frame(1, 0));
    PeerConnectionId used = take();
    ids.abandon(used);
    assertEquals(List.of(1L), retired());
    ids.onRetireAcked(1);
    ids.onNewConnectionId(frame(1, 0)); // sent before the peer heard of it
    assertFalse(ids.hasUnused());
    assertFalse(ids.hasPending());
  }

  @Test
  void theOldestUnusedIdIsTakenFirst() throws ProtocolException {
    ids.onNewConnectionId(frame(2, 0));
    ids.onNewConnectionId(frame(1, 0));
    assertEquals(1, take().sequence());
    assertEquals(2, take().sequence());
    assertNull(ids.takeUnused());
  }

  @Test
  void anAbandonedIdIsRetiredOnceAndAgainIfThatIsLost() throws ProtocolException {
    ids.abandon(ids.first());
    ids.abandon(ids.first());
    assertEquals(List.of(0L), retired());
    ids.onRetireLost(0);
    assertEquals(List.of(0L), retired());
    ids.onRetireAcked(0);
    ids.onRetireLost(0);
    assertFalse(ids.hasPending());
  }

  @Test
  void oneSequenceNumberForTwoIds() throws ProtocolException {
    // RFC 9000 §19.15
    ids.onNewConnectionId(frame(1, 0));
    assertFails(
        TransportError.PROTOCOL_VIOLATION,
        () ->
            ids.onNewConnectionId(
                new ControlFrame.NewConnectionId(1, 0, id(2).toByteArray(), token(1))));
  }

  @Test
  void oneIdWithTwoTokens() throws ProtocolException {
    // RFC 9000 §19.15
    ids.onNewConnectionId(frame(1, 0));
    assertFails(
        TransportError.PROTOCOL_VIOLATION,
        () ->
            ids.onNewConnectionId(
                new ControlFrame.NewConnectionId(1, 0, id(1).toByteArray(), token(2))));
  }

  @Test
  void oneIdWithTwoSequenceNumbers() {
    // RFC 9000 §19.15: that of the handshake has number 0.
    assertFails(
        TransportError.PROTOCOL_VIOLATION,
        () ->
            ids.onNewConnectionId(
                new ControlFrame.NewConnectionId(1, 0, id(0).toByteArray(), token(1))));
  }

  @Test
  void moreIdsThanWeHaveSaidWeKeep() throws ProtocolException {
    // RFC 9000 §5.1.1
    for (int i = 1; i < PeerConnectionIds.ACTIVE_LIMIT; i++) {
      ids.onNewConnectionId(frame(i, 0));
    }
    assertFails(
        TransportError.CONNECTION_ID_LIMIT_ERROR,
        () -> ids.onNewConnectionId(frame(PeerConnectionIds.ACTIVE_LIMIT, 0)));
  }

  @Test
  void idsThatTheFrameItselfReplacesDoNotCount() throws ProtocolException {
    // RFC 9000 §5.1.1
    for (int i = 1; i < PeerConnectionIds.ACTIVE_LIMIT; i++) {
      ids.onNewConnectionId(frame(i, 0));
    }
    ids.onNewConnectionId(frame(PeerConnectionIds.ACTIVE_LIMIT, 1));
    assertEquals(List.of(0L), retired());
  }

  @Test
  void moreRetirementsThanAreAcknowledged() throws ProtocolException {
    // RFC 9000 §5.1.2
    for (int i = 1; i <= PeerConnectionIds.MAX_RETIRING; i++) {
      ids.onNewConnectionId(frame(i, i));
    }
    int next = PeerConnectionIds.MAX_RETIRING + 1;
    assertFails(
        TransportError.CONNECTION_ID_LIMIT_ERROR, () -> ids.onNewConnectionId(frame(next, next)));
  }

  @Test
  void acknowledgedRetirementsDoNotCount() throws ProtocolException {
    for (int i = 1; i <= 10 * PeerConnectionIds.MAX_RETIRING; i++) {
      ids.onNewConnectionId(frame(i, i));
      ids.onRetireAcked(i - 1);
    }
    assertEquals(10 * PeerConnectionIds.MAX_RETIRING, take().sequence());
  }

  @Test
  void whatWeAbandonWaitsForAcknowledgementsInsteadOfEndingTheConnection()
      throws ProtocolException {
    int sequence = 0;
    PeerConnectionId current = ids.first();
    while (true) {
      ids.onNewConnectionId(frame(++sequence, 0));
      ids.abandon(current);
      List<Long> now = retired();
      if (now.isEmpty()) {
        break;
      }
      current = take();
    }
    assertEquals(PeerConnectionIds.MAX_RETIRING / 2 + 1, sequence);
    ids.onRetireAcked(0);
    assertEquals(List.of(sequence - 1L), retired());
  }

  @Test
  void gapsBetweenSequenceNumbersHaveALimit() throws ProtocolException {
    // RFC 9000 §5.1.1: the sequence number increases by 1.
    int sequence = 0;
    for (int i = 1; i < PeerConnectionIds.MAX_RETIRED_RANGES; i++) {
      sequence += 2;
      ids.onNewConnectionId(frame(sequence, sequence));
      ids.onRetireAcked(sequence - 2);
    }
    int last = sequence + 2;
    ids.onNewConnectionId(frame(last, last));
    ids.onRetireAcked(sequence);
    assertFails(
        TransportError.CONNECTION_ID_LIMIT_ERROR,
        () -> ids.onNewConnectionId(frame(last + 2, last + 2)));
  }

  @Test
  void aPeerWithAnEmptyIdCannotHaveAnother() {
    // RFC 9000 §19.15
    PeerConnectionIds empty = new PeerConnectionIds(ConnectionId.EMPTY);
    assertFails(TransportError.PROTOCOL_VIOLATION, () -> empty.onNewConnectionId(frame(1, 0)));
    assertTrue(empty.isEmpty());
  }

  @Test
  void anEmptyIdServesEveryPathAndIsNeverRetired() {
    // RFC 9000 §5.1.1
    PeerConnectionIds empty = new PeerConnectionIds(ConnectionId.EMPTY);
    assertSame(empty.first(), empty.takeUnused());
    empty.abandon(empty.first());
    assertFalse(empty.hasPending());
    assertSame(empty.first(), empty.takeUnused());
  }

  @Test
  void theIdOfAPreferredAddressCountsAndCanBeRetired() throws ProtocolException {
    // RFC 9000 §9.6.1: its sequence number is 1.
    ids.onPreferredAddress(preferredAddress());
    ids.onNewConnectionId(frame(2, 2));
    assertEquals(List.of(0L, 1L), retired().stream().sorted().toList());
    assertEquals(id(2), take().id());
  }

  @Test
  void aServerWithAnEmptyIdCannotHaveAPreferredAddress() {
    // RFC 9000 §18.2
    PeerConnectionIds empty = new PeerConnectionIds(ConnectionId.EMPTY);
    assertFails(
        TransportError.TRANSPORT_PARAMETER_ERROR,
        () -> empty.onPreferredAddress(preferredAddress()));
  }

  @Test
  void theTokenOfTheFirstIdComesLater() {
    ids.onPeerChosen(id(7));
    PeerConnectionId first = ids.onFirstResetToken(token(7));
    assertEquals(id(7), first.id());
    assertArrayEquals(token(7), first.resetToken());
    assertTrue(ids.isInUse(first));
  }

  private static void assertFails(long code, Executable call) {
    ProtocolException e = assertThrows(ProtocolException.class, call);
    assertEquals(TransportError.name(code), TransportError.name(e.code()));
  }

  private PeerConnectionId take() {
    PeerConnectionId id = ids.takeUnused();
    assertNotNull(id);
    return id;
  }

  private static byte[] preferredAddress() {
    byte[] encoded = new byte[24 + 1 + 4 + 16];
    encoded[24] = 4;
    id(1).writeTo(encoded, 25);
    return encoded;
  }

  private List<Long> retired() {
    FrameWriter writer = new FrameWriter();
    writer.reset(new byte[256], 0, 256);
    SentFrames sent = new SentFrames();
    ids.write(writer, sent);
    List<Long> sequences = new ArrayList<>();
    for (int i = 0; i < sent.size(); i++) {
      sequences.add(sent.a(i));
    }
    return sequences;
  }

  private static ControlFrame.NewConnectionId frame(long sequence, long retirePriorTo) {
    return new ControlFrame.NewConnectionId(
        sequence, retirePriorTo, id(sequence).toByteArray(), token(sequence));
  }

  private static byte[] token(long sequence) {
    byte[] token = new byte[16];
    token[0] = (byte) sequence;
    return token;
  }

  private static ConnectionId id(long sequence) {
    return ConnectionId.of(new byte[] {(byte) sequence, (byte) (sequence >>> 8), 2, 3});
  }
}
