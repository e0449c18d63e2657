package dev.memux.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;
import javax.net.ssl.SSLSocket;

/** A client of HTTP/2 that says every frame itself (RFC 9113 §4). */
final class RawHttp2 implements AutoCloseable {
  static final int DATA = 0x0;
  static final int HEADERS = 0x1;
  static final int RST_STREAM = 0x3;
  static final int SETTINGS = 0x4;
  static final int PING = 0x6;
  static final int GOAWAY = 0x7;
  static final int WINDOW_UPDATE = 0x8;
  static final int PRIORITY_UPDATE = 0x10; // RFC 9218 §7.1
  static final int END_STREAM = 0x1;
  static final int ACK = 0x1;
  static final int END_HEADERS = 0x4;

  private final SSLSocket socket;
  private final DataInputStream in;
  private final ByteArrayOutputStream unsent = new ByteArrayOutputStream();
  private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);

  record Frame(int type, int flags, int streamId, byte[] payload) {
    boolean has(int flag) {
      return (flags & flag) != 0;
    }

    /** RST_STREAM's whole payload, or a GOAWAY's second field. */
    int errorCode() {
      return ByteBuffer.wrap(payload).getInt(type == GOAWAY ? 4 : 0);
    }

    int lastStreamId() {
      return ByteBuffer.wrap(payload).getInt();
    }
  }

  RawHttp2(HttpsLoopback loopback) throws Exception {
    socket = loopback.connect("h2");
    in = new DataInputStream(socket.getInputStream());
    unsent.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    frame(SETTINGS, 0, 0, new byte[0]);
    flush();
  }

  RawHttp2 frame(int type, int flags, int streamId, byte[] payload) {
    ByteBuffer header = ByteBuffer.allocate(9);
    header.put((byte) (payload.length >> 16)).putShort((short) payload.length);
    header.put((byte) type).put((byte) flags).putInt(streamId);
    unsent.writeBytes(header.array());
    unsent.writeBytes(payload);
    return this;
  }

  RawHttp2 get(int streamId, String path) throws Exception {
    return head(streamId, END_STREAM, request("GET", path));
  }

  static Http2Headers request(String method, String path) {
    return new DefaultHttp2Headers(false)
        .method(method)
        .scheme("https")
        .authority("localhost")
        .path(path);
  }

  RawHttp2 head(int streamId, int flags, Http2Headers headers) throws Exception {
    ByteBuf block = Unpooled.buffer();
    encoder.encodeHeaders(streamId, headers, block);
    return frame(HEADERS, flags | END_HEADERS, streamId, ByteBufUtil.getBytes(block));
  }

  RawHttp2 reset(int streamId) {
    return frame(RST_STREAM, 0, streamId, new byte[] {0, 0, 0, 8});
  }

  RawHttp2 flush() throws IOException {
    socket.getOutputStream().write(unsent.toByteArray());
    socket.getOutputStream().flush();
    unsent.reset();
    return this;
  }

  /** The next frame; null at the end of the connection. */
  Frame read() throws IOException {
    try {
      int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      int streamId = in.readInt();
      byte[] payload = new byte[length];
      in.readFully(payload);
      return new Frame(type, flags, streamId, payload);
    } catch (EOFException e) {
      return null;
    }
  }

  /** The next frame like that; what comes before is passed over. */
  Frame await(Predicate<Frame> wanted) throws IOException {
    for (Frame frame = read(); frame != null; frame = read()) {
      if (wanted.test(frame)) {
        return frame;
      }
    }
    throw new EOFException("the connection ended");
  }

  Frame await(int type) throws IOException {
    return await(frame -> frame.type() == type);
  }

  /** The status of the next response; all header blocks must be read through here. */
  String awaitStatus() throws Exception {
    Frame head = await(HEADERS);
    ByteBuf block = Unpooled.wrappedBuffer(head.payload());
    return decoder.decodeHeaders(head.streamId(), block).status().toString();
  }

  /** Reads until the server closes. */
  void awaitEnd() throws IOException {
    while (read() != null) {
      // passed over
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
