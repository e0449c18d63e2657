package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.CloseReason.Origin;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.wire.FrameWriter;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A peer that has lost the connection says so (RFC 9000 §10.3). */
class StatelessResetTest {
  private static final byte[] KEY = new byte[QuicEndpoint.ROUTING_KEY_BYTES];
  private static final InetSocketAddress STRANGER =
      new InetSocketAddress(ConnectedPair.CLIENT_ADDRESS.getAddress(), 4444);

  private final ConnectedPair pair = new ConnectedPair().settle();

  /** The server after it has started again: it remembers nothing but its key. */
  private final QuicEndpoint restarted = endpoint(KEY);

  private static QuicEndpoint endpoint(byte[] key) {
    return new QuicEndpoint(
        QuicConfig.DEFAULT, ConnectedPair.serverTls("test"), 0, key, new SecureRandom());
  }

  /** What an endpoint answers to a datagram. */
  private byte @Nullable [] answer(QuicEndpoint endpoint, byte[] datagram) {
    SendBatch batch = new SendBatch();
    byte[] copy = datagram.clone();
    assertNull(endpoint.receive(ConnectedPair.CLIENT_ADDRESS, copy, 0, copy.length, pair.now));
    if (!endpoint.transmitStateless(batch)) {
      return null;
    }
    assertEquals(ConnectedPair.CLIENT_ADDRESS, batch.remote());
    return Arrays.copyOf(batch.buffer(), batch.length());
  }

  private byte[] resetFor(byte[] datagram) {
    byte[] reset = answer(restarted, datagram);
    assertNotNull(reset, "no answer");
    return reset;
  }

  private byte[] ping() {
    return ConnectedPair.forge(pair.client, PacketType.ONE_RTT, FrameWriter::ping);
  }

  private @Nullable QuicConnection toClient(InetSocketAddress from, byte[] datagram) {
    byte[] copy = datagram.clone();
    return pair.clientEndpoint.receive(from, copy, 0, copy.length, pair.now);
  }

  private void assertClientEnded() {
    SendBatch batch = new SendBatch();
    assertFalse(pair.client.transmit(batch, pair.now), "answers");
    pair.settle();
    CloseReason reason = ConnectedPair.closeReason(pair.clientEvents);
    assertNotNull(reason, "still open");
    assertEquals(Origin.STATELESS_RESET, reason.origin());
    assertFalse(reason.isOrderly());
    assertFalse(pair.client.isTerminated(), "drains first");
    pair.runUntil(pair.now + 10 * ConnectedPair.SECOND);
    assertTrue(pair.client.isTerminated());
    pair.clientEndpoint.forget(pair.client);
    assertEquals(0, pair.clientEndpoint.expectedResetCount());
  }

  @Test
  void aClientLearnsWithinARoundTripThatTheServerHasForgottenIt() {
    byte[] reset = resetFor(ping());
    assertSame(pair.client, toClient(ConnectedPair.SERVER_ADDRESS, reset));
    assertClientEnded();
  }

  @Test
  void aServerLearnsThatTheClientHasForgottenIt() {
    // RFC 9000 §10.3: a client tells tokens in NEW_CONNECTION_ID only; the server begins to use
    // such an ID where its path changes.
    pair.clientAddress = STRANGER;
    pair.client.outgoing().addPing();
    pair.runUntil(pair.now + 100 * ConnectedPair.MILLI);
    QuicEndpoint forgetful = new QuicEndpoint(QuicConfig.DEFAULT, null, 0, KEY, new SecureRandom());
    byte[] reset =
        answer(
            forgetful, ConnectedPair.forge(pair.server(), PacketType.ONE_RTT, FrameWriter::ping));
    assertNotNull(reset);
    assertSame(
        pair.server(), pair.serverEndpoint.receive(STRANGER, reset, 0, reset.length, pair.now));
    pair.settle();
    CloseReason reason = ConnectedPair.closeReason(pair.serverEvents);
    assertNotNull(reason);
    assertEquals(Origin.STATELESS_RESET, reason.origin());
  }

  @Test
  void aClosingConnectionStopsToAnswer() {
    // RFC 9000 §10.3.1: the draining period begins, whatever was before.
    byte[] reset = resetFor(ping());
    pair.toServer = d -> false;
    pair.client.close(7, "done", pair.now);
    pair.settle();
    assertSame(pair.client, toClient(ConnectedPair.SERVER_ADDRESS, reset));
    pair.forgeToClient(FrameWriter::ping);
    assertFalse(pair.client.transmit(new SendBatch(), pair.now));
    CloseReason reason = ConnectedPair.closeReason(pair.clientEvents);
    assertNotNull(reason);
    assertEquals(7, reason.code());
  }

  @Test
  void aResetToOneOfOurIdsCounts() {
    // RFC 9000 §10.3.1: by its last bytes alone, if it cannot be decrypted.
    byte[] reset = resetFor(ping());
    byte[] id = pair.client.localIds().first().toByteArray();
    System.arraycopy(id, 0, reset, 1, id.length);
    assertSame(pair.client, toClient(ConnectedPair.SERVER_ADDRESS, reset));
    assertClientEnded();
  }

  @Test
  void aResetWithALongHeaderCounts() {
    // RFC 9000 §10.3: other versions may send such.
    byte[] reset = resetFor(ping());
    reset[0] |= (byte) 0x80;
    assertSame(pair.client, toClient(ConnectedPair.SERVER_ADDRESS, reset));
    assertClientEnded();
  }

  @Test
  void aResetFromAnotherAddressDoesNotCount() {
    // RFC 9000 §10.3.1: tokens belong to the address that packets go to.
    assertNull(toClient(STRANGER, resetFor(ping())));
    pair.settle();
    assertNull(ConnectedPair.closeReason(pair.clientEvents));
  }

