package dev.memux.engine.qmux;

import static dev.memux.engine.qmux.Wire.concat;
import static dev.memux.engine.qmux.Wire.parameter;
import static dev.memux.engine.qmux.Wire.parametersFrame;
import static dev.memux.engine.qmux.Wire.record;
import static dev.memux.engine.qmux.Wire.stream;
import static dev.memux.engine.qmux.Wire.varints;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.memory.MemoryBudget;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.engine.wire.VarInt;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Transport parameters: when they come, and what they may say (QMux §4.2, §5, §8.2). */
class QmuxParametersTest {
  private static final long MAX_RECORD_SIZE = 0x0571c59429cd0845L;

  private final Attacked server = Attacked.silent(QmuxConfig.DEFAULT);

  @Test
  void theyAreTheFirstThatIsSentAndWaitForNobody() { // §4.2
    byte[] first = server.transmit();
    assertNotNull(first);
    assertEquals(List.of("QX_TRANSPORT_PARAMETERS"), Attacked.frames(first));
    assertEquals("ff5153300d0a0d0a", HexFormat.of().formatHex(first, 2, 10));
    assertNull(server.transmit());
  }

  @Test
  void ofOursOnlyAllowedOnesAreSent() throws ProtocolException { // §5.1
    byte[] first = server.transmit();
    assertNotNull(first);
    int length = (int) VarInt.read(first, 10);
    int from = 10 + VarInt.sizeOf(first[10]);
    byte[] encoded = Arrays.copyOfRange(first, from, from + length);
    TransportParameters ours = TransportParameters.decodeQmux(encoded);
    assertEquals(30_000, ours.maxIdleTimeoutMillis());
    assertEquals(QmuxConfig.DEFAULT.mux().connectionWindowBytes(), ours.initialMaxData());
    assertEquals(
        QmuxConfig.DEFAULT.mux().streamWindowBytes(), ours.initialMaxStreamDataBidiLocal());
    assertEquals(100, ours.initialMaxStreamsBidi());
    assertEquals(TransportParameters.DEFAULT_MAX_RECORD_BYTES, ours.maxRecordBytes());
    assertTrue(ours.resetStreamAt());
  }

  @Test
  void aLargerLimitOfRecordsIsTold() throws ProtocolException { // §5.2
    TransportParameters larger = TransportParameters.builder().maxRecordBytes(20_000).build();
    assertEquals(20_000, TransportParameters.decodeQmux(larger.encode()).maxRecordBytes());
    assertEquals(
        TransportParameters.DEFAULT_MAX_RECORD_BYTES,
        TransportParameters.decode(larger.encode(), true).maxRecordBytes(),
        "QUIC does not know it");
  }

