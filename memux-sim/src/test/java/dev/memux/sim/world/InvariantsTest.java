package dev.memux.sim.world;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.schedule.SchedulerConfig;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.sim.Datagram;
import dev.memux.sim.Network;
import dev.memux.sim.Node;
import dev.memux.sim.quic.Side;
import dev.memux.sim.quic.TappedConnectionFixture;
import dev.memux.sim.quic.TappedFrame;
import dev.memux.sim.quic.TappedPacket;
import dev.memux.tls.EncryptionLevel;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** A check that cannot fail is no check: each invariant is broken here on purpose. */
class InvariantsTest {
  private static final long BIDI = 0;
  private static final long UNI = 2;
  private static final Content CONTENT = new Content(0);
  private static final InetSocketAddress CLIENT_ADDRESS = Network.address(1, 1000);
  private static final InetSocketAddress OTHER_ADDRESS = Network.address(2, 1000);

  private static void assertViolation(Executable broken) {
    assertThrows(Violation.class, broken);
  }

  @Nested
  class Delivery {
    private final DeliveryInvariant delivery = new DeliveryInvariant(CONTENT);

    Delivery() {
      delivery.onWritten(Side.CLIENT, BIDI, 10);
    }

    private byte[] content(long offset, int length) {
      byte[] data = new byte[length];
      CONTENT.fill(Side.CLIENT, BIDI, offset, data, 0, length);
      return data;
    }

    @Test
    void acceptsWhatWasWritten() {
      delivery.onRead(Side.CLIENT, BIDI, content(0, 4), 4);
      delivery.onRead(Side.CLIENT, BIDI, content(4, 6), 6);
      delivery.onFinished(Side.CLIENT, BIDI);
      delivery.onEnd(Side.CLIENT, BIDI);
      assertEquals(10, delivery.read(Side.CLIENT, BIDI));
    }

    @Test
    void seesAWrongByte() {
      byte[] data = content(0, 10);
      data[9] ^= 1;
      assertViolation(() -> delivery.onRead(Side.CLIENT, BIDI, data, 10));
    }

    @Test
    void seesAByteTwice() {
      delivery.onRead(Side.CLIENT, BIDI, content(0, 4), 4);
      assertViolation(() -> delivery.onRead(Side.CLIENT, BIDI, content(0, 4), 4));
    }

    @Test
    void seesAGap() {
      assertViolation(() -> delivery.onRead(Side.CLIENT, BIDI, content(1, 9), 9));
    }

    @Test
    void seesABrokenPromise() {
      delivery.onRead(Side.CLIENT, BIDI, content(0, 4), 4);
      delivery.onReset(Side.CLIENT, BIDI, 5);
      assertViolation(() -> delivery.onResetSeen(Side.CLIENT, BIDI));
      delivery.onReset(Side.CLIENT, BIDI, 4);
      delivery.onResetSeen(Side.CLIENT, BIDI);
      delivery.onReset(Side.CLIENT, BIDI, 9);
      delivery.onResetSeen(Side.CLIENT, BIDI);
    }

    @Test
    void seesAnotherStreamsBytes() {
      delivery.onWritten(Side.CLIENT, UNI, 10);
      delivery.onWritten(Side.SERVER, BIDI, 10);
      assertViolation(() -> delivery.onRead(Side.CLIENT, UNI, content(0, 10), 10));
      assertViolation(() -> delivery.onRead(Side.SERVER, BIDI, content(0, 10), 10));
    }

    @Test
    void seesMoreThanWasWritten() {
      assertViolation(() -> delivery.onRead(Side.CLIENT, BIDI, content(0, 11), 11));
    }

    @Test
    void seesAnEarlyEnd() {
      delivery.onFinished(Side.CLIENT, BIDI);
      delivery.onRead(Side.CLIENT, BIDI, content(0, 9), 9);
      assertViolation(() -> delivery.onEnd(Side.CLIENT, BIDI));
    }

    @Test
    void seesAnEndThatNobodyWrote() {
      delivery.onRead(Side.CLIENT, BIDI, content(0, 10), 10);
      assertViolation(() -> delivery.onEnd(Side.CLIENT, BIDI));
    }

    @Test
    void seesASecondEnd() {
      delivery.onRead(Side.CLIENT, BIDI, content(0, 10), 10);
      delivery.onFinished(Side.CLIENT, BIDI);
      delivery.onEnd(Side.CLIENT, BIDI);
      assertViolation(() -> delivery.onEnd(Side.CLIENT, BIDI));
    }

    @Test
    void seesAResetThatNobodySent() {
      assertViolation(() -> delivery.onResetSeen(Side.CLIENT, BIDI));
      delivery.onReset(Side.CLIENT, BIDI);
      assertDoesNotThrow(() -> delivery.onResetSeen(Side.CLIENT, BIDI));
    }
  }

