package dev.memux.engine.qmux;

import static dev.memux.engine.qmux.Wire.concat;
import static dev.memux.engine.qmux.Wire.record;
import static dev.memux.engine.qmux.Wire.stream;
import static dev.memux.engine.qmux.Wire.varints;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.engine.wire.VarInt;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records: where they begin and end, and how large they may be (QMux §3.2, §5.2). */
class RecordsTest {
  private static final int DEFAULT_BYTES = TransportParameters.DEFAULT_MAX_RECORD_BYTES;

  private final Attacked server = Attacked.server();

  @Test
  void recordsMayComeInPiecesOfAnySize() {
    byte[] two =
        concat(
            record(stream(0, 0, 100), stream(4, 0, 3)),
            record(stream(0, 100, 200), stream(4, 3, 1)));
    for (int piece = 1; piece <= two.length; piece++) {
      Attacked fresh = Attacked.server();
      for (int at = 0; at < two.length; at += piece) {
        fresh.receive(Arrays.copyOfRange(two, at, Math.min(at + piece, two.length)));
      }
      fresh.assertOpen();
      assertEquals(300, readable(fresh, 0), "pieces of " + piece);
      assertEquals(4, readable(fresh, 4), "pieces of " + piece);
    }
  }

  @Test
  void aSizeNeedNotBeInItsShortestEncoding() { // RFC 9000 §16
    byte[] frames = stream(0, 0, 5);
    server.receive(concat(HexFormat.of().parseHex("c0000000000000" + "0b"), new byte[0]));
    assertEquals(0x0b, frames.length + 2);
    server.receive(concat(new byte[2], frames));
    server.assertOpen();
    assertEquals(5, readable(server, 0));
  }

  @Test
  void aFrameWithoutLengthEndsWithItsRecord() { // §3.2
    server.receive(
        concat(record(varints(0x08, 0), new byte[7]), record(varints(0x0c, 0, 7), new byte[9])));
    server.assertOpen();
    assertEquals(16, readable(server, 0));
  }

  @Test
  void aTruncatedLastFrameIsAnError() { // §3.2
    byte[] whole = stream(0, 0, 20);
    server.receive(record(Arrays.copyOf(whole, whole.length - 1)));
    server.assertClosedWith(TransportError.FRAME_ENCODING_ERROR);
  }

  @Test
  void noFrameGoesOnInTheNextRecord() { // §3.2
    byte[] whole = varints(0x11, 0, 1 << 20);
    server.receive(record(Arrays.copyOf(whole, 3)));
    server.receive(record(Arrays.copyOfRange(whole, 3, whole.length)));
    server.assertClosedWith(TransportError.FRAME_ENCODING_ERROR);
  }

  @Test
  void aRecordWithoutFramesIsAnError() { // §3.2: one or more
    server.receive(new byte[] {0});
    server.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
  }

  @Test
  void theLargestRecordIsTaken() { // §5.2
    byte[] frames = concat(varints(0x08, 0), new byte[DEFAULT_BYTES - 2]);
    assertEquals(DEFAULT_BYTES, frames.length);
    server.receive(record(frames));
    server.assertOpen();
    assertEquals(DEFAULT_BYTES - 2, readable(server, 0));
  }

  @Test
  void aLargerOneIsRefusedBeforeItHasCome() { // §5.2
    server.receive(varints(DEFAULT_BYTES + 1));
    server.assertClosedWith(TransportError.FRAME_ENCODING_ERROR);
  }

  @Test
  void theLargestSizeThereIsIsRefused() {
    server.receive(varints(VarInt.MAX));
    server.assertClosedWith(TransportError.FRAME_ENCODING_ERROR);
  }

  @Test
  void whatOneAllowsThePeerItTakes() { // §5.2
    Attacked large = Attacked.server(QmuxConfig.DEFAULT.withMaxRecordBytes(100_000));
    large.receive(record(varints(0x08, 0), new byte[99_998]));
    large.assertOpen();
    assertEquals(99_998, readable(large, 0));
    large.receive(varints(100_001));
    large.assertClosedWith(TransportError.FRAME_ENCODING_ERROR);
  }

