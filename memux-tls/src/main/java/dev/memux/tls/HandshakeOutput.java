package dev.memux.tls;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Events in their order. Messages of one level that follow each other become one event, so that
 * they fill packets; what is written is in the transcript at once.
 */
final class HandshakeOutput {
  private final Transcript transcript;
  private final Queue<TlsEvent> events = new ArrayDeque<>(1);
  private @Nullable ByteArrayOutputStream flight; // null: empty, and no memory held
  private EncryptionLevel flightLevel = EncryptionLevel.INITIAL;

  HandshakeOutput(Transcript transcript) {
    this.transcript = transcript;
  }

  /** Sends a message and adds it to the transcript. */
  void message(EncryptionLevel level, byte[] message) {
    transcript.add(message);
    if (level != flightLevel) {
      endFlight();
      flightLevel = level;
    }
    if (flight == null) {
      flight = new ByteArrayOutputStream();
    }
    flight.writeBytes(message);
  }

  void event(TlsEvent event) {
    endFlight();
    events.add(event);
  }

  @Nullable TlsEvent poll() {
    endFlight();
    return events.poll();
  }

  void clear() {
    flight = null;
    events.clear();
  }

  private void endFlight() {
    if (flight != null) {
      events.add(new TlsEvent.HandshakeBytes(flightLevel, flight.toByteArray()));
      flight = null;
    }
  }
}