  @Nested
  class Independence {
    private final IndependenceInvariant independence = new IndependenceInvariant();

    @Test
    void acceptsThePrefixThatArrived() {
      independence.onDelivered(Side.SERVER, BIDI, 0, 10, true);
      independence.onDelivered(Side.SERVER, BIDI, 20, 30, true);
      independence.check(Side.SERVER, BIDI, 10);
      independence.onDelivered(Side.SERVER, BIDI, 10, 20, true);
      independence.check(Side.SERVER, BIDI, 30);
    }

    @Test
    void seesAStreamThatWaits() {
      independence.onDelivered(Side.SERVER, BIDI, 0, 10, true);
      independence.onDelivered(Side.SERVER, UNI, 20, 30, true);
      assertViolation(() -> independence.check(Side.SERVER, BIDI, 9));
    }

    @Test
    void seesBytesThatNeverArrived() {
      independence.onDelivered(Side.SERVER, BIDI, 0, 10, true);
      assertViolation(() -> independence.check(Side.SERVER, BIDI, 11));
      assertViolation(() -> independence.check(Side.CLIENT, BIDI, 1));
    }

    @Test
    void leavesOpenWhetherAnUncertainPacketCounts() {
      independence.onDelivered(Side.SERVER, BIDI, 0, 10, false);
      independence.check(Side.SERVER, BIDI, 0);
      independence.check(Side.SERVER, BIDI, 10);
      assertViolation(() -> independence.check(Side.SERVER, BIDI, 11));
    }

    @Test
    void tellsEachTouchedStreamOnce() {
      independence.onDelivered(Side.SERVER, BIDI, 0, 1, true);
      assertEquals(List.of(BIDI), List.copyOf(independence.takeTouched(Side.SERVER)));
      assertTrue(independence.takeTouched(Side.SERVER).isEmpty());
    }

    @Test
    void onlyWhatIsAcknowledgedForGoodMayBeForgotten() {
      ForgottenPackets forgotten = new ForgottenPackets();
      forgotten.onAckSent(7, ack(0, 20));
      assertFalse(forgotten.mayForget(20));
      forgotten.onAckDelivered(ack(8, 9));
      assertFalse(forgotten.mayForget(20));
      forgotten.onAckDelivered(ack(5, 7));
      assertTrue(forgotten.mayForget(20));
      assertFalse(forgotten.mayForget(21));
    }

    @Test
    void whatLiesBelowManyGapsMayBeForgotten() {
      ForgottenPackets forgotten = new ForgottenPackets();
      for (int i = 1; i <= 60; i++) {
        assertFalse(forgotten.mayForget(0));
        forgotten.onDelivered(2L * i);
      }
      assertTrue(forgotten.mayForget(0));
      assertFalse(forgotten.mayForget(3));
    }
  }

  private static TappedFrame.Ack ack(long smallest, long largest) {
    return new TappedFrame.Ack(new long[] {smallest}, new long[] {largest}, 0, false);
  }

  private static TappedPacket packet(Side sender, TappedFrame... frames) {
    Datagram datagram =
        new Datagram(0, Network.address(1, 1), Network.address(0, 443), new byte[1200]);
    return new TappedPacket(
        new TappedConnectionFixture().connection(),
        sender,
        datagram,
        0,
        1200,
        ConnectionId.EMPTY,
        EncryptionLevel.APPLICATION,
        1,
        false,
        true,
        List.of(frames));
  }

  private static TappedFrame.Stream stream(
      Side sender, long id, long offset, int length, boolean fin) {
    byte[] data = new byte[length];
    CONTENT.fill(sender, id, offset, data, 0, length);
    return new TappedFrame.Stream(id, offset, data, 0, length, fin);
  }

  @Nested
  class FlowControl {
    private final TransportParameters parameters =
        TransportParameters.builder()
            .initialMaxData(100)
            .initialMaxStreamDataBidi(60)
            .initialMaxStreamDataUni(50)
            .initialMaxStreamsBidi(2)
            .initialMaxStreamsUni(1)
            .build();
    private final FlowControlInvariant flowControl =
        new FlowControlInvariant(CONTENT, side -> parameters);

    private void sent(TappedFrame frame) {
      flowControl.onPacketSent(packet(Side.CLIENT, frame));
    }

    private void delivered(ControlFrame frame) {
      flowControl.onPacketDelivered(packet(Side.SERVER, new TappedFrame.Control(frame)));
    }

    @Test
    void acceptsWhatIsWithinAllLimits() {
      sent(stream(Side.CLIENT, BIDI, 0, 60, false));
      sent(stream(Side.CLIENT, BIDI, 0, 60, false)); // Again is not more.
      sent(stream(Side.CLIENT, UNI, 0, 40, true));
    }

