package dev.memux.engine.recovery;

import static dev.memux.engine.recovery.PacketSpace.APPLICATION;
import static dev.memux.engine.recovery.PacketSpace.HANDSHAKE;
import static dev.memux.engine.recovery.PacketSpace.INITIAL;
import static dev.memux.engine.recovery.SenderFixture.DATAGRAM;
import static dev.memux.engine.recovery.SenderFixture.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.ProtocolException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** RFC 9002 §6.2.1 to §6.4: several spaces, address validation, discarded keys. */
class HandshakeRecoveryTest {
  private final SenderFixture client = SenderFixture.client();
  private final SenderFixture server = SenderFixture.server();

  /** §6.2.2. */
  @Test
  void theFirstInitialIsProbedAfterASecond() {
    client.send(INITIAL);
    assertEquals(999 * MS, client.recovery.deadlineNanos());
    client.expire();
    assertEquals(2, client.recovery.probesPending(INITIAL));
    assertEquals(List.of(0L), client.probed);
    client.send(INITIAL);
    assertEquals(client.now + 1998 * MS, client.recovery.deadlineNanos());
  }

  @Test
  void aClientThatHasSentNothingHasNoTimer() {
    assertEquals(Long.MAX_VALUE, client.recovery.deadlineNanos());
  }

  /** §6.2.1: max_ack_delay is only for the Application Data space. */
  @Test
  void handshakePacketsAreNotDelayedByThePeer() {
    client.recovery.onMaxAckDelay(100 * MS);
    assertEquals(999 * MS, client.recovery.ptoNanos(INITIAL));
    assertEquals(999 * MS, client.recovery.ptoNanos(HANDSHAKE));
    assertEquals(1099 * MS, client.recovery.ptoNanos(APPLICATION));
  }

  /** §6.2.1: the earlier of the Initial and Handshake spaces. */
  @Test
  void theEarlierSpaceExpiresAndTheOtherIsProbedToo() {
    server.send(INITIAL);
    server.now = 5 * MS;
    server.send(HANDSHAKE);
    server.send(HANDSHAKE);
    assertEquals(999 * MS, server.recovery.deadlineNanos());
    server.expire();
    // §6.2.4: the peer might have keys for one of the two only.
    assertEquals(2, server.recovery.probesPending(INITIAL));
    assertEquals(1, server.recovery.probesPending(HANDSHAKE));
    assertEquals(0, server.recovery.probesPending(APPLICATION));
    assertEquals(List.of(0L, 0L), server.probed);
  }

  /** §6.2.1: a timeout in one space doubles the period of all. */
  @Test
  void theBackoffIsCommonToAllSpaces() throws ProtocolException {
    client.send(INITIAL);
    client.expire();
    client.send(INITIAL);
    client.now += 100 * MS;
    client.ack(INITIAL, 0, 1);
    client.send(HANDSHAKE);
    assertEquals(client.now + 2 * 300 * MS, client.recovery.deadlineNanos());
  }

  /** §6.2.1. */
  @Test
  void applicationPacketsAreNotProbedBeforeTheHandshakeIsConfirmed() {
    server.send(APPLICATION);
    assertEquals(Long.MAX_VALUE, server.recovery.deadlineNanos());
    long sentNanos = server.now;
    server.now += 50 * MS;
    server.recovery.onHandshakeConfirmed();
    assertEquals(
        sentNanos + server.recovery.ptoNanos(APPLICATION), server.recovery.deadlineNanos());
  }

  /**
   * §7.3.2. Nothing else would send it again: packets that the peer cannot read yet fill the window
   * and are not probed.
   */
  @Test
  void lostHandshakePacketsAreRepeatedWhateverTheWindowSays() throws ProtocolException {
    server.now = MS;
    server.send(HANDSHAKE);
    server.now = 2 * MS;
    server.send(HANDSHAKE);
    while (server.recovery.sendAllowanceBytes() >= DATAGRAM) {
      server.send(APPLICATION);
    }
    server.now = 200 * MS;
    server.ack(HANDSHAKE, 1);
    server.expire();
    assertEquals(List.of(0L), server.lost);
    assertEquals(1, server.recovery.probesPending(HANDSHAKE));
    assertEquals(0, server.recovery.probesPending(APPLICATION));
  }

