package dev.memux.engine.recovery;

import static dev.memux.engine.recovery.SenderFixture.DATAGRAM;
import static dev.memux.engine.recovery.SenderFixture.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.congestion.NewReno;
import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.EcnCounts;
import dev.memux.engine.wire.ProtocolException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** RFC 9000 §13.4.2 and Appendix A.4. */
class EcnValidationTest {
  private SenderFixture sender;
  private EcnValidation ecn;
  private long first;

  /** What the peer has counted. */
  private long ect0;

  private long ect1;
  private long ce;

  @BeforeEach
  void establish() throws ProtocolException {
    sender = SenderFixture.established();
    ecn = sender.recovery.ecn();
    first = sender.nextNumber();
  }

  /** Sends so many packets, each for itself; returns how many were marked. */
  private int send(int packets) {
    int marked = 0;
    for (int i = 0; i < packets; i++) {
      ecn.beginBatch(sender.now);
      sender.send();
      marked += ecn.codepoint() == EcnCounts.ECT_0 ? 1 : 0;
    }
    return marked;
  }

  private boolean isMarking() {
    ecn.beginBatch(sender.now);
    return ecn.isMarking();
  }

  private AckFrame frame(long smallest, long largest) {
    AckFrame ack = new AckFrame();
    ack.reset(0);
    ack.addRange(smallest, largest);
    return ack;
  }

  private void ackWithoutCounts(long smallest, long largest) throws ProtocolException {
    sender.recovery.onAckReceived(PacketSpace.APPLICATION, frame(smallest, largest), 0, sender.now);
  }

  private void ack(long smallest, long largest) throws ProtocolException {
    AckFrame ack = frame(smallest, largest);
    ack.ecn(ect0, ect1, ce);
    sender.recovery.onAckReceived(PacketSpace.APPLICATION, ack, 0, sender.now);
  }

  /** So many packets arrive as they were sent, in time, and their acknowledgement does. */
  private void exchange(int packets) throws ProtocolException {
    long from = sender.nextNumber();
    ect0 += send(packets);
    sender.now += 100 * MS;
    ack(from, sender.nextNumber() - 1);
  }

  @Test
  void aPathThatKeepsCodepointsIsCapable() throws ProtocolException {
    assertFalse(ecn.isCapable());
    exchange(1);
    assertTrue(ecn.isCapable());
    exchange(8);
    assertTrue(isMarking());
  }

  /** §13.4.2: "for only the first ten outgoing packets on a path". */
  @Test
  void onlyTenPacketsAreMarkedBeforeThePeerSaysSomething() {
    assertEquals(10, send(30));
  }

  @Test
  void afterTenAnAnswerBringsTheMarkBack() throws ProtocolException {
    exchange(10);
    assertTrue(ecn.isCapable());
    assertTrue(isMarking());
  }

  @Nested
  class Fails {
    /** §13.4.2.1: "if the corresponding ECN counts are not present in the ACK frame". */
    @Test
    void withoutCounts() throws ProtocolException {
      send(1);
      ackWithoutCounts(first, first);
      assertFalse(isMarking());
    }

    /** §13.4.2.1, also when they had been there. */
    @Test
    void withoutCountsLater() throws ProtocolException {
      exchange(5);
      send(1);
      ackWithoutCounts(first + 5, first + 5);
      assertFalse(ecn.isCapable());
      assertFalse(isMarking());
    }

    /** §13.4.2.1: the sum of ECT(0) and CE grew by less than was acknowledged. */
    @Test
    void whenCountsAreTooSmall() throws ProtocolException {
      send(3);
      ect0 = 1;
      ce = 1;
      ack(first, first + 2);
      assertFalse(isMarking());
      assertEquals(0, ecn.congestionMarks(), "what is not believed has no effect");
    }

    /**
     * §13.4.2.1: "a non-zero ECN count corresponding to an ECT codepoint that it never applied".
     */
    @Test
    void whenEct1IsReported() throws ProtocolException {
      send(3);
      ect0 = 3;
      ect1 = 1;
      ack(first, first + 2);
      assertFalse(isMarking());
    }

    /** §13.4.2.1: more than was sent. */
    @Test
    void whenUnmarkedPacketsAreReportedAsMarked() throws ProtocolException {
      send(12);
      ect0 = 12;
      ack(first, first + 11);
      assertFalse(isMarking());
    }

    @Test
    void whenCountsFall() throws ProtocolException {
      exchange(5);
      ce = 1;
      ect0++;
      send(2);
      ack(first + 5, first + 6);
      assertTrue(ecn.isCapable());
      ce = 0;
      ect0 += 2;
      send(1);
      ack(first + 7, first + 7);
      assertFalse(ecn.isCapable());
    }