    @Test
    void seesAStreamBeyondItsLimit() {
      assertViolation(() -> sent(stream(Side.CLIENT, BIDI, 60, 1, false)));
      delivered(new ControlFrame.MaxStreamData(BIDI, 61));
      assertDoesNotThrow(() -> sent(stream(Side.CLIENT, BIDI, 60, 1, false)));
    }

    @Test
    void seesAllStreamsBeyondTheConnectionsLimit() {
      sent(stream(Side.CLIENT, BIDI, 0, 60, false));
      assertViolation(() -> sent(stream(Side.CLIENT, UNI, 0, 41, false)));
      delivered(new ControlFrame.MaxData(101));
      assertDoesNotThrow(() -> sent(stream(Side.CLIENT, UNI, 0, 41, false)));
    }

    @Test
    void seesALimitUsedBeforeItArrived() {
      flowControl.onPacketSent(
          packet(Side.SERVER, new TappedFrame.Control(new ControlFrame.MaxStreamData(BIDI, 70))));
      assertViolation(() -> sent(stream(Side.CLIENT, BIDI, 0, 61, false)));
    }

    @Test
    void seesTooManyStreams() {
      assertViolation(() -> sent(stream(Side.CLIENT, UNI + 4, 0, 0, true)));
      assertDoesNotThrow(() -> sent(stream(Side.CLIENT, BIDI + 4, 0, 0, true)));
      assertViolation(() -> sent(stream(Side.CLIENT, BIDI + 8, 0, 0, true)));
      delivered(new ControlFrame.MaxStreams(true, 3));
      assertDoesNotThrow(() -> sent(stream(Side.CLIENT, BIDI + 8, 0, 0, true)));
    }

    @Test
    void seesAStreamOpenedByAResetOrAStop() {
      assertViolation(
          () -> sent(new TappedFrame.Control(new ControlFrame.ResetStream(BIDI + 8, 0, 0))));
      assertViolation(
          () -> sent(new TappedFrame.Control(new ControlFrame.StopSending(BIDI + 8, 0))));
    }

    @Test
    void seesAFinalSizeBeyondTheLimit() {
      assertViolation(
          () -> sent(new TappedFrame.Control(new ControlFrame.ResetStream(BIDI, 0, 61))));
    }

    @Test
    void seesAFinalSizeThatChanges() {
      sent(stream(Side.CLIENT, BIDI, 0, 10, true));
      assertViolation(() -> sent(stream(Side.CLIENT, BIDI, 0, 9, true)));
      assertViolation(
          () -> sent(new TappedFrame.Control(new ControlFrame.ResetStream(BIDI, 0, 11))));
    }

    @Test
    void seesDataBeyondTheEnd() {
      sent(stream(Side.CLIENT, BIDI, 0, 10, true));
      assertViolation(() -> sent(stream(Side.CLIENT, BIDI, 5, 6, false)));
    }

    @Test
    void seesAnEndBeforeDataAlreadySent() {
      sent(stream(Side.CLIENT, BIDI, 0, 10, false));
      assertViolation(() -> sent(stream(Side.CLIENT, BIDI, 0, 9, true)));
    }

    @Test
    void seesCreditThatIsNotGivenBack() {
      sent(stream(Side.CLIENT, BIDI, 0, 50, true));
      flowControl.checkCreditReturned(Side.CLIENT);
      sent(stream(Side.CLIENT, BIDI + 4, 0, 1, true));
      assertViolation(() -> flowControl.checkCreditReturned(Side.CLIENT));
      granted(new ControlFrame.MaxData(101));
      assertViolation(() -> flowControl.checkCreditReturned(Side.CLIENT));
      granted(new ControlFrame.MaxStreams(true, 3));
      flowControl.checkCreditReturned(Side.CLIENT);
    }

    private void granted(ControlFrame frame) {
      flowControl.onPacketSent(packet(Side.SERVER, new TappedFrame.Control(frame)));
    }

    @Test
    void seesBytesThatAreNotTheStreams() {
      assertViolation(() -> sent(stream(Side.SERVER, BIDI, 0, 10, false)));
    }
  }

  @Nested
  class Amplification {
    private final AmplificationInvariant amplification = new AmplificationInvariant();

    @Test
    void seesMoreThanThreeTimesWhatCame() {
      amplification.onDatagramDelivered(Side.SERVER, CLIENT_ADDRESS, 1200);
      amplification.onDatagramSent(Side.SERVER, CLIENT_ADDRESS, 3600);
      assertViolation(() -> amplification.onDatagramSent(Side.SERVER, CLIENT_ADDRESS, 1));
    }