  @ParameterizedTest
  @ValueSource(ints = {DEFAULT_BYTES, 20_000, 1 << 20})
  void noneIsSentThatIsLargerThanThePeerAllows(int allowed) { // §5.2
    Attacked sender = Attacked.silent(QmuxConfig.DEFAULT.withMux(largeBuffers()));
    sender.receive(
        record(
            Wire.parametersFrame(
                concat(Wire.generous().encode(), Wire.parameter(0x0571c59429cd0845L, allowed)))));
    MuxStream stream = sender.connection.mux().open(StreamType.UNIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    assertEquals(400_000, stream.write(ByteBuffer.allocate(400_000)));
    int largest = 0;
    byte[] out = new byte[1 << 21];
    for (int n = 1; n > 0; ) {
      n = sender.connection.transmit(out, 0, out.length, sender.nowNanos);
      if (n > 0) {
        int size = (int) VarInt.read(out, 0);
        assertEquals(n, VarInt.sizeOf(out[0]) + size);
        largest = Math.max(largest, size);
      }
    }
    int expected = Math.min(allowed, 400_000);
    assertTrue(largest <= allowed && largest >= expected, largest + " of " + allowed);
  }

  @Test
  void aFullRecordOfTheDefaultSizeFillsATlsRecord() { // §5.2
    Attacked sender = Attacked.server(QmuxConfig.DEFAULT.withMux(largeBuffers()));
    MuxStream stream = sender.connection.mux().open(StreamType.UNIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    stream.write(ByteBuffer.allocate(100_000));
    byte[] record = sender.transmit();
    assertNotNull(record);
    assertEquals(1 << 14, record.length);
  }

  @Test
  void recordsAreAsLargeAsTheOwnerPrefers() {
    Attacked sender = Attacked.server(QmuxConfig.DEFAULT.withMux(largeBuffers()));
    sender.connection.preferRecordBytes(1400);
    MuxStream stream = sender.connection.mux().open(StreamType.UNIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    stream.write(ByteBuffer.allocate(100_000));
    byte[] record = sender.transmit();
    assertNotNull(record);
    assertEquals(1402, record.length);
  }

  @Test
  void noMoreIsWrittenThanThereIsRoom() {
    Attacked sender = Attacked.server(QmuxConfig.DEFAULT.withMux(largeBuffers()));
    MuxStream stream = sender.connection.mux().open(StreamType.UNIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    stream.write(ByteBuffer.allocate(100_000));
    byte[] out = new byte[3000];
    for (int room : new int[] {QmuxConnection.MIN_TRANSMIT_BYTES, 700, 1500}) {
      Arrays.fill(out, (byte) 0x55);
      assertEquals(room, sender.connection.transmit(out, 100, room, sender.nowNanos));
      assertEquals(0x55, out[99]);
      assertEquals(0x55, out[100 + room]);
    }
  }

  @Test
  void aLayerBelowThatKeepsMessagesApartNeedsNoSizes() {
    QmuxPair pair = new QmuxPair(QmuxConfig.DEFAULT);
    byte[] message = new byte[QmuxPair.ROOM];
    QmuxConnection client = pair.client.connection;
    int length = client.transmitRecord(message, 0, message.length, pair.nowNanos);
    assertEquals(Wire.QX_TRANSPORT_PARAMETERS, VarInt.read(message, 0));
    pair.server.connection.receiveRecord(message, 0, length, pair.nowNanos);
    assertNotNull(pair.server.connection.peerParameters());
    pair.server.connection.receiveRecord(
        new byte[DEFAULT_BYTES + 1], 0, DEFAULT_BYTES + 1, pair.nowNanos);
    pair.server.pollEvents();
    assertEquals(TransportError.FRAME_ENCODING_ERROR, pair.server.closeReason().code());
  }

  private static MuxConfig largeBuffers() {
    return MuxConfig.DEFAULT.withSendBuffers(1 << 20, 1 << 20);
  }

  private static int readable(Attacked side, long streamId) {
    MuxStream stream = side.connection.mux().stream(streamId);
    assertNotNull(stream);
    return stream.readableBytes();
  }
}
