package dev.memux.engine.quic;

import static java.util.Objects.requireNonNull;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.RetryPacket;
import dev.memux.engine.packet.VersionNegotiation;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.TransportError;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What strangers are told without a connection for it. Each answer is smaller than the datagram
 * that it answers, so none amplifies.
 */
final class StatelessAnswers {
  /**
   * Answers that wait to be sent; further ones are not made. A loop reads some hundred datagrams
   * before it sends again.
   */
  static final int MAX_PENDING = 512;

  private record Answer(InetSocketAddress remote, byte[] datagram) {}

  private final ArrayDeque<Answer> pending = new ArrayDeque<>();

  /** RFC 9000 §6.1. {@code stranger} is the header of a packet, parsed from {@code datagram}. */
  void addVersionNegotiation(
      InetSocketAddress remote,
      byte[] datagram,
      PacketHeader stranger,
      List<QuicVersion> versions,
      RandomGenerator random) {
    if (hasRoom()) {
      List<Integer> codes = new ArrayList<>();
      versions.forEach(version -> codes.add(version.code()));
      // RFC 9000 §6.3: a client that does not ignore it would not bear a new version either.
      codes.add(random.nextInt(codes.size() + 1), QuicVersion.reserved(random.nextInt()));
      byte[] out = new byte[1 + 4 + 2 * 256 + Integer.BYTES * codes.size()];
      int end = VersionNegotiation.write(out, 0, random.nextInt(), datagram, stranger, codes);
      pending.addLast(new Answer(remote, Arrays.copyOf(out, end)));
    }
  }

  /**
   * Closes a connection that has not begun because its token is not good. Only if the packet is
   * authentic (RFC 9000 §8.1.3): damage in its token must not end a connection.
   */
  void addTokenRefusal(InetSocketAddress remote, byte[] datagram, int from, PacketHeader initial) {
    if (hasRoom() && Refusal.isAuthentic(datagram, from, initial)) {
      addRefusal(remote, datagram, initial, TransportError.INVALID_TOKEN);
    }
  }

  /** Closes a connection that has not begun. */
  void addRefusal(InetSocketAddress remote, byte[] datagram, PacketHeader initial, long code) {
    if (hasRoom()) {
      pending.addLast(new Answer(remote, Refusal.write(datagram, initial, code)));
    }
  }

  /** RFC 9000 §10.3; smaller than what it answers. */
  void addStatelessReset(InetSocketAddress remote, byte[] reset) {
    if (hasRoom()) {
      pending.addLast(new Answer(remote, reset));
    }
  }

  /** Whether another answer would be taken. */
  boolean hasRoom() {
    return pending.size() < MAX_PENDING;
  }

  /**
   * RFC 9000 §8.1.2.
   *
   * @param source where the client is to go next
   */
  void addRetry(
      InetSocketAddress remote,
      byte[] datagram,
      PacketHeader initial,
      ConnectionId source,
      byte[] token) {
    ConnectionId client = ConnectionId.of(datagram, initial.scidFrom(), initial.scidLength());
    ConnectionId original = ConnectionId.of(datagram, initial.dcidFrom(), initial.dcidLength());
    byte[] out =
        new byte
            [1
                + 4
                + 2 * (1 + ConnectionId.MAX_BYTES)
                + token.length
                + PacketHeader.RETRY_TAG_BYTES];
    int end =
        RetryPacket.write(
            requireNonNull(initial.quicVersion()), out, 0, client, source, token, original);
    pending.addLast(new Answer(remote, Arrays.copyOf(out, end)));
  }

  /**
   * Fills a batch with an answer.
   *
   * @return false: there is none
   */
  boolean transmit(SendBatch out) {
    Answer answer = pending.pollFirst();
    if (answer == null) {
      return false;
    }
    out.begin(answer.remote());
    System.arraycopy(answer.datagram(), 0, out.buffer(), 0, answer.datagram().length);
    out.add(answer.datagram().length);
    return true;
  }
}