  @Test
  void noStreamIsUsedBeforeThePeersHaveCome() { // §4.2
    assertNull(server.connection.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT));
    server.sent();
    server.receive(record(parametersFrame(Wire.generous())));
    assertTrue(server.events.contains(new ConnectionEvent.Established()));
    assertNotNull(server.connection.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT));
    assertEquals(1000 - 1, server.connection.mux().openable(StreamType.BIDIRECTIONAL));
    assertEquals(1L << 30, server.connection.peerParameters().initialMaxData());
  }

  @Test
  void whatFollowsThemInTheirRecordIsTaken() {
    server.receive(record(parametersFrame(Wire.generous()), stream(0, 0, 5)));
    server.assertOpen();
    assertEquals(5, server.connection.mux().stream(0).readableBytes());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "00", // PADDING
        "0a0001ff", // STREAM
        "1d0000", // CONNECTION_CLOSE
        "01", // PING: prohibited as well, but this is seen first
        "f48c67529ef8c7bd00", // QX_PING
        "ff5153300d0a0d0b00", // unknown
        "00ff5153300d0a0d0a00" // PADDING, then the parameters
      })
  void nothingMayComeBeforeThem(String frame) { // §4.2
    server.receive(record(HexFormat.of().parseHex(frame)));
    server.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
  }

  @Test
  void anotherProtocolIsRefused() { // §4.2
    server.receive("GET / HTTP/1.1\r\nHost: example\r\n\r\n".repeat(100).getBytes(US_ASCII));
    server.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
  }

  @Test
  void theyComeOnce() { // §4.2
    byte[] parameters = parametersFrame(Wire.generous());
    server.receive(record(parameters, parameters));
    server.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
  }

  @Test
  void theyDoNotComeLater() { // §4.2
    Attacked established = Attacked.client();
    established.receiveFrames(stream(3, 0, 5), parametersFrame(Wire.generous()));
    established.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
  }

  @Test
  void theyMayBeEmpty() {
    server.receive(record(parametersFrame(new byte[0])));
    server.assertOpen();
    assertEquals(0, server.connection.peerParameters().initialMaxData());
    assertEquals(16382, server.connection.peerParameters().maxRecordBytes());
  }

  @ParameterizedTest
  @ValueSource(longs = {0x00, 0x02, 0x03, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10})
  void whatIsAboutPacketsAndPathsIsProhibited(long id) { // §5.1
    assertRefused(concat(varints(id, 0)));
    Attacked other = Attacked.silent(QmuxConfig.DEFAULT);
    other.receive(record(parametersFrame(parameter(id, 2))));
    other.assertClosedWith(TransportError.TRANSPORT_PARAMETER_ERROR);
  }

  @Test
  void unknownAndReservedOnesAreIgnored() { // §5.1
    byte[] others =
        concat(
            parameter(27, 5),
            parameter(31 * 7 + 27, 5),
            concat(varints(0x11, 3), new byte[3]), // version_information, not for QMux
            concat(varints(0x2ab2, 0)), // grease_quic_bit, not for QMux
            parameter(0x04, 1000));
    server.receive(record(parametersFrame(others)));
    server.assertOpen();
    assertEquals(1000, server.connection.peerParameters().initialMaxData());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 16381})
  void aSmallLimitOfRecordsIsAnError(long bytes) { // §5.2
    assertRefused(parameter(MAX_RECORD_SIZE, bytes));
  }

  @Test
  void theLargestLimitOfRecordsIsTaken() { // §5.2
    server.receive(record(parametersFrame(parameter(MAX_RECORD_SIZE, VarInt.MAX))));
    server.assertOpen();
  }

  @Test
  void whatIsTwiceThereIsAnError() { // RFC 9000 §7.4
    assertRefused(concat(parameter(0x04, 1000), parameter(0x04, 1000)));
  }

  @Test
  void whatIsTruncatedIsAnError() { // RFC 9000 §18
    assertRefused(varints(0x04, 4, 1));
  }

  @Test
  void tooManyAreAnError() {
    byte[] many = {};
    for (int i = 0; i < 129; i++) {
      many = concat(many, varints(0x1000 + i, 0));
    }
    assertRefused(many);
  }

  private void assertRefused(byte[] parameters) {
    server.receive(record(parametersFrame(parameters)));
    server.assertClosedWith(TransportError.TRANSPORT_PARAMETER_ERROR);
  }

  @Test
  void aClientGoesByWhatItRemembersUntilTheServersCome() { // §8.2
    QmuxEndpoint endpoint = new QmuxEndpoint(QmuxConfig.DEFAULT, MemoryBudget.UNLIMITED);
    QmuxConnection client = endpoint.connect(Wire.generous().remembered(), 0);
    assertEquals(new ConnectionEvent.EarlyDataReady(), client.pollEvent());
    MuxStream stream = client.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    stream.write(ByteBuffer.allocate(10));
    byte[] out = new byte[2000];
    int length = client.transmit(out, 0, 2000, 0);
    assertEquals(
        List.of("QX_TRANSPORT_PARAMETERS", "STREAM 0 0+10"),
        Attacked.frames(Arrays.copyOf(out, length)));
    byte[] answer = record(parametersFrame(Wire.generous()));
    client.receive(answer, 0, answer.length, 0);
    assertEquals(new ConnectionEvent.Established(), client.pollEvent());
    assertNull(client.pollEvent());
  }

  @Test
  void aServerKeepsToWhatAClientMayRemember() { // §8.2, RFC 9000 §7.4.1
    QmuxEndpoint endpoint = new QmuxEndpoint(QmuxConfig.DEFAULT, MemoryBudget.UNLIMITED);
    QmuxConnection client = endpoint.connect(Wire.generous().remembered(), 0);
    client.pollEvent();
    byte[] answer =
        record(parametersFrame(TransportParameters.builder().initialMaxData(1000).build()));
    client.receive(answer, 0, answer.length, 0);
    assertTrue(
        client.pollEvent() instanceof ConnectionEvent.Closed closed
            && closed.reason().code() == TransportError.PROTOCOL_VIOLATION);
  }
}