  /** §6.2.2.1. */
  @Test
  void aBlockedServerArmsNoProbeTimer() {
    server.send(INITIAL);
    server.recovery.onAmplificationLimited(true, server.now);
    assertEquals(Long.MAX_VALUE, server.recovery.deadlineNanos());
    server.send(HANDSHAKE);
    assertEquals(Long.MAX_VALUE, server.recovery.deadlineNanos());
  }

  /** §6.2.2.1: a timer set to a time in the past is executed immediately. */
  @Test
  void aServerThatIsUnblockedLateProbesAtOnce() {
    server.send(INITIAL);
    server.recovery.onAmplificationLimited(true, server.now);
    server.now = 5000 * MS;
    server.recovery.onTimeout(server.now);
    assertEquals(0, server.recovery.ptoCount());
    server.recovery.onAmplificationLimited(false, server.now);
    assertEquals(999 * MS, server.recovery.deadlineNanos());
    server.recovery.onTimeout(server.now);
    assertEquals(2, server.recovery.probesPending(INITIAL));
  }

  /** A blocked server still learns from acknowledgements what is lost. */
  @Test
  void aBlockedServerKeepsItsLossTimer() throws ProtocolException {
    server.send(HANDSHAKE);
    server.send(HANDSHAKE);
    server.recovery.onAmplificationLimited(true, server.now);
    server.now = 100 * MS;
    server.ack(HANDSHAKE, 1);
    assertEquals(112_500_000, server.recovery.deadlineNanos());
    server.expire();
    assertEquals(List.of(0L), server.lost);
  }

  /** §6.2.2.1: the anti-deadlock probe. */
  @Test
  void aClientProbesWithNothingInFlightUntilTheServerHasValidatedItsAddress()
      throws ProtocolException {
    client.send(INITIAL);
    client.now = 100 * MS;
    client.ack(INITIAL, 0);
    assertFalse(client.recovery.hasAckElicitingInFlight(INITIAL));
    assertEquals(client.now + 300 * MS, client.recovery.deadlineNanos());
    client.expire();
    assertEquals(1, client.recovery.probesPending(INITIAL));
    assertEquals(List.of(), client.probed);
  }

  /** §6.2.2.1. */
  @Test
  void aClientWithHandshakeKeysProbesWithHandshakePackets() throws ProtocolException {
    client.send(INITIAL);
    client.now = 100 * MS;
    client.ack(INITIAL, 0);
    client.recovery.onHandshakeKeys(true);
    client.expire();
    assertEquals(0, client.recovery.probesPending(INITIAL));
    assertEquals(1, client.recovery.probesPending(HANDSHAKE));
  }

  /** §6.2.2.1: 0-RTT packets in flight wake nobody before the handshake is confirmed. */
  @Test
  void aClientWithOnlyEarlyDataInFlightStillProbes() throws ProtocolException {
    client.send(INITIAL);
    client.send(APPLICATION);
    client.now = 100 * MS;
    client.ack(INITIAL, 0);
    long deadline = client.recovery.deadlineNanos();
    assertEquals(client.now + 300 * MS, deadline);
    client.now = 200 * MS;
    client.send(APPLICATION);
    assertEquals(deadline, client.recovery.deadlineNanos(), "early data does not put it off");
  }

  /** §6.2.2.1: a server never waits like that. */
  @Test
  void aServerWithNothingInFlightHasNoTimer() throws ProtocolException {
    server.send(INITIAL);
    server.now = 100 * MS;
    server.ack(INITIAL, 0);
    assertEquals(Long.MAX_VALUE, server.recovery.deadlineNanos());
  }

  /** §6.2.2.1, Appendix A.8. */
  @Test
  void anAcknowledgedHandshakePacketEndsTheClientsWait() throws ProtocolException {
    client.send(HANDSHAKE);
    client.now = 100 * MS;
    client.ack(HANDSHAKE, 0);
    assertEquals(Long.MAX_VALUE, client.recovery.deadlineNanos());
  }

  @Test
  void confirmationEndsTheClientsWait() throws ProtocolException {
    client.send(INITIAL);
    client.now = 100 * MS;
    client.ack(INITIAL, 0);
    client.recovery.onHandshakeConfirmed();
    assertEquals(Long.MAX_VALUE, client.recovery.deadlineNanos());
  }