    @Test
    void isOverOnceAHandshakePacketCame() {
      amplification.onPacketDelivered(Side.CLIENT, CLIENT_ADDRESS, EncryptionLevel.INITIAL, false);
      amplification.onPacketDelivered(
          Side.SERVER, CLIENT_ADDRESS, EncryptionLevel.HANDSHAKE, false);
      assertViolation(() -> amplification.onDatagramSent(Side.SERVER, CLIENT_ADDRESS, 1));
      amplification.onPacketDelivered(
          Side.CLIENT, CLIENT_ADDRESS, EncryptionLevel.HANDSHAKE, false);
      amplification.onDatagramSent(Side.SERVER, CLIENT_ADDRESS, 100_000);
    }

    @Test
    void beginsAnewAtEachAddress() {
      amplification.onPacketDelivered(
          Side.CLIENT, CLIENT_ADDRESS, EncryptionLevel.HANDSHAKE, false);
      amplification.onDatagramDelivered(Side.SERVER, OTHER_ADDRESS, 40);
      amplification.onDatagramSent(Side.SERVER, OTHER_ADDRESS, 120);
      amplification.onChallengeSent(Side.SERVER, OTHER_ADDRESS, 7);
      amplification.onAnswerDelivered(Side.CLIENT, 8);
      assertViolation(() -> amplification.onDatagramSent(Side.SERVER, OTHER_ADDRESS, 1));
      amplification.onAnswerDelivered(Side.CLIENT, 7);
      amplification.onDatagramSent(Side.SERVER, OTHER_ADDRESS, 100_000);
    }

    @Test
    void seesASmallAnswerToAChallenge() {
      amplification.onAnswerSent(Side.CLIENT, 1200);
      assertViolation(() -> amplification.onAnswerSent(Side.CLIENT, 1199));
    }

    @Test
    void doesNotBindTheClient() {
      amplification.onDatagramSent(Side.CLIENT, CLIENT_ADDRESS, 100_000);
    }

    @Test
    void seesASmallInitial() {
      assertViolation(
          () -> amplification.onPacketSent(Side.CLIENT, EncryptionLevel.INITIAL, false, 1199));
      assertViolation(
          () -> amplification.onPacketSent(Side.SERVER, EncryptionLevel.INITIAL, true, 1199));
      amplification.onPacketSent(Side.SERVER, EncryptionLevel.INITIAL, false, 50);
      amplification.onPacketSent(Side.CLIENT, EncryptionLevel.HANDSHAKE, true, 50);
    }
  }

  @Nested
  class PacketNumbers {
    private final PacketNumberInvariant numbers = new PacketNumberInvariant();

    @Test
    void seesANumberTwice() {
      numbers.onSent(Side.CLIENT, EncryptionLevel.INITIAL, 0);
      numbers.onSent(Side.CLIENT, EncryptionLevel.HANDSHAKE, 0);
      numbers.onSent(Side.SERVER, EncryptionLevel.INITIAL, 0);
      assertViolation(() -> numbers.onSent(Side.CLIENT, EncryptionLevel.INITIAL, 0));
    }

    @Test
    void seesAnAcknowledgementOfWhatNeverCame() {
      numbers.onArrived(Side.CLIENT, EncryptionLevel.APPLICATION, 1);
      numbers.onArrived(Side.CLIENT, EncryptionLevel.APPLICATION, 3);
      numbers.onAcked(Side.SERVER, EncryptionLevel.APPLICATION, 1, 1);
      assertViolation(() -> numbers.onAcked(Side.SERVER, EncryptionLevel.APPLICATION, 1, 3));
      assertViolation(() -> numbers.onAcked(Side.SERVER, EncryptionLevel.HANDSHAKE, 1, 1));
      assertViolation(() -> numbers.onAcked(Side.CLIENT, EncryptionLevel.APPLICATION, 1, 1));
    }

    @Test
    void seesAPacketProcessedTwice() {
      numbers.onArrived(Side.CLIENT, EncryptionLevel.INITIAL, 0);
      numbers.onArrived(Side.CLIENT, EncryptionLevel.APPLICATION, 1);
      numbers.onArrived(Side.CLIENT, EncryptionLevel.APPLICATION, 1);
      numbers.onProcessed(Side.SERVER, 2);
      assertViolation(() -> numbers.onProcessed(Side.SERVER, 3));
    }

    @Test
    void readsThemFromPackets() {
      assertViolation(() -> numbers.onPacketSent(packet(Side.SERVER, ack(0, 0))));
      numbers.onPacketDelivered(packet(Side.SERVER));
      assertDoesNotThrow(() -> numbers.onAcked(Side.CLIENT, EncryptionLevel.APPLICATION, 1, 1));
    }
  }

  @Nested
  class StreamStates {
    private final StreamStateInvariant states = new StreamStateInvariant();

    private void sent(Side sender, ControlFrame frame) {
      states.onSent(sender, new TappedFrame.Control(frame));
    }

