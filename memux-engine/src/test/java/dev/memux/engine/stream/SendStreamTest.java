package dev.memux.engine.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.stream.SendStream.State;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.SentFrames;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** RFC 9000 §3.1, figure 2, and §4.1. */
class SendStreamTest {
  private static final int BUFFER = 100_000;
  private static final long UNLIMITED = Long.MAX_VALUE / 4;

  private record Frame(long offset, int length, boolean fin) {
    @Override
    public String toString() {
      return offset + "+" + length + (fin ? " FIN" : "");
    }
  }

  private final CountedPool counted = new CountedPool(64);
  private final SendStream stream = new SendStream(4, UNLIMITED, counted.pool);
  private final FrameWriter writer = new FrameWriter();
  private final SentFrames sent = new SentFrames();
  private final byte[] packet = new byte[4000];

  // Ready and Send.

  @Test
  void aNewStreamHasNothingToSend() {
    assertEquals(State.SEND, stream.state());
    assertTrue(stream.isWritable());
    assertFalse(stream.hasFresh());
    assertFalse(stream.hasLost());
    assertNothingToSend();
  }

  @Test
  void sendsWhatWasWritten() {
    write(100);
    assertTrue(stream.hasFresh());
    assertEquals("0+100", send());
    assertEquals(State.SEND, stream.state());
    assertFalse(stream.hasFresh());
    assertNothingToSend();
  }

  @Test
  void acceptsNoMoreThanItsBuffer() {
    assertEquals(60, stream.write(Bytes.buffer(0, 100), 60));
    assertEquals(0, stream.write(Bytes.buffer(60, 100), 60));
    assertEquals(0, stream.writableBytes(60));
    assertEquals(0, stream.writableBytes(10), "a buffer that shrank");
    send();
    stream.onAcked(0, 60, false);
    assertEquals(60, stream.writableBytes(60));
  }

  // To Data Sent and Data Recvd.

  @Test
  void theEndGoesWithTheLastData() {
    write(100);
    stream.finish();
    assertFalse(stream.isWritable());
    assertEquals(0, stream.writableBytes(BUFFER));
    assertEquals("0+100 FIN", send());
    assertEquals(State.DATA_SENT, stream.state());
    stream.onAcked(0, 100, true);
    assertEquals(State.DATA_RECEIVED, stream.state());
    assertTrue(stream.isOver());
    assertEquals(0, counted.taken());
  }

  @Test
  void theEndFollowsDataThatWasSentBefore() {
    write(100);
    send();
    stream.finish();
    assertTrue(stream.hasFresh());
    assertEquals("100+0 FIN", send());
    stream.onAcked(100, 0, true);
    assertEquals(State.DATA_SENT, stream.state(), "the data is missing yet");
    stream.onAcked(0, 100, false);
    assertEquals(State.DATA_RECEIVED, stream.state());
  }

  @Test
  void anEmptyStreamIsAnEndAlone() {
    stream.finish();
    assertEquals("0+0 FIN", send());
    assertNothingToSend();
    stream.onAcked(0, 0, true);
    assertEquals(State.DATA_RECEIVED, stream.state());
  }

  @Test
  void theEndIsNotSaidBeforeAllDataFits() {
    write(5000);
    stream.finish();
    writer.reset(packet, 0, 2000);
    assertEquals("0+1998", emit(UNLIMITED));
    assertEquals(State.SEND, stream.state());
    writer.reset(packet, 0, 4000);
    assertEquals("1998+3002 FIN", emit(UNLIMITED));
  }

  @Test
  void allDataAcknowledgedWithoutTheEndIsNotTheEnd() {
    write(100);
    send();
    stream.onAcked(0, 100, false);
    assertEquals(State.SEND, stream.state());
    stream.finish();
    send();
    assertEquals(State.DATA_SENT, stream.state());
    stream.onLost(100, 0, true);
    assertEquals("100+0 FIN", send());
  }

  // Loss.

  @Test
  void aLostEndIsSentAgainAlone() {
    stream.finish();
    send();
    stream.onLost(0, 0, true);
    assertTrue(stream.hasLost());
    assertEquals("0+0 FIN", send());
    assertFalse(stream.hasLost());
    stream.onAcked(0, 0, true);
    assertTrue(stream.isOver());
  }

  @Test
  void aLostEndIsSentAgainWithItsData() {
    write(100);
    stream.finish();
    send();
    stream.onLost(0, 100, true);
    assertEquals("0+100 FIN", send());
    assertNothingToSend();
  }

  @Test
  void aLostEndIsSentAgainAfterDataThatWasLostEarlier() {
    write(100);
    send();
    write(100);
    stream.finish();
    send();
    stream.onLost(0, 100, false);
    stream.onLost(100, 100, true);
    assertEquals("0+200 FIN", send());
    assertNothingToSend();
  }