    /** §13.4.2: "if all packets marked with non-zero ECN codepoints are subsequently lost". */
    @Test
    void whenAllMarkedPacketsAreLost() throws ProtocolException {
      send(10);
      send(4); // not marked any more
      sender.now += 100 * MS;
      ack(first + 10, first + 13);
      assertFalse(isMarking());
      sender.now += EcnValidation.RETEST_NANOS - 100 * MS;
      assertFalse(isMarking());
      sender.now += 100 * MS;
      assertTrue(isMarking(), "it may have been an outage");
    }

    /** Appendix A.4: "or if they are all ECN-CE marked". */
    @Test
    void whenAllMarkedPacketsMeetCongestion() throws ProtocolException {
      send(10);
      ce = 10;
      sender.now += 100 * MS;
      ack(first, first + 9);
      assertFalse(isMarking());
      sender.now += EcnValidation.RETEST_NANOS;
      assertFalse(isMarking(), "that is no accident");
    }

    @Test
    void forGood() throws ProtocolException {
      send(1);
      ackWithoutCounts(first, first);
      exchange(5);
      assertFalse(isMarking());
    }
  }

  /** §13.4.2.1: "MUST NOT fail [...] that does not increase the largest acknowledged". */
  @Test
  void anAcknowledgementThatWasOvertakenFailsNothing() throws ProtocolException {
    exchange(5);
    send(4);
    ect0 += 4;
    ack(first + 8, first + 8);
    ackWithoutCounts(first + 6, first + 7);
    assertTrue(ecn.isCapable());
  }

  /** §13.4.2.1: counts may grow by more than what is newly acknowledged. */
  @Test
  void anAcknowledgementThatWasLostFailsNothing() throws ProtocolException {
    exchange(5);
    send(4);
    ect0 += 4;
    ack(first + 7, first + 8);
    assertTrue(ecn.isCapable());
  }

  /** Nobody acknowledges it, so nobody would notice that none arrives any more. */
  @Test
  void whatOnlyAcknowledgesIsNotMarked() {
    ecn.beginBatch(sender.now);
    sender.sendAckOnly();
    assertEquals(0, ecn.codepoint());
  }

  @Test
  void whatOnlyAcknowledgesIsMarkedWhereItLeavesWithOthers() throws ProtocolException {
    exchange(5);
    ecn.beginBatch(sender.now);
    sender.sendAckOnly();
    sender.send();
    assertEquals(EcnCounts.ECT_0, ecn.codepoint());
    ect0 += 2;
    ack(first + 6, first + 6);
    assertTrue(ecn.isCapable());
  }

  /** A mark that keeps a packet from arriving must not keep probes from arriving. */
  @Test
  void probesAreNotMarkedWhileNothingMarkedHasArrived() throws ProtocolException {
    assertEquals(1, send(1));
    sender.expire();
    assertEquals(0, send(2));
    sender.now += 100 * MS;
    ack(first + 1, first + 2);
    assertEquals(1, sender.recovery.packetsLost());
    assertFalse(isMarking());
    assertFalse(ecn.isCapable());
  }

  /** What was marked and arrives late decides. */
  @Test
  void aLateAnswerStillCounts() throws ProtocolException {
    send(1);
    sender.expire();
    send(1);
    ect0 = 1;
    ack(first, first + 1);
    assertTrue(ecn.isCapable());
  }

  /** What a path does may change: §13.4.2.2. */
  @Test
  void aPathThatBeginsToSwallowMarkedPacketsGetsUnmarkedOnes() throws ProtocolException {
    exchange(5);
    send(4);
    sender.expire();
    assertTrue(isMarking(), "a tail may get lost anywhere");
    send(1);
    sender.expire();
    assertEquals(0, send(3));
    sender.now += 100 * MS;
    long unmarked = sender.nextNumber() - 3;
    ack(unmarked, unmarked + 2);
    assertFalse(ecn.isCapable());
    assertFalse(isMarking());
  }

  @Nested
  class InTheHandshake {
    private final SenderFixture client = SenderFixture.client();
    private final EcnValidation validation = client.recovery.ecn();

    private boolean sendMarked(PacketSpace space) {
      validation.beginBatch(client.now);
      client.send(space);
      return validation.codepoint() == EcnCounts.ECT_0;
    }

    /** There are few packets, and the first may be lost like any other. */
    @Test
    void whatWasLostIsTestedOnceMore() throws ProtocolException {
      assertTrue(sendMarked(PacketSpace.INITIAL));
      client.expire();
      for (int i = 0; i < 4; i++) {
        assertFalse(sendMarked(PacketSpace.INITIAL));
      }
      client.now += 100 * MS;
      client.ack(PacketSpace.INITIAL, 1, 2, 3, 4);
      assertFalse(sendMarked(PacketSpace.HANDSHAKE));
      client.recovery.onHandshakeConfirmed();
      assertTrue(sendMarked(PacketSpace.APPLICATION));
    }