    @Test
    void seesWhatIsSentAfterAReset() {
      TappedFrame.Stream data = stream(Side.CLIENT, BIDI, 0, 1, false);
      states.onSent(Side.CLIENT, data);
      sent(Side.CLIENT, new ControlFrame.ResetStream(BIDI, 0, 1));
      assertViolation(() -> states.onSent(Side.CLIENT, data));
      assertViolation(() -> sent(Side.CLIENT, new ControlFrame.StreamDataBlocked(BIDI, 1)));
      sent(Side.CLIENT, new ControlFrame.ResetStream(BIDI, 0, 1)); // Again, as it may be lost.
      states.onSent(Side.SERVER, stream(Side.SERVER, BIDI, 0, 1, false));
    }

    @Test
    void seesCreditForAStreamWhoseEndIsKnown() {
      ControlFrame.MaxStreamData credit = new ControlFrame.MaxStreamData(BIDI, 9);
      states.onDelivered(Side.SERVER, stream(Side.CLIENT, BIDI, 0, 1, false));
      sent(Side.SERVER, credit);
      states.onDelivered(Side.SERVER, stream(Side.CLIENT, BIDI, 1, 1, true));
      assertViolation(() -> sent(Side.SERVER, credit));
      sent(Side.CLIENT, credit);
      states.onDelivered(
          Side.CLIENT, new TappedFrame.Control(new ControlFrame.ResetStream(BIDI, 0, 1)));
      assertViolation(() -> sent(Side.CLIENT, credit));
    }
  }

  @Nested
  class Loss {
    @Test
    void seesALossThatWasNone() {
      LossInvariant.check(Side.CLIENT, true, 0);
      LossInvariant.check(Side.CLIENT, false, 1);
      assertViolation(() -> LossInvariant.check(Side.CLIENT, true, 1));
    }
  }

  @Nested
  class AckDelay {
    private final AckDelayInvariant ackDelay = new AckDelayInvariant(25);

    @Test
    void seesALateAcknowledgement() {
      ackDelay.onArrived(Side.SERVER, 3, 100);
      ackDelay.onArrived(Side.SERVER, 2, 110);
      ackDelay.check(Side.SERVER, 125);
      assertViolation(() -> ackDelay.check(Side.SERVER, 126));
      ackDelay.onAckSent(Side.SERVER, ack(3, 5));
      ackDelay.check(Side.SERVER, 126);
      assertViolation(() -> ackDelay.check(Side.SERVER, 136));
      ackDelay.onAckSent(Side.CLIENT, ack(0, 5));
      assertViolation(() -> ackDelay.check(Side.SERVER, 136));
      ackDelay.forget(Side.SERVER);
      ackDelay.check(Side.SERVER, 1000);
    }
  }

  @Nested
  class Rebinding {
    private final RebindingInvariant rebinding = new RebindingInvariant();

    Rebinding() {
      rebinding.onDelivered(1, CLIENT_ADDRESS, 0);
    }

    @Test
    void seesAServerThatDoesNotTurn() {
      rebinding.onDelivered(2, OTHER_ADDRESS, 0);
      rebinding.onServerSent(CLIENT_ADDRESS);
      rebinding.check(RebindingInvariant.MAX_SILENCE_NANOS);
      assertViolation(() -> rebinding.check(RebindingInvariant.MAX_SILENCE_NANOS + 1));
    }

    @Test
    void acceptsOneThatTurns() {
      rebinding.onDelivered(2, OTHER_ADDRESS, 0);
      rebinding.onServerSent(OTHER_ADDRESS);
      rebinding.check(Long.MAX_VALUE);
    }

    @Test
    void knowsThatAProbedAddressNeedsNoChallengeAnyMore() {
      rebinding.onProbed(OTHER_ADDRESS);
      rebinding.onDelivered(2, OTHER_ADDRESS, 0);
      rebinding.check(Long.MAX_VALUE);
    }

    @Test
    void doesNotCountAnOvertakenPacket() {
      rebinding.onDelivered(0, OTHER_ADDRESS, 0);
      rebinding.check(Long.MAX_VALUE);
    }
  }

  @Nested
  class ConnectionIds {
    private final ConnectionIdInvariant ids = new ConnectionIdInvariant();
    private final ConnectionId id = ConnectionId.of(new byte[] {1, 2, 3, 4});

    ConnectionIds() {
      ids.onPacketSent(Side.CLIENT, id, 0, 0);
    }

    @Test
    void acceptsAnIdOnItsPathAndOthersOnOthers() {
      ids.onPacketSent(Side.CLIENT, id, 0, 0);
      ids.onPacketSent(Side.CLIENT, ConnectionId.of(new byte[] {5}), 1, 0);
      ids.onPacketSent(Side.SERVER, ConnectionId.of(new byte[] {6}), 0, 1);
    }