  @Test
  void theEndIsSentAgainAloneWhenItsDataArrivedOtherwise() {
    write(100);
    stream.finish();
    send();
    stream.onLost(0, 100, true);
    assertEquals("0+100 FIN", send()); // again, and the first turns out to have arrived
    stream.onAcked(0, 50, false);
    stream.onAcked(50, 50, false);
    stream.onLost(0, 100, true);
    assertEquals("100+0 FIN", send());
  }

  @Test
  void dataLostBeforeTheEndWasWrittenCarriesItWhenSentAgain() {
    write(100);
    send();
    stream.onLost(0, 100, false);
    stream.finish();
    assertEquals("0+100 FIN", send());
    assertEquals(State.DATA_SENT, stream.state());
    assertNothingToSend();
  }

  @Test
  void lostDataGoesBeforeNewData() {
    write(100);
    send();
    write(100);
    stream.onLost(0, 100, false);
    assertEquals("0+100", send());
    assertEquals("100+100", send());
  }

  @Test
  void anEndAcknowledgedLateIsNotSentAgain() {
    stream.finish();
    send();
    stream.onLost(0, 0, true);
    stream.onAcked(0, 0, true);
    assertFalse(stream.hasLost());
    assertNothingToSend();
    assertTrue(stream.isOver());
  }

  @Test
  void aLossReportedAfterTheEndHasNoEffect() {
    write(10);
    stream.finish();
    send();
    stream.onAcked(0, 10, true);
    stream.onLost(0, 10, true);
    assertFalse(stream.hasLost());
    assertFalse(stream.hasFresh());
    assertEquals(State.DATA_RECEIVED, stream.state());
  }

  // Flow control.

  @Test
  void staysBelowTheStreamLimit() {
    SendStream limited = new SendStream(4, 100, counted.pool);
    limited.write(Bytes.buffer(0, 250), BUFFER);
    limited.finish();
    assertEquals("0+100", send(limited));
    assertFalse(limited.hasFresh());
    assertTrue(limited.isBlocked());
    limited.onMaxData(50);
    assertEquals(100, limited.maxData(), "a lower limit has no effect");
    limited.onMaxData(249);
    assertEquals("100+149", send(limited));
    limited.onMaxData(250);
    assertFalse(limited.isBlocked());
    assertEquals("249+1 FIN", send(limited));
  }

  @Test
  void lostDataNeedsNoCredit() {
    SendStream limited = new SendStream(4, 100, counted.pool);
    limited.write(Bytes.buffer(0, 250), BUFFER);
    send(limited);
    limited.onLost(20, 30, false);
    assertTrue(limited.hasLost());
    writer.reset(packet, 0, packet.length);
    assertEquals(30, limited.emit(writer, sent, 0));
  }

  @Test
  void anEndAloneNeedsNoCredit() {
    // RFC 9000 §4.1: only data counts. A peer that waits for the end before it reads would wait
    // forever.
    SendStream limited = new SendStream(4, 100, counted.pool);
    limited.write(Bytes.buffer(0, 100), BUFFER);
    send(limited);
    assertFalse(limited.isBlocked());
    assertFalse(limited.needsNoCredit());
    limited.finish();
    assertTrue(limited.hasFresh());
    assertTrue(limited.needsNoCredit());
    writer.reset(packet, 0, packet.length);
    assertEquals(0, limited.emit(writer, sent, 0));
    assertEquals(State.DATA_SENT, limited.state());
    assertFalse(limited.needsNoCredit());
  }

  @Test
  void takesOnlyTheCreditOfTheConnection() {
    write(100);
    stream.finish();
    writer.reset(packet, 0, packet.length);
    assertEquals("0+30", emit(30));
    writer.reset(packet, 0, packet.length);
    assertEquals(-1, stream.emit(writer, sent, 0));
    assertEquals("30+70 FIN", emit(70));
  }

  // To Reset Sent and Reset Recvd.

  @Test
  void aResetDropsAllDataAndKeepsTheFinalSize() {
    write(100);
    send();
    write(50);
    stream.onLost(0, 10, false);
    assertTrue(stream.reset(7));
    assertEquals(State.RESET_SENT, stream.state());
    assertEquals(7, stream.resetCode());
    assertEquals(100, stream.sentTo());
    assertEquals(0, counted.taken());
    assertFalse(stream.hasLost());
    assertFalse(stream.hasFresh());
    assertFalse(stream.isBlocked());
    assertFalse(stream.isWritable());
    assertNothingToSend();
    stream.onResetAcked(0);
    assertEquals(State.RESET_RECEIVED, stream.state());
    assertTrue(stream.isOver());
  }

  @Test
  void onlyTheFirstResetCounts() {
    assertTrue(stream.reset(7));
    assertFalse(stream.reset(8));
    assertEquals(7, stream.resetCode());
    stream.onResetAcked(0);
    assertFalse(stream.reset(9));
  }

  @Test
  void aResetAfterTheEndWasSentIsSent() {
    write(10);
    stream.finish();
    send();
    assertTrue(stream.reset(1));
    assertEquals(State.RESET_SENT, stream.state());
    assertEquals(10, stream.sentTo());
  }

