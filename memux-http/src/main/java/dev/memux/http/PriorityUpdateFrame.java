package dev.memux.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http3.DefaultHttp3UnknownFrame;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.http3.Http3UnknownFrame;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamPriority;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The PRIORITY_UPDATE frame of HTTP/3 (RFC 9218 §7.2), which the codec does not know.
 *
 * @param elementId of the request stream, or of the push
 * @param value as of the priority field, not parsed
 */
record PriorityUpdateFrame(long elementId, String value) {
  /** The variant that is about a request. */
  static final long REQUEST = 0xF0700;

  /** The variant that is about a push. */
  static final long PUSH = 0xF0701;

  private static final int MAX_ID_BYTES = 8;

  static boolean isType(long frameType) {
    return frameType == REQUEST || frameType == PUSH;
  }

  /** The frame in a payload; null if that ends before its first field does. */
  static @Nullable PriorityUpdateFrame read(ByteBuf payload) {
    if (!payload.isReadable()) {
      return null;
    }
    int first = payload.readUnsignedByte();
    int more = (1 << (first >> 6)) - 1; // RFC 9000 §16
    if (payload.readableBytes() < more) {
      return null;
    }
    long id = first & 0x3f;
    for (int i = 0; i < more; i++) {
      id = (id << 8) | payload.readUnsignedByte();
    }
    return new PriorityUpdateFrame(id, payload.toString(StandardCharsets.US_ASCII));
  }

  /** What a client writes to its control stream. */
  static Http3UnknownFrame request(
      ByteBufAllocator alloc, long streamId, QuicStreamPriority priority) {
    String value = PriorityField.format(priority);
    ByteBuf payload = alloc.buffer(MAX_ID_BYTES + value.length());
    writeVarInt(payload, streamId);
    ByteBufUtil.writeAscii(payload, value);
    return new DefaultHttp3UnknownFrame(REQUEST, payload);
  }

  /**
   * Closes the connection if that is such a frame: it has come where none may (RFC 9218 §7.2: to a
   * client, or outside the control stream), so that what it was meant to do is not known.
   */
  static void refuse(Http3UnknownFrame frame, QuicChannel channel) {
    if (isType(frame.type())) {
      channel.close(
          true,
          Http3ErrorCode.H3_FRAME_UNEXPECTED.code(),
          ByteBufUtil.writeAscii(channel.alloc(), "PRIORITY_UPDATE where none may be"));
    }
  }

  /** RFC 9000 §16. */
  private static void writeVarInt(ByteBuf buffer, long value) {
    if (value < 1 << 6) {
      buffer.writeByte((int) value);
    } else if (value < 1 << 14) {
      buffer.writeShort((int) value | 0x4000);
    } else if (value < 1 << 30) {
      buffer.writeInt((int) value | 0x8000_0000);
    } else {
      buffer.writeLong(value | 0xc000_0000_0000_0000L);
    }
  }
}