    @Test
    void seesAnIdThatComesFromTwoSockets() {
      assertViolation(() -> ids.onPacketSent(Side.CLIENT, id, 1, 0));
    }

    @Test
    void seesAnIdThatGoesToTwoAddresses() {
      assertViolation(() -> ids.onPacketSent(Side.CLIENT, id, 0, 1));
    }
  }

  @Nested
  class Congestion {
    private final CongestionInvariant congestion = new CongestionInvariant();

    @Test
    void acceptsAFullWindow() {
      congestion.beforeTransmit(12_000, 9_600, 0, 0);
      congestion.onPacketSent(1200, true);
      congestion.onPacketSent(1200, true);
      congestion.onPacketSent(50, false); // Acknowledgements are free.
      congestion.afterTransmit(0, 1200, 12_000);
    }

    @Test
    void seesAPacketAboveTheWindow() {
      congestion.beforeTransmit(12_000, 10_900, 0, 0);
      congestion.onPacketSent(1200, true);
      assertViolation(() -> congestion.afterTransmit(0, 1200, 12_100));
    }

    @Test
    void whatIsForgottenMeanwhileMakesRoom() {
      congestion.beforeTransmit(12_000, 10_900, 0, 0);
      congestion.onPacketSent(1200, true);
      congestion.afterTransmit(0, 1200, 12_000);
    }

    @Test
    void exemptsEachProbeOnce() {
      congestion.beforeTransmit(2400, 4800, 3, 0);
      congestion.onPacketSent(1200, true);
      congestion.onPacketSent(1200, true);
      congestion.afterTransmit(5, 1200, 7200);
      congestion.beforeTransmit(2400, 7200, 5, 0);
      congestion.onPacketSent(1200, true);
      assertViolation(() -> congestion.afterTransmit(5, 1200, 8400));
    }

    @Test
    void exemptsOnePacketOfEachRecovery() {
      congestion.beforeTransmit(2400, 4800, 0, 1);
      congestion.onPacketSent(1200, true);
      congestion.afterTransmit(0, 1200, 6000);
      congestion.beforeTransmit(2400, 4800, 0, 1);
      congestion.onPacketSent(1200, true);
      assertViolation(() -> congestion.afterTransmit(0, 1200, 6000));
    }
  }

  @Nested
  class Datagrams {
    private final DatagramInvariant datagrams = new DatagramInvariant(new Content(0));

    Datagrams() {
      datagrams.onSent(Side.CLIENT, 5, 20);
    }

    @Test
    void acceptsEachOnce() {
      byte[] datagram = datagrams.content(Side.CLIENT, 5, 20);
      datagrams.onReceived(Side.CLIENT, datagram);
      assertViolation(() -> datagrams.onReceived(Side.CLIENT, datagram));
    }

    @Test
    void seesOneThatWasNeverSent() {
      byte[] other = datagrams.content(Side.CLIENT, 6, 20);
      assertViolation(() -> datagrams.onReceived(Side.CLIENT, other));
      byte[] same = datagrams.content(Side.CLIENT, 5, 20);
      assertViolation(() -> datagrams.onReceived(Side.SERVER, same));
      assertViolation(() -> datagrams.onReceived(Side.CLIENT, new byte[3]));
    }

    @Test
    void seesAWrongOrMissingByte() {
      byte[] cut = datagrams.content(Side.CLIENT, 5, 19);
      assertViolation(() -> datagrams.onReceived(Side.CLIENT, cut));
    }
  }

  @Nested
  class Records {
    private static final TappedFrame PARAMETERS =
        new TappedFrame.Control(new ControlFrame.QxTransportParameters(new byte[0]));
    private final RecordInvariant records =
        new RecordInvariant(new QmuxPlan(20_000, 16_382, 1400, 1, false, false));

    private static TappedFrame stream(long offset, int length) {
      return new TappedFrame.Stream(BIDI, offset, new byte[length], 0, length, false);
    }

    private void sent(int bytes, TappedFrame... frames) {
      records.onSent(Side.CLIENT, bytes, List.of(frames));
    }

    @Test
    void acceptsWhatIsInOrder() {
      sent(100, PARAMETERS, stream(0, 10));
      sent(1400, stream(10, 5), stream(15, 0));
      sent(16_382, new TappedFrame.Datagram(new byte[0], 0, 0));
      records.onSent(Side.SERVER, 100, List.of(PARAMETERS));
    }

    @Test
    void seesParametersInTheWrongPlace() {
      assertViolation(() -> sent(10, stream(0, 1)));
      sent(10, PARAMETERS);
      assertViolation(() -> sent(10, PARAMETERS));
    }

