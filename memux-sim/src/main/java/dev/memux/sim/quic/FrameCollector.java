package dev.memux.sim.quic;

import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameSink;
import java.util.ArrayList;
import java.util.List;

/** Keeps the frames that are read, whose payload has to stay as it is. */
public class FrameCollector implements FrameSink {
  private List<TappedFrame> frames = new ArrayList<>(4);

  /** The frames since the last call. */
  public List<TappedFrame> frames() {
    List<TappedFrame> taken = frames;
    frames = new ArrayList<>(4);
    return taken;
  }

  @Override
  public void onStream(long streamId, long offset, byte[] data, int from, int length, boolean fin) {
    frames.add(new TappedFrame.Stream(streamId, offset, data, from, length, fin));
  }

  @Override
  public void onDatagram(byte[] data, int from, int length, int frameBytes) {
    frames.add(new TappedFrame.Datagram(data, from, length));
  }

  @Override
  public void onCrypto(long offset, byte[] data, int from, int length) {
    frames.add(new TappedFrame.Crypto(offset, data, from, length));
  }

  @Override
  public void onAck(AckFrame ack) {
    long[] smallest = new long[ack.rangeCount()];
    long[] largest = new long[ack.rangeCount()];
    for (int i = 0; i < smallest.length; i++) {
      smallest[i] = ack.smallest(i);
      largest[i] = ack.largest(i);
    }
    frames.add(new TappedFrame.Ack(smallest, largest, ack.delay(), ack.hasEcn()));
  }

  @Override
  public void onControl(ControlFrame frame) {
    frames.add(new TappedFrame.Control(frame));
  }
}
