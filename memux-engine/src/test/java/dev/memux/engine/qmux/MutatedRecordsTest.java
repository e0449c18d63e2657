package dev.memux.engine.qmux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.DatagramConfig;
import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.TransportError;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * No input throws, whatever it is; what is wrong with it ends in CONNECTION_CLOSE with a
 * transport's code (QMux §4, RFC 9000 §11.1).
 */
class MutatedRecordsTest {
  private static final QmuxConfig CONFIG =
      QmuxConfig.DEFAULT.withMux(
          MuxConfig.DEFAULT
              .withWindows(200, 400, 1000, 2000)
              .withDatagrams(DatagramConfig.ENABLED));
  private static final int STREAMS = 2000;

  @Test
  void whatAnHonestClientSendsWithBytesChanged() {
    byte[] honest = honest();
    Set<Long> codes = new TreeSet<>();
    for (int seed = 0; seed < STREAMS; seed++) {
      Random random = new Random(seed);
      receive(mutate(honest, random), random, "seed " + seed, codes);
    }
    assertTrue(codes.contains(TransportError.TRANSPORT_PARAMETER_ERROR), "closed with " + codes);
  }

  @Test
  void framesWithFieldsOfAnyValue() {
    Set<Long> codes = new TreeSet<>();
    byte[] parameters = Wire.record(Wire.parametersFrame(Wire.generous()));
    for (int seed = 0; seed < STREAMS; seed++) {
      Random random = new Random(seed);
      byte[] bytes = parameters;
      for (int n = random.nextInt(20); n > 0; n--) {
        bytes = Wire.concat(bytes, Wire.record(frame(random)));
      }
      receive(bytes, random, "seed " + seed, codes);
    }
    assertTrue(
        codes.containsAll(
            Set.of(
                TransportError.FLOW_CONTROL_ERROR,
                TransportError.STREAM_LIMIT_ERROR,
                TransportError.STREAM_STATE_ERROR,
                TransportError.FINAL_SIZE_ERROR,
                TransportError.FRAME_ENCODING_ERROR,
                TransportError.PROTOCOL_VIOLATION)),
        "closed with " + codes);
  }

  /** Right in form: types that records have, and numbers at which something may change. */
  private static byte[] frame(Random random) {
    long stream = random.nextInt(random.nextInt(4) == 0 ? 500 : 8);
    return switch (random.nextInt(16)) {
      case 0 -> Wire.varints(0x04, stream, number(random), number(random));
      case 1 -> Wire.varints(0x05, stream, number(random));
      case 2 -> Wire.varints(0x10, number(random));
      case 3 -> Wire.varints(0x11, stream, number(random));
      case 4 -> Wire.varints(0x12, number(random));
      case 5 -> Wire.varints(0x15, stream, number(random));
      case 6 -> Wire.varints(0x16, number(random));
      case 7 -> Wire.varints(0x24, stream, 1, number(random), number(random));
      case 8 -> Wire.varints(Wire.QX_PING, number(random));
      case 9 -> Wire.varints(random.nextInt(64));
      case 10 -> Wire.stream(stream, number(random), random.nextInt(300));
      default -> Wire.stream(stream, 0, random.nextInt(300));
    };
  }