  @Test
  void theTokenOfAnUnusedIdDoesNotCount() {
    // RFC 9000 §10.3.1
    PeerConnectionId unused = pair.client.peerIds().takeUnused();
    assertNotNull(unused);
    byte[] reset = new StatelessResets(new SecureRandom()).write(unused.resetToken(), 50);
    assertNull(toClient(ConnectedPair.SERVER_ADDRESS, reset));
  }

  @Test
  void theTokenOfARetiredIdDoesNotCount() {
    // RFC 9000 §10.3.1
    byte[] reset = resetFor(ping());
    pair.server().replaceConnectionIds();
    pair.settle();
    assertNull(toClient(ConnectedPair.SERVER_ADDRESS, reset));
    assertSame(pair.client, toClient(ConnectedPair.SERVER_ADDRESS, resetFor(ping())));
  }

  @Test
  void aWrongTokenChangesNothing() {
    for (int bit = 0; bit < 128; bit++) {
      byte[] reset = resetFor(ping());
      reset[reset.length - 1 - bit / 8] ^= (byte) (1 << (bit % 8));
      assertNull(toClient(ConnectedPair.SERVER_ADDRESS, reset));
    }
  }

  @Test
  void aResetLooksLikeAPacketAndIsSmallerThanWhatItAnswers() {
    // RFC 9000 §10.3.3: or two servers could answer each other for ever.
    PacketHeader header = new PacketHeader();
    byte[] packet = Arrays.copyOf(ping(), QuicConfig.MIN_DATAGRAM_BYTES);
    for (int bytes = 1; bytes <= packet.length; bytes++) {
      byte[] reset = answer(endpoint(KEY), Arrays.copyOf(packet, bytes));
      if (bytes <= StatelessResets.MIN_BYTES) {
        assertNull(reset);
        continue;
      }
      assertNotNull(reset);
      assertTrue(reset.length < bytes, reset.length + " for " + bytes);
      assertTrue(reset.length >= StatelessResets.MIN_BYTES);
      if (bytes <= 43) {
        assertEquals(bytes - 1, reset.length); // RFC 9000 §10.3
      }
      assertTrue(header.parse(reset, 0, reset.length, 8));
      assertEquals(PacketType.ONE_RTT, header.type());
    }
  }

  @Test
  void nobodyIsToldTheTokenOfAnIdThatIsInUse() {
    // RFC 9000 §21.11
    byte[] packet = ping();
    packet[packet.length - 1] ^= 1;
    pair.serverEndpoint.receive(STRANGER, packet, 0, packet.length, pair.now);
    assertFalse(pair.serverEndpoint.transmitStateless(new SendBatch()));
  }

  @Test
  void anIdOfAnotherServerIsNotAnswered() {
    // The token would be wrong, so the answer would be of use to nobody but an attacker.
    byte[] other = new byte[QuicEndpoint.ROUTING_KEY_BYTES];
    other[3] = 9;
    int answered = 0;
    for (int i = 0; i < 64; i++) {
      answered += answer(endpoint(other), randomPacket(i)) == null ? 0 : 1;
    }
    assertTrue(answered <= 4, answered + " of 64"); // one in 256 looks like ours
  }

  private static byte[] randomPacket(long seed) {
    byte[] packet = new byte[100];
    new Random(seed).nextBytes(packet);
    packet[0] = 0x40;
    return packet;
  }

  @Test
  void anIdOfTheKeyBeforeIsAnswered() {
    byte[] packet = ping();
    byte[] next = new byte[QuicEndpoint.ROUTING_KEY_BYTES];
    do {
      next[0]++;
    } while (endpoint(next).owner(packet, 0, packet.length) >= 0); // one in 256 looks like its own
    restarted.replaceRoutingKey(next);
    assertSame(pair.client, toClient(ConnectedPair.SERVER_ADDRESS, resetFor(packet)));
  }

  @Test
  void resetsAreNotSentFasterThanTheLimit() {
    // RFC 9000 §10.3.3
    byte[] packet = ping();
    int sent = 0;
    for (int i = 0; i < 2 * StatelessResets.MAX_BURST; i++) {
      sent += answer(restarted, packet) == null ? 0 : 1;
    }
    assertEquals(StatelessResets.MAX_BURST, sent);
    pair.now += ConnectedPair.SECOND / StatelessResets.MAX_PER_SECOND;
    assertNotNull(answer(restarted, packet));
    assertNull(answer(restarted, packet));
  }

  @Test
  void resetsThatWaitToBeSentAreLimited() {
    byte[] packet = ping();
    for (int i = 0; i < 2 * StatelessAnswers.MAX_PENDING; i++) {
      byte[] copy = packet.clone();
      restarted.receive(ConnectedPair.CLIENT_ADDRESS, copy, 0, copy.length, pair.now);
    }
    int sent = 0;
    while (restarted.transmitStateless(new SendBatch())) {
      sent++;
    }
    assertEquals(StatelessAnswers.MAX_PENDING, sent);
  }

  @Test
  void everyPacketWeAskAnAnswerForIsLongEnoughToHideAReset() {
    // RFC 9000 §10.3: 22 bytes more than the connection IDs that we issue.
    int[] shortest = {Integer.MAX_VALUE};
    pair.toServer =
        d -> {
          shortest[0] = Math.min(shortest[0], d.length);
          return true;
        };
    pair.client.outgoing().addPing();
    pair.settle();
    assertTrue(shortest[0] >= 22 + 8, shortest[0] + " bytes");
  }
}
