package dev.memux.tls;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Puts messages together from bytes that arrive in pieces. Type and length are judged before a
 * message's bytes are kept, and memory grows only with what has arrived.
 */
final class MessageInput {
  private static final int FIRST_CAPACITY_BYTES = 1024;
  private static final byte[] NOTHING = {};

  private byte[] pending = new byte[HandshakeMessage.HEADER_BYTES];
  private int filled;
  private int messageBytes = HandshakeMessage.HEADER_BYTES; // until the header is complete
  private @Nullable HandshakeType type;

  private byte[] source = NOTHING;
  private int at;
  private int end;

  /** Knows which messages have their place now. */
  interface Order {
    /** Refuses a message that has none. */
    void requirePlace(HandshakeType type) throws TlsAlertException;
  }

  /** More bytes; those of the call before must have been taken up by {@link #next}. */
  void offer(byte[] buffer, int offset, int length) {
    source = buffer;
    at = offset;
    end = offset + length;
  }

  /** The next whole message, or null: all bytes are taken up and more are needed. */
  @Nullable HandshakeMessage next(Order order) throws TlsAlertException {
    if (type == null) {
      judgeType(order);
      if (!fill()) {
        return awaitMore();
      }
      onHeader();
    }
    if (!fill()) {
      return awaitMore();
    }
    HandshakeMessage message = new HandshakeMessage(Objects.requireNonNull(type), pending);
    pending = new byte[HandshakeMessage.HEADER_BYTES];
    filled = 0;
    messageBytes = HandshakeMessage.HEADER_BYTES;
    type = null;
    return message;
  }

  /**
   * RFC 8446 §5.1, RFC 9001 §4.1.3: a message must not span a change of keys, or bytes would count
   * as protected by keys that did not protect them.
   */
  void requireEmpty() throws TlsAlertException {
    if (filled != 0 || at != end) {
      throw TlsAlertException.protocolViolation(
          AlertDescription.UNEXPECTED_MESSAGE, "handshake bytes left over when keys change");
    }
  }

  /** All is taken up: the caller's buffer is let go. */
  private @Nullable HandshakeMessage awaitMore() {
    offer(NOTHING, 0, 0);
    return null;
  }

  /** Refuses a message by its first byte, not only when the rest has arrived. */
  private void judgeType(Order order) throws TlsAlertException {
    if (filled == 0 && at == end) {
      return;
    }
    int code = (filled > 0 ? pending[0] : source[at]) & 0xff;
    HandshakeType candidate = HandshakeType.of(code);
    if (candidate == null) {
      throw new TlsAlertException(
          AlertDescription.UNEXPECTED_MESSAGE, "handshake message " + code + " has no place here");
    }
    order.requirePlace(candidate);
  }

  private void onHeader() throws TlsAlertException {
    HandshakeType arrived = Objects.requireNonNull(HandshakeType.of(pending[0] & 0xff));
    int body = (pending[1] & 0xff) << 16 | (pending[2] & 0xff) << 8 | (pending[3] & 0xff);
    if (body > arrived.maxBodyBytes()) {
      // RFC 8446 §4: the length field could make us buffer 16 MB.
      throw new TlsAlertException(
          AlertDescription.ILLEGAL_PARAMETER, arrived + " of " + body + " bytes is too long");
    }
    type = arrived;
    messageBytes = HandshakeMessage.HEADER_BYTES + body;
    grow(Math.min(messageBytes, FIRST_CAPACITY_BYTES));
  }

  /** True: {@code pending} holds {@code messageBytes}. */
  private boolean fill() {
    int take = Math.min(messageBytes - filled, end - at);
    if (filled + take > pending.length) {
      grow(Math.min(messageBytes, Math.max(filled + take, 2 * pending.length)));
    }
    System.arraycopy(source, at, pending, filled, take);
    at += take;
    filled += take;
    if (filled == messageBytes && type != null && pending.length != messageBytes) {
      pending = Arrays.copyOf(pending, messageBytes);
    }
    return filled == messageBytes;
  }

  private void grow(int capacity) {
    if (capacity > pending.length) {
      pending = Arrays.copyOf(pending, capacity);
    }
  }
}
