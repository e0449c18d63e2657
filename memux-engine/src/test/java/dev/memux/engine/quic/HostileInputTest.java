package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.schedule.Priority;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever arrives, nothing is thrown, and what was not authentic harms nobody. */
class HostileInputTest {
  private static final int INPUTS = Integer.getInteger("memux.hostile.inputs", 1_000_000);
  private static final long SEED = Long.getLong("memux.hostile.seed", 42);

  @Test
  void randomTruncatedAndFlippedDatagramsNeitherThrowNorDisturb() {
    Random random = new Random(SEED);
    ConnectedPair pair = new ConnectedPair();
    List<byte[]> real = new ArrayList<>();
    pair.toServer = datagram -> remember(real, datagram);
    pair.toClient = datagram -> remember(real, datagram);
    pair.settle();
    exchange(pair, random, 20_000);
    int sampled = real.size();
    assertTrue(sampled > 20, "sampled " + sampled);

    for (int i = 0; i < INPUTS; i++) {
      byte[] input = mangle(real.get(random.nextInt(real.size())), random);
      if (random.nextBoolean()) {
        pair.serverEndpoint.receive(ConnectedPair.CLIENT_ADDRESS, input, 0, input.length, pair.now);
      } else {
        pair.clientEndpoint.receive(ConnectedPair.SERVER_ADDRESS, input, 0, input.length, pair.now);
      }
      if (i % 4096 == 0) {
        pair.runUntil(pair.now + ConnectedPair.MILLI);
      }
      if (i % (INPUTS / 10) == 0) {
        // The connection that all this claimed to belong to still works.
        exchange(pair, random, 10_000);
      }
    }
    pair.runUntil(pair.now + ConnectedPair.SECOND);
    exchange(pair, random, 100_000);
    assertNull(ConnectedPair.closeReason(pair.clientEvents));
    assertNull(ConnectedPair.closeReason(pair.serverEvents));
  }

  @Test
  void authenticPacketsWithRandomFramesNeverThrow() {
    Random random = new Random(SEED);
    int inputs = INPUTS / 250;
    int closed = 0;
    ConnectedPair pair = new ConnectedPair().settle();
    for (int i = 0; i < inputs; i++) {
      byte[] frames = randomFrames(random);
      boolean toServer = random.nextBoolean();
      QuicConnection from = toServer ? pair.client : pair.server();
      byte[] packet =
          ConnectedPair.forge(
              from,
              PacketType.ONE_RTT,
              writer -> {
                System.arraycopy(frames, 0, writer.buffer(), writer.position(), frames.length);
                writer.advance(frames.length);
              });
      if (toServer) {
        pair.sendToServer(packet);
      } else {
        pair.clientEndpoint.receive(
            ConnectedPair.SERVER_ADDRESS, packet, 0, packet.length, pair.now);
      }
      if (i % 8 == 0) {
        pair.settle();
      }
      if (!pair.client.isOpen() || !pair.server().isOpen()) {
        closed++;
        pair = new ConnectedPair().settle();
      }
    }
    assertTrue(closed > 0, "no fault was ever noticed");
  }

  @Test
  void authenticPacketsWithRandomFramesAtAnyMomentOfAHandshakeNeverThrow() {
    Random random = new Random(SEED);
    for (int i = 0; i < INPUTS / 4000; i++) {
      ConnectedPair pair = new ConnectedPair();
      for (int step = 1 + random.nextInt(4); step > 0; step--) {
        pair.deliverToServer();
        if (random.nextInt(4) > 0) {
          pair.deliverToClient();
        }
      }
      for (int packets = 1 + random.nextInt(4); packets > 0; packets--) {
        boolean toServer = random.nextBoolean();
        QuicConnection from = toServer ? pair.client : pair.server();
        forgeAnyLevel(from, random, toServer, pair);
      }
      pair.runUntil(pair.now + 60 * ConnectedPair.SECOND);
      assertTrue(pair.client.isTerminated());
      assertTrue(pair.server().isTerminated());
    }
  }

  private static void forgeAnyLevel(
      QuicConnection from, Random random, boolean toServer, ConnectedPair pair) {
    PacketType[] types = {PacketType.INITIAL, PacketType.HANDSHAKE, PacketType.ONE_RTT};
    PacketType type = types[random.nextInt(types.length)];
    if (from.space(type).sealer == null) {
      return;
    }
    byte[] frames = random.nextInt(3) == 0 ? crypto(random) : randomFrames(random);
    byte[] packet =
        pair.forgeSent(
            from,
            type,
            writer -> {
              System.arraycopy(frames, 0, writer.buffer(), writer.position(), frames.length);
              writer.advance(frames.length);
            });
    if (toServer) {
      pair.sendToServer(packet);
    } else {
      pair.clientEndpoint.receive(ConnectedPair.SERVER_ADDRESS, packet, 0, packet.length, pair.now);
    }
  }