  @Test
  void aResetAfterEverythingWasAcknowledgedIsNotSent() {
    write(10);
    stream.finish();
    send();
    stream.onAcked(0, 10, true);
    assertFalse(stream.reset(1));
    assertEquals(State.DATA_RECEIVED, stream.state());
    assertEquals(-1, stream.resetCode());
  }

  @Test
  void afterAResetWhatBecomesOfTheDataDoesNotMatter() {
    write(10);
    stream.finish();
    send();
    stream.reset(1);
    stream.onLost(0, 10, true);
    assertFalse(stream.hasLost());
    stream.onAcked(0, 10, true);
    assertEquals(State.RESET_SENT, stream.state());
  }

  @Test
  void aLostEndIsNotSentAgainAfterAReset() {
    // RFC 9000 §3.1: in "Reset Recvd", a terminal state, no frames of the stream are sent.
    write(10);
    stream.finish();
    send();
    stream.onLost(0, 10, true);
    stream.reset(1);
    assertFalse(stream.hasLost());
    assertNothingToSend();
    stream.onResetAcked(0);
    assertFalse(stream.hasLost());
    assertFalse(stream.needsNoCredit());
    assertNothingToSend();
    assertEquals(State.RESET_RECEIVED, stream.state());
  }

  @Test
  void aFinishedStreamThatIsResetSendsNoEnd() {
    stream.finish();
    stream.reset(1);
    assertFalse(stream.hasFresh());
    assertNothingToSend();
  }

  // All together.

  @Test
  void everyByteAndTheEndArriveWhateverIsLost() {
    for (int seed = 0; seed < 500; seed++) {
      deliver(new Random(seed), "seed " + seed);
    }
    assertEquals(0, counted.taken());
  }

  private void deliver(Random random, String seed) {
    long limit = random.nextInt(500);
    SendStream sender = new SendStream(4, limit, counted.pool);
    int total = random.nextInt(20_000);
    BitSet received = new BitSet();
    boolean end = false;
    int written = 0;
    List<Frame> flight = new ArrayList<>();
    for (int turn = 0; !sender.isOver(); turn++) {
      assertTrue(turn < 100_000, seed);
      if (sender.isWritable() && random.nextInt(2) == 0) {
        written += sender.write(Bytes.buffer(written, random.nextInt(total - written + 1)), 8_000);
        if (written == total && random.nextInt(3) == 0) {
          sender.finish();
        }
      }
      if (sender.isBlocked()) {
        limit += random.nextInt(2_000);
        sender.onMaxData(limit);
      }
      while (sender.hasLost() || sender.hasFresh()) {
        writer.reset(packet, 0, 1 + random.nextInt(1_500));
        sent.clear();
        if (sender.emit(writer, sent, random.nextInt(1_000)) < 0) {
          break;
        }
        Frame frame = frame();
        assertTrue(frame.offset + frame.length <= limit, seed);
        Bytes.assertAt(frame.offset, packet, writer.position() - frame.length, frame.length);
        flight.add(frame);
      }
      while (!flight.isEmpty() && random.nextInt(3) != 0) {
        Frame frame = flight.remove(random.nextInt(flight.size()));
        if (random.nextInt(3) == 0) {
          sender.onLost(frame.offset, frame.length, frame.fin);
        }
        if (random.nextInt(3) != 0) { // perhaps one that was taken for lost
          received.set((int) frame.offset, (int) frame.offset + frame.length);
          end |= frame.fin;
          sender.onAcked(frame.offset, frame.length, frame.fin);
        } else {
          sender.onLost(frame.offset, frame.length, frame.fin);
        }
      }
    }
    assertTrue(end, seed);
    assertEquals(total, received.cardinality(), seed);
  }

  private void write(int length) {
    assertEquals(length, stream.write(Bytes.buffer(0, length), BUFFER));
  }

  private String send() {
    return send(stream);
  }

  private String send(SendStream from) {
    writer.reset(packet, 0, packet.length);
    return emit(from, UNLIMITED);
  }

  private String emit(long credit) {
    return emit(stream, credit);
  }

  private String emit(SendStream from, long credit) {
    sent.clear();
    int length = from.emit(writer, sent, credit);
    assertTrue(length >= 0);
    assertEquals(1, sent.size());
    assertEquals(SentFrames.Kind.STREAM, sent.kind(0));
    assertEquals(4, sent.a(0));
    assertEquals(length, frame().length);
    return frame().toString();
  }

  private Frame frame() {
    return new Frame(sent.b(0), (int) (sent.c(0) >>> 1), (sent.c(0) & 1) != 0);
  }

  private void assertNothingToSend() {
    writer.reset(packet, 0, packet.length);
    sent.clear();
    State before = stream.state();
    assertEquals(-1, stream.emit(writer, sent, UNLIMITED));
    assertEquals(0, writer.position());
    assertTrue(sent.isEmpty());
    assertEquals(before, stream.state());
  }
}