    /** RFC 9000 §8.1: who must not send any more is not told by a timer that nothing arrives. */
    @Test
    void onlyTheFirstFlightIsATest() {
      for (int i = 0; i < 3; i++) {
        assertTrue(sendMarked(PacketSpace.HANDSHAKE));
      }
      assertFalse(sendMarked(PacketSpace.HANDSHAKE));
    }

    @Test
    void packetsWhoseKeysAreGoneAreNoFailure() {
      for (int i = 0; i < 3; i++) {
        assertTrue(sendMarked(PacketSpace.INITIAL));
      }
      assertFalse(sendMarked(PacketSpace.HANDSHAKE));
      client.recovery.discard(PacketSpace.INITIAL, client.now);
      assertTrue(sendMarked(PacketSpace.HANDSHAKE));
    }

    @Test
    void eachSpaceHasCountsOfItsOwn() throws ProtocolException {
      for (PacketSpace space : PacketSpace.values()) {
        sendMarked(space);
        AckFrame ack = SenderFixture.frame(0);
        ack.ecn(1, 0, 0);
        client.recovery.onAckReceived(space, ack, 0, client.now);
        assertTrue(validation.isCapable(), space.toString());
      }
    }
  }

  @Nested
  class OnANewPath {
    @Test
    void aFailureIsForgotten() throws ProtocolException {
      send(3);
      ect0 = 2;
      ect1 = 1;
      ack(first, first + 2);
      assertFalse(isMarking());
      sender.recovery.onNewPath(new NewReno(DATAGRAM), 0, sender.now);
      exchange(4);
      assertTrue(ecn.isCapable());
    }

    @Test
    void aSuccessIsForgotten() throws ProtocolException {
      exchange(5);
      sender.recovery.onNewPath(new NewReno(DATAGRAM), 0, sender.now);
      assertFalse(ecn.isCapable());
      assertEquals(10, send(20));
    }

    /** Appendix A.4: "existing ECN counts are remembered as a baseline". */
    @Test
    void packetsOfTheOldPathProveNothing() throws ProtocolException {
      send(3);
      sender.recovery.onNewPath(new NewReno(DATAGRAM), 0, sender.now);
      ackWithoutCounts(first, first + 2);
      assertTrue(isMarking());
      send(1);
      ect0 = 4;
      ack(first + 3, first + 3);
      assertTrue(ecn.isCapable());
    }

    @Test
    void congestionOnTheOldPathIsNone() throws ProtocolException {
      exchange(5);
      send(5);
      sender.recovery.onNewPath(new NewReno(DATAGRAM), 0, sender.now);
      ect0 += 4;
      ce += 1;
      ack(first + 5, first + 9);
      assertEquals(0, sender.recovery.congestionEvents());
    }
  }

  /** RFC 9002 §7.1. */
  @Nested
  class Congestion {
    @Test
    void aMarkReducesTheWindowAsALossDoes() throws ProtocolException {
      exchange(1);
      long window = sender.recovery.windowBytes();
      send(10);
      ect0 += 9;
      ce = 1;
      sender.now += 100 * MS;
      ack(first + 1, first + 10);
      assertEquals(window / 2, sender.recovery.windowBytes());
      assertEquals(1, sender.recovery.congestionEvents());
      assertEquals(1, ecn.congestionMarks());
      assertEquals(0, sender.recovery.packetsLost());
    }

    /** RFC 9002 §7.3.2: once a round trip. */
    @Test
    void marksOfOneRoundTripAreOneSignal() throws ProtocolException {
      exchange(1);
      long window = sender.recovery.windowBytes();
      send(10);
      sender.now += 100 * MS;
      for (int i = 1; i <= 10; i++) {
        ce++;
        ect0++;
        ack(first + i, first + i);
        ect0--;
      }
      assertEquals(1, sender.recovery.congestionEvents());
      assertEquals(window / 2, sender.recovery.windowBytes());
    }

    @Test
    void whatIsNotBelievedReducesNothing() throws ProtocolException {
      send(4);
      sender.now += 100 * MS;
      ce = 20;
      ack(first, first + 3);
      assertEquals(0, sender.recovery.congestionEvents());
    }

    /** A reduction for which there are two reasons is not undone for one of them. */
    @Test
    void aLateArrivalDoesNotUndoIt() throws ProtocolException {
      exchange(1);
      send(10);
      sender.now += 100 * MS;
      ect0 += 6;
      ce = 1;
      ack(first + 4, first + 10);
      assertEquals(3, sender.recovery.packetsLost());
      long reduced = sender.recovery.windowBytes();
      ect0 += 3;
      ack(first + 1, first + 10);
      assertEquals(3, sender.recovery.spuriousLosses());
      assertEquals(reduced, sender.recovery.windowBytes());
    }
  }
}