    @Test
    void seesRecordsThatAreTooLong() {
      sent(10, PARAMETERS);
      assertViolation(() -> sent(1401, stream(0, 1)));
      assertViolation(() -> sent(16_383, new TappedFrame.Datagram(new byte[0], 0, 0)));
    }

    @Test
    void seesEmptyRecords() {
      assertViolation(() -> sent(10));
    }

    @Test
    void seesDataOutOfOrder() {
      sent(10, PARAMETERS, stream(0, 10));
      assertViolation(() -> sent(10, stream(11, 1)));
      assertViolation(() -> sent(10, stream(9, 2)));
    }

    @Test
    void seesFramesAfterTheClose() {
      sent(
          10,
          PARAMETERS,
          new TappedFrame.Control(new ControlFrame.ConnectionClose(true, 1, 0, "")));
      assertViolation(() -> sent(10, stream(0, 1)));
    }
  }

  @Nested
  class Termination {
    @Test
    void seesWhatIsLeftOver() {
      TerminationInvariant.checkNode("n", 0, Node.NEVER);
      assertViolation(() -> TerminationInvariant.checkNode("n", 1, Node.NEVER));
      assertViolation(() -> TerminationInvariant.checkNode("n", 0, 5));
    }

    @Test
    void seesAnEndThatIsNotTold() {
      TerminationInvariant.checkPeer("p", true, true, true);
      TerminationInvariant.checkPeer("p", false, false, false);
      assertViolation(() -> TerminationInvariant.checkPeer("p", true, true, false));
      assertViolation(() -> TerminationInvariant.checkPeer("p", true, false, true));
    }

    @Test
    void silenceIsExcusedWhileAProbeIsNotDue() {
      LinkBlame blame = new LinkBlame();
      long second = 1_000_000_000;
      blame.onAckElicitingSent(Side.SERVER, 0);
      blame.onAckElicitingSent(Side.SERVER, 3 * second);
      assertTrue(blame.excusesSilence(Side.CLIENT, 9 * second));
      assertFalse(blame.excusesSilence(Side.CLIENT, 10 * second));
      blame.onAckElicitingSent(Side.SERVER, 3 * second + 1000);
      assertFalse(blame.excusesSilence(Side.CLIENT, 3 * second + 1001), "that was no backoff");
    }

    @Test
    void seesATimerAfterTheEnd() {
      TerminationInvariant.checkTerminated("p", true, Node.NEVER);
      assertViolation(() -> TerminationInvariant.checkTerminated("p", true, 5));
      assertViolation(() -> TerminationInvariant.checkTerminated("p", false, Node.NEVER));
    }

    @Test
    void aHandshakeIsExcusedOnlyByManyLosses() {
      LinkBlame blame = new LinkBlame();
      for (int i = 0; i < 5; i++) {
        assertFalse(blame.excusesHandshake());
        blame.onLost();
      }
      assertTrue(blame.excusesHandshake());
    }

    @Test
    void silenceIsExcusedOnlyByALossSinceTheLastWord() {
      LinkBlame blame = new LinkBlame();
      assertFalse(blame.excusesSilence(Side.CLIENT, 0));
      assertFalse(blame.lostAnything());
      blame.onLost();
      assertTrue(blame.lostAnything());
      assertTrue(blame.excusesSilence(Side.CLIENT, 0));
      blame.onArrived(Side.CLIENT);
      assertFalse(blame.excusesSilence(Side.CLIENT, 0));
      assertTrue(blame.excusesSilence(Side.SERVER, 0));
    }
  }

  @Nested
  class Scheduling {
    private static final int PACKET = 1000;
    private final SchedulingInvariant scheduling =
        new SchedulingInvariant(SchedulerConfig.DEFAULT, PACKET);
    private long sentTo;

    private static SchedulingInvariant.State state(long id, int urgency, boolean isWaiting) {
      return new SchedulingInvariant.State(id, urgency, true, 0, 1, 0, isWaiting);
    }

    private static SchedulingInvariant.State grouped(
        long id, int urgency, long own, int weight, long peers) {
      return new SchedulingInvariant.State(id, urgency, true, own, weight, peers, true);
    }

    /** New data of a stream, a packet full. */
    private void sends(long id) {
      sentTo += PACKET;
      scheduling.onStreamSent(id, sentTo, PACKET);
    }

    private void ends(SchedulingInvariant.State... states) {
      scheduling.onBatchEnd(List.of(states), true, false);
    }

    @Test
    void acceptsTheMostUrgentFirst() {
      sends(0);
      sends(4);
      ends(state(0, 1, false), state(4, 3, true));
      sends(4);
      ends(state(0, 1, false), state(4, 3, true), state(8, 3, true));
      assertEquals(1, scheduling.urgenciesJudged());
    }

