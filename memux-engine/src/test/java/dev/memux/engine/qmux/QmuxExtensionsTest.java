package dev.memux.engine.qmux;

import static dev.memux.engine.qmux.Wire.concat;
import static dev.memux.engine.qmux.Wire.record;
import static dev.memux.engine.qmux.Wire.stream;
import static dev.memux.engine.qmux.Wire.varints;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.DatagramConfig;
import dev.memux.engine.mux.Datagrams;
import dev.memux.engine.mux.Datagrams.SendResult;
import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.TransportParameters;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Datagrams (QMux §9.1) and resets with partial delivery (§9.2). */
class QmuxExtensionsTest {
  private static final QmuxConfig DATAGRAMS =
      QmuxConfig.DEFAULT.withMux(MuxConfig.DEFAULT.withDatagrams(DatagramConfig.ENABLED));

  @Test
  void datagramsGoBothWaysAndAllOfThemArrive() { // §1.1, §9.1
    QmuxPair pair = QmuxPair.established(DATAGRAMS);
    for (int i = 0; i < 200; i++) {
      ByteBuffer payload = ByteBuffer.wrap(new byte[] {(byte) i, 1, 2});
      assertEquals(SendResult.QUEUED, pair.client.connection.mux().datagrams().send(payload));
    }
    pair.settle();
    for (int i = 0; i < 200; i++) {
      assertArrayEquals(
          new byte[] {(byte) i, 1, 2}, pair.server.connection.mux().datagrams().poll());
    }
  }

  @Test
  void theLargestOneFillsARecord() { // §9.1: 16381 bytes
    Attacked server = Attacked.server(DATAGRAMS);
    Datagrams datagrams = server.connection.mux().datagrams();
    assertEquals(16381, datagrams.maxPayloadBytes());
    assertEquals(SendResult.QUEUED, datagrams.send(ByteBuffer.allocate(16381)));
    byte[] sent = server.transmit();
    assertNotNull(sent);
    assertEquals(List.of("DATAGRAM 16381"), Attacked.frames(sent));
    assertEquals(0x30, sent[2], "without its length");
    assertEquals(SendResult.TOO_LARGE, datagrams.send(ByteBuffer.allocate(16382)));
  }

  @Test
  void thePeersLimitHolds() { // §9.1, RFC 9221 §3
    Attacked server = Attacked.silent(DATAGRAMS);
    server.establish(TransportParameters.builder().maxDatagramFrameBytes(1000).build());
    assertEquals(997, server.connection.mux().datagrams().maxPayloadBytes());
  }

  @Test
  void aDatagramLargerThanTheRecordsPreferredGoesAllTheSame() {
    Attacked server = Attacked.server(DATAGRAMS);
    server.connection.preferRecordBytes(1200);
    MuxStream stream = server.connection.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    stream.write(ByteBuffer.allocate(5000));
    server.connection.mux().datagrams().send(ByteBuffer.allocate(10_000));
    List<String> sent = server.sent();
    assertTrue(sent.contains("DATAGRAM 10000"), () -> "" + sent);
    assertTrue(sent.getLast().startsWith("STREAM 1 "), () -> "" + sent);
  }

  @Test
  void oneThatNobodyAskedForIsAnError() { // RFC 9221 §3
    Attacked server = Attacked.server();
    server.receiveFrames(concat(varints(0x31, 3), new byte[3]));
    server.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
  }

  @Test
  void oneAboveOurLimitIsAnError() { // RFC 9221 §3
    Attacked server =
        Attacked.server(
            QmuxConfig.DEFAULT.withMux(
                MuxConfig.DEFAULT.withDatagrams(DatagramConfig.ENABLED.withMaxFrameBytes(100))));
    server.receiveFrames(concat(varints(0x30), new byte[99]));
    server.assertOpen();
    server.receiveFrames(concat(varints(0x30), new byte[100]));
    server.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
  }

  @Test
  void datagramsNobodyReadsTakeNoMoreThanTheirQueue() { // §6: they may be dropped
    Attacked server =
        Attacked.server(
            QmuxConfig.DEFAULT.withMux(
                MuxConfig.DEFAULT.withDatagrams(DatagramConfig.ENABLED.withQueue(10, 1000))));
    for (int i = 0; i < 1000; i++) {
      server.receive(record(concat(varints(0x30), new byte[50])));
    }
    server.assertOpen();
    assertEquals(990, server.connection.statistics().datagrams().notRead());
  }

  @Test
  void aResetDeliversWhatItPromises() { // §9.2
    QmuxPair pair = QmuxPair.established(QmuxConfig.DEFAULT);
    MuxStream stream = pair.client.open(StreamType.UNIDIRECTIONAL);
    stream.write(QmuxPair.text("promised, and not"));
    stream.resetAt(9, 8);
    pair.settle();
    MuxStream accepted = pair.server.connection.mux().pollStream();
    assertNotNull(accepted);
    assertEquals("promised", QmuxPair.read(accepted));
    assertEquals(9, accepted.resetCode());
    assertEquals(0, pair.client.connection.mux().streamCount());
    assertEquals(0, pair.server.connection.mux().streamCount());
  }

  @Test
  void dataAfterTheResetIsOutOfOrder() { // §9.2: all of it has come before
    Attacked server = Attacked.server();
    server.receiveFrames(stream(0, 0, 10), varints(0x24, 0, 9, 20, 15));
    server.assertOpen();
    server.receiveFrames(stream(0, 10, 5));
    server.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
  }

  @Test
  void oneThatPromisesMoreThanThereIsIsAnError() { // draft-ietf-quic-reliable-stream-reset §4
    Attacked server = Attacked.server();
    server.receiveFrames(varints(0x24, 0, 9, 20, 21));
    server.assertClosedWith(TransportError.FRAME_ENCODING_ERROR);
  }
}