  @Test
  void otherProofOfValidationEndsTheClientsWait() throws ProtocolException {
    client.send(INITIAL);
    client.now = 100 * MS;
    client.ack(INITIAL, 0);
    client.recovery.onPeerValidatedAddress();
    assertEquals(Long.MAX_VALUE, client.recovery.deadlineNanos());
  }

  /** §6.2.1: protects a busy server from repeated probes. */
  @Test
  void anInitialAcknowledgementDoesNotEndAClientsBackoff() throws ProtocolException {
    client.send(INITIAL);
    client.expire();
    client.send(INITIAL);
    client.now += 100 * MS;
    client.ack(INITIAL, 0, 1);
    assertEquals(1, client.recovery.ptoCount());
    client.send(HANDSHAKE);
    client.now += 100 * MS;
    client.ack(HANDSHAKE, 0);
    assertEquals(0, client.recovery.ptoCount());
  }

  /** §6.4, Appendix A.11. */
  @Test
  void discardedKeysTakeTheirPacketsOutOfFlight() throws ProtocolException {
    server.send(INITIAL);
    server.send(INITIAL);
    server.send(HANDSHAKE);
    server.expire();
    server.recovery.discard(INITIAL, server.now);
    assertEquals(DATAGRAM, server.recovery.bytesInFlight());
    assertEquals(0, server.recovery.ptoCount());
    assertEquals(0, server.recovery.probesPending(INITIAL));
    assertFalse(server.recovery.hasAckElicitingInFlight(INITIAL));
    assertEquals(List.of(), server.lost, "not lost: nobody waits for them");
    server.ack(INITIAL, 0, 77);
    assertEquals(List.of(), server.acked);
  }

  /** §6.2.2: the loss timer of a discarded space is reset. */
  @Test
  void discardedKeysTakeTheirLossTimerWithThem() throws ProtocolException {
    server.send(INITIAL);
    server.send(INITIAL);
    server.now = 100 * MS;
    server.ack(INITIAL, 1);
    assertEquals(112_500_000, server.recovery.deadlineNanos());
    server.recovery.discard(INITIAL, server.now);
    assertEquals(Long.MAX_VALUE, server.recovery.deadlineNanos());
  }

  @Test
  void discardingTwiceIsHarmlessAndSendingAfterwardsIsMisuse() {
    server.send(INITIAL);
    server.recovery.discard(INITIAL, 0);
    server.recovery.discard(INITIAL, 0);
    assertEquals(0, server.recovery.bytesInFlight());
    assertThrows(IllegalStateException.class, () -> server.send(INITIAL));
  }

  /** §6.3: Retry says that nothing was processed, which is not congestion. */
  @Test
  void refusedPacketsAreSentAgainWithoutReducingTheWindow() {
    client.send(INITIAL);
    client.expire();
    client.send(INITIAL);
    client.recovery.onPacketsRefused(INITIAL, client.now);
    assertEquals(List.of(0L, 1L), client.lost);
    assertEquals(0, client.recovery.bytesInFlight());
    assertEquals(0, client.recovery.ptoCount());
    assertEquals(0, client.recovery.congestionEvents());
    assertEquals(12_000, client.recovery.windowBytes());
    client.send(INITIAL);
    assertEquals(client.now + 999 * MS, client.recovery.deadlineNanos());
  }

  /** A whole handshake as a client sees it. */
  @Test
  void aHandshakeFromTheFirstPacketToConfirmation() throws ProtocolException {
    client.send(INITIAL);
    client.now = 40 * MS;
    client.ack(INITIAL, 0);
    client.recovery.onHandshakeKeys(true);
    client.send(INITIAL, 1200, false, true);
    client.send(HANDSHAKE);
    client.recovery.discard(INITIAL, client.now);
    client.send(APPLICATION);
    assertEquals(40 * MS + 120 * MS, client.recovery.deadlineNanos());
    client.now = 80 * MS;
    client.ack(HANDSHAKE, 0);
    assertEquals(Long.MAX_VALUE, client.recovery.deadlineNanos());
    client.recovery.onHandshakeConfirmed();
    client.recovery.discard(HANDSHAKE, client.now);
    assertTrue(client.recovery.deadlineNanos() > client.now);
    client.ack(APPLICATION, 0);
    assertEquals(0, client.recovery.bytesInFlight());
    assertEquals(Long.MAX_VALUE, client.recovery.deadlineNanos());
  }
}