    @Test
    void seesTheLessUrgentBeforeTheMoreUrgent() {
      sends(4);
      sends(0);
      assertViolation(() -> ends(state(0, 1, false), state(4, 3, true)));
    }

    @Test
    void seesThatSomebodyMoreUrgentWaits() {
      sends(4);
      assertViolation(() -> ends(state(0, 1, true), state(4, 3, true)));
    }

    @Test
    void whatIsSentAgainTakesNoCredit() {
      sends(4);
      ends(state(4, 3, true));
      scheduling.onStreamSent(4, PACKET, PACKET);
      ends(state(0, 1, true), state(4, 3, true));
    }

    @Test
    void urgencyMeansNothingBetweenGroups() {
      sends(4);
      ends(grouped(0, 1, 7, 1, 0), grouped(4, 3, 0, 1, 0));
      sends(4);
      ends(grouped(0, 1, 0, 1, 9), grouped(4, 3, 0, 1, 0));
    }

    @Test
    void thatEqualsShareIsSeen() {
      for (int i = 0; i < 4000; i++) {
        sends(i % 2 * 4L);
        ends(state(0, 3, true), state(4, 3, true));
      }
      assertEquals(6, scheduling.streamSharesJudged());
    }

    @Test
    void seesThatAnEqualGetsMore() {
      assertViolation(
          () -> {
            for (int i = 0; i < 4000; i++) {
              sends(i % 5 < 3 ? 0 : 4);
              ends(state(0, 3, true), state(4, 3, true));
            }
          });
    }

    @Test
    void whoHasNotAlwaysHadSomethingToSendIsNotJudged() {
      for (int i = 0; i < 4000; i++) {
        sends(i % 5 < 3 ? 0 : 4);
        ends(state(0, 3, true), state(4, 3, i % 100 > 0));
      }
      assertEquals(0, scheduling.streamSharesJudged());
    }

    @Test
    void whoWaitsForTheConnectionsCreditIsNotJudged() {
      for (int i = 0; i < 4000; i++) {
        sends(i % 5 < 3 ? 0 : 4);
        scheduling.onBatchEnd(List.of(state(0, 3, true), state(4, 3, true)), i % 100 > 0, false);
      }
      assertEquals(0, scheduling.streamSharesJudged());
    }

    @Test
    void groupsByTheirWeightsAreAccepted() {
      for (int i = 0; i < 4000; i++) {
        sends(i % 4 < 3 ? 0 : 4);
        ends(grouped(0, 5, 7, 3, 0), grouped(4, 3, 0, 1, 0));
      }
      assertEquals(6, scheduling.groupSharesJudged());
    }

    @Test
    void seesAGroupThatGetsMoreThanItsWeight() {
      assertViolation(
          () -> {
            for (int i = 0; i < 4000; i++) {
              sends(i % 4 < 3 ? 0 : 4);
              ends(grouped(0, 1, 7, 2, 0), grouped(4, 3, 0, 1, 0));
            }
          });
    }

    @Test
    void seesThatGroupsOfThePeersAreUnequal() {
      assertViolation(
          () -> {
            for (int i = 0; i < 4000; i++) {
              sends(i % 4 < 3 ? 0 : 4);
              ends(grouped(0, 1, 0, 1, 8), grouped(4, 3, 0, 1, 9));
            }
          });
    }

    @Test
    void seesThatGroupsOfThePeersTakeFromOurs() {
      assertViolation(
          () -> {
            for (int i = 0; i < 4000; i++) {
              sends(i % 3 * 4L);
              ends(grouped(0, 3, 0, 1, 8), grouped(4, 3, 0, 1, 9), grouped(8, 3, 1, 1, 0));
            }
          });
    }
  }

  @Nested
  class Batches {
    private final BatchInvariant batches = new BatchInvariant();

    private void sends(int packets) {
      for (int i = 0; i < packets; i++) {
        batches.onDatagramSent(1200);
      }
      batches.afterTransmit();
    }

    @Test
    void seesMoreThanTwoPacketsOnASlowPath() {
      batches.beforeTransmit(12_000, 100_000_000, 1200);
      sends(2);
      batches.beforeTransmit(12_000, 100_000_000, 1200);
      assertViolation(() -> sends(3));
    }

    @Test
    void seesMoreThanAMillisecondOfAKnownRate() {
      batches.beforePacedTransmit(12_000_000, 1200);
      sends(10);
      batches.beforePacedTransmit(12_000_000, 1200);
      assertViolation(() -> sends(11));
    }

    @Test
    void seesMoreThanAMillisecondTakesOnAFastPath() {
      batches.beforeTransmit(960_000, 100_000_000, 1200);
      sends(10);
      batches.beforeTransmit(960_000, 100_000_000, 1200);
      assertViolation(() -> sends(11));
    }
  }
}
