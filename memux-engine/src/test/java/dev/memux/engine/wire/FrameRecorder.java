package dev.memux.engine.wire;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Writes down every frame as a line of text. */
final class FrameRecorder implements FrameSink {
  final List<String> frames = new ArrayList<>();

  @Override
  public void onStream(long id, long offset, byte[] data, int from, int length, boolean fin) {
    frames.add("STREAM " + id + " " + offset + " " + hex(data, from, length) + (fin ? " FIN" : ""));
  }

  @Override
  public void onDatagram(byte[] data, int from, int length, int frameBytes) {
    frames.add("DATAGRAM " + frameBytes + " " + hex(data, from, length));
  }

  @Override
  public void onCrypto(long offset, byte[] data, int from, int length) {
    frames.add("CRYPTO " + offset + " " + hex(data, from, length));
  }

  @Override
  public void onAck(AckFrame ack) {
    StringBuilder text = new StringBuilder("ACK delay " + ack.delay());
    for (int i = 0; i < ack.rangeCount(); i++) {
      text.append(' ').append(ack.smallest(i)).append("..").append(ack.largest(i));
    }
    if (ack.hasEcn()) {
      text.append(" ECN ").append(ack.ect0()).append(' ').append(ack.ect1());
      text.append(' ').append(ack.ce());
    }
    frames.add(text.toString());
  }

  @Override
  public void onControl(ControlFrame frame) {
    frames.add(
        switch (frame) {
          case ControlFrame.NewToken f -> "NEW_TOKEN " + HexFormat.of().formatHex(f.token());
          case ControlFrame.NewConnectionId f ->
              "NEW_CONNECTION_ID "
                  + f.sequence()
                  + " "
                  + f.retirePriorTo()
                  + " "
                  + HexFormat.of().formatHex(f.connectionId())
                  + " "
                  + HexFormat.of().formatHex(f.statelessResetToken());
          default -> frame.toString();
        });
  }

  private static String hex(byte[] data, int from, int length) {
    return HexFormat.of().formatHex(Arrays.copyOfRange(data, from, from + length));
  }
}