  /** CRYPTO with the head of some handshake message and noise. */
  private static byte[] crypto(Random random) {
    byte[] frame = new byte[4 + 4 + random.nextInt(60)];
    random.nextBytes(frame);
    frame[0] = 6;
    frame[1] = (byte) (random.nextInt(4) == 0 ? random.nextInt(64) : 0);
    frame[2] = 0x40;
    frame[3] = (byte) (frame.length - 4);
    frame[4] = (byte) random.nextInt(25);
    frame[5] = 0;
    frame[6] = 0;
    frame[7] = (byte) random.nextInt(60);
    return frame;
  }

  private static boolean remember(List<byte[]> real, byte[] datagram) {
    if (real.size() < 2000) {
      real.add(datagram.clone());
    }
    return true;
  }

  private static byte[] mangle(byte[] datagram, Random random) {
    return switch (random.nextInt(5)) {
      case 0 -> {
        byte[] noise = new byte[random.nextInt(1500)];
        random.nextBytes(noise);
        yield noise;
      }
      case 1 -> Arrays.copyOf(datagram, random.nextInt(datagram.length));
      case 2 -> flip(datagram, 1, 48, random); // the header, where parsing happens
      case 3 -> flip(datagram, 1 + random.nextInt(4), datagram.length, random);
      default -> {
        // A real header with noise behind it, or the datagram with a tail.
        byte[] longer = Arrays.copyOf(datagram, datagram.length + random.nextInt(64));
        for (int i = random.nextInt(longer.length); i < longer.length; i++) {
          longer[i] = (byte) random.nextInt();
        }
        yield longer;
      }
    };
  }

  private static byte[] flip(byte[] datagram, int bits, int within, Random random) {
    byte[] flipped = datagram.clone();
    for (int n = 0; n < bits; n++) {
      int at = random.nextInt(Math.min(within, flipped.length));
      flipped[at] ^= (byte) (1 << random.nextInt(8));
    }
    return flipped;
  }

  /** A few frames with valid types and values that are small, huge or cut off. */
  private static byte[] randomFrames(Random random) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int n = 1 + random.nextInt(4); n > 0; n--) {
      out.write(random.nextInt(32));
      for (int fields = random.nextInt(5); fields > 0; fields--) {
        out.writeBytes(randomVarInt(random));
      }
      byte[] tail = new byte[random.nextInt(24)];
      random.nextBytes(tail);
      out.writeBytes(tail);
    }
    return Arrays.copyOf(out.toByteArray(), Math.min(out.size(), 1000));
  }

  private static byte[] randomVarInt(Random random) {
    byte[] bytes = new byte[1 << random.nextInt(4)];
    if (random.nextInt(4) == 0) {
      Arrays.fill(bytes, (byte) 0xff);
    } else if (random.nextBoolean()) {
      bytes[bytes.length - 1] = (byte) random.nextInt(64);
    } else {
      random.nextBytes(bytes);
    }
    int prefix = Integer.numberOfTrailingZeros(bytes.length);
    bytes[0] = (byte) ((bytes[0] & 0x3f) | (prefix << 6));
    return bytes;
  }

  /** Sends {@code bytes} from client to server on a stream of its own and compares them. */
  private static void exchange(ConnectedPair pair, Random random, int bytes) {
    byte[] data = new byte[bytes];
    random.nextBytes(data);
    MuxStream stream = pair.client.mux().open(StreamType.UNIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    assertTrue(stream.write(ByteBuffer.wrap(data)) == bytes);
    stream.finish();
    ByteBuffer received = ByteBuffer.allocate(bytes + 1);
    long giveUp = pair.now + 10 * ConnectedPair.SECOND;
    while (pair.now < giveUp) {
      pair.settle();
      MuxStream in = pair.server().mux().stream(stream.id());
      if (in != null) {
        in.read(received);
        if (in.read(received) < 0) {
          break;
        }
      }
      pair.runUntil(pair.now + ConnectedPair.MILLI);
    }
    assertFalse(pair.now >= giveUp, "stream not finished");
    assertArrayEquals(data, Arrays.copyOf(received.array(), received.position()));
    pair.settle();
    while (pair.server().mux().pollStream() != null) {}
    while (pair.client.mux().pollStream() != null) {}
  }
}
