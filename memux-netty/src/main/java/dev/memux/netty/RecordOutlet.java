package dev.memux.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Hands records down to the layer below for as long as that takes them at once, so that they never
 * wait there in numbers: after each quantum ({@link SendPace}) it has to show that it takes more.
 * The kernel is asked ({@link WritabilityProbe}) where it can tell, elsewhere it is enough that
 * what was written is gone. On the event loop.
 */
final class RecordOutlet {
  private final ChannelHandlerContext context;
  private final SendPace pace;
  private final LongSupplier clock;
  private final Runnable onReady;
  private final ChannelFutureListener onWritten = written -> onWritten(written, true);
  private final ChannelFutureListener onProbed = this::onProbed;

  /** The last record that was written and not flushed. */
  private @Nullable ChannelFuture last;

  /** Since the layer below has last shown that it takes more. */
  private int unconfirmedBytes;

  private boolean waiting;

  /**
   * @param context of the handler that writes the records
   * @param onReady called when records are taken again
   */
  RecordOutlet(ChannelHandlerContext context, SendPace pace, LongSupplier clock, Runnable onReady) {
    this.context = context;
    this.pace = pace;
    this.clock = clock;
    this.onReady = onReady;
  }

  /** Whether a record would be taken now. */
  boolean isReady() {
    return roomBytes() > 0;
  }

  /** How many more bytes would be taken now. */
  int roomBytes() {
    return waiting ? 0 : Math.max(0, pace.quantumBytes() - unconfirmedBytes);
  }

  /** The longest record that suits the path. */
  int recordBytes() {
    return pace.recordBytes();
  }

  /** There is nothing to be written. */
  void onIdle() {
    pace.onIdle();
  }

  /** Hands one down; it leaves with {@link #flush}. */
  void write(ByteBuf record) {
    write(record, context.newPromise());
  }

  /** The same; {@code promise} is told what becomes of it. */
  void write(ByteBuf record, ChannelPromise promise) {
    unconfirmedBytes += record.readableBytes();
    last = context.write(record, promise);
  }

  /**
   * Sends what was written, and finds out whether more is taken.
   *
   * @return false if nothing was written, so that nothing was done
   */
  boolean flush() {
    ChannelFuture written = last;
    if (written == null) {
      return false;
    }
    last = null;
    context.flush();
    if (written.isDone()) {
      onWritten(written, false);
    } else {
      waiting = true;
      written.addListener(onWritten);
    }
    return true;
  }

  private void onWritten(ChannelFuture written, boolean hadToWait) {
    if (!written.isSuccess()) {
      waiting = true; // for good: the channel is closed, or about to be
      return;
    }
    if (hadToWait) {
      confirm(true); // the socket was polled since it was full
    } else if (!pace.isPolled()) {
      confirm(false);
    } else if (unconfirmedBytes >= pace.quantumBytes()) {
      waiting = true;
      probe();
    }
  }

  /** Past the handlers between us and the socket, which know but bytes. */
  private void probe() {
    ChannelHandlerContext first = context.pipeline().firstContext();
    first.writeAndFlush(new WritabilityProbe()).addListener(onProbed);
  }

  private void onProbed(ChannelFuture probed) {
    if (probed.isSuccess()) {
      confirm(true);
    }
  }

  private void confirm(boolean hadToWait) {
    pace.onTaken(unconfirmedBytes, hadToWait, clock.getAsLong());
    unconfirmedBytes = 0;
    if (waiting) {
      waiting = false;
      onReady.run();
    }
  }
}