  private static long number(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(16);
      case 1 -> 190 + random.nextInt(20);
      case 2 -> (1L << random.nextInt(62)) - random.nextInt(2);
      default -> random.nextInt(3);
    };
  }

  @Test
  void bytesOfAnyKindAfterTheTransportParameters() {
    Set<Long> codes = new TreeSet<>();
    byte[] parameters = Wire.record(Wire.parametersFrame(Wire.generous()));
    for (int seed = 0; seed < STREAMS; seed++) {
      Random random = new Random(seed);
      byte[] noise = new byte[random.nextInt(3000)];
      random.nextBytes(noise);
      receive(Wire.concat(parameters, noise), random, "seed " + seed, codes);
    }
    assertTrue(codes.contains(TransportError.FRAME_ENCODING_ERROR), "closed with " + codes);
  }

  /** In pieces, with what an application and a driver do in between. */
  private static void receive(byte[] bytes, Random random, String seed, Set<Long> codes) {
    Attacked server = Attacked.silent(CONFIG);
    try {
      for (int at = 0; at < bytes.length; ) {
        int length = Math.min(bytes.length - at, 1 + random.nextInt(5000));
        server.connection.receive(bytes, at, length, server.nowNanos);
        at += length;
        application(server, random);
      }
      server.connection.onInputEnded(server.nowNanos);
      application(server, random);
      server.advance(60_000_000_000L);
      assertTrue(server.connection.isTerminated(), seed);
      server.endpoint.forget(server.connection);
    } catch (RuntimeException e) {
      throw new AssertionError(seed, e);
    }
    CloseReason reason = server.closeReason();
    if (reason.origin() == CloseReason.Origin.LOCAL) {
      codes.add(reason.code());
      assertTrue(reason.code() > 0 && reason.code() <= TransportError.NO_VIABLE_PATH, seed);
    }
    assertEquals(
        1, server.events.stream().filter(ConnectionEvent.Closed.class::isInstance).count(), seed);
  }

  private static void application(Attacked server, Random random) {
    server.pollEvents();
    for (MuxStream s = server.connection.mux().pollStream();
        s != null;
        s = server.connection.mux().pollStream()) {
      s.takeEvents();
      if (s.canReceive() && random.nextBoolean()) {
        s.read(ByteBuffer.allocate(10_000));
      }
      if (s.isWritable() && random.nextBoolean()) {
        s.write(ByteBuffer.allocate(100));
        s.finish();
      }
    }
    while (server.transmit() != null) {}
    server.pollEvents();
  }

  /** What a client sends that uses everything. */
  private static byte[] honest() {
    QmuxPair pair = new QmuxPair(CONFIG);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    turn(pair, bytes);
    for (int i = 0; i < 6; i++) {
      MuxStream stream = pair.client.open(StreamType.values()[i % 2]);
      stream.setPriority(Priority.DEFAULT_INCREMENTAL);
      stream.write(ByteBuffer.allocate(12 + i));
      turn(pair, bytes);
      switch (i) {
        case 1 -> stream.reset(5);
        case 2 -> stream.stopSending(6);
        case 3 -> stream.resetAt(7, 10);
        default -> stream.finish();
      }
      pair.client.connection.mux().datagrams().send(ByteBuffer.allocate(20));
      turn(pair, bytes);
    }
    MuxStream blocked = pair.client.open(StreamType.BIDIRECTIONAL);
    blocked.write(ByteBuffer.allocate(300));
    turn(pair, bytes);
    pair.client.connection.close(9, "done", pair.nowNanos);
    turn(pair, bytes);
    return bytes.toByteArray();
  }

  /** The client's records are kept; the server reads them, and answers. */
  private static void turn(QmuxPair pair, ByteArrayOutputStream bytes) {
    for (byte[] record = pair.client.transmit(); record != null; record = pair.client.transmit()) {
      bytes.writeBytes(record);
      pair.server.receive(record);
    }
    pair.server.flush();
  }

  private static byte[] mutate(byte[] honest, Random random) {
    byte[] bytes = honest.clone();
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> bytes[at]++;
        case 3 ->
            bytes =
                Wire.concat(
                    Arrays.copyOf(bytes, at),
                    Arrays.copyOfRange(
                        bytes, Math.min(bytes.length, at + 1 + random.nextInt(20)), bytes.length));
        default -> {
          int again = Math.min(bytes.length - at, random.nextInt(100));
          bytes =
              Wire.concat(
                  Arrays.copyOf(bytes, at + again), Arrays.copyOfRange(bytes, at, bytes.length));
        }
      }
    }
    return bytes;
  }
}
