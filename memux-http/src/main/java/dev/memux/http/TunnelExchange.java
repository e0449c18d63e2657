package dev.memux.http;

import dev.memux.engine.mux.ReceivingPart;
import dev.memux.engine.mux.SendingPart;
import dev.memux.session.ByteStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.quic.QuicStreamPriority;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of one CONNECT (RFC 9110 §9.3.6, RFC 9114 §4.4) on its event loop: waits for the
 * proxy's answer, then carries the bytes of the two bodies to and from a {@link ByteStream}.
 */
final class TunnelExchange implements ResponseListener, SendingPart, ReceivingPart {
  /** How much of a refusal's body is worth showing: a line. */
  static final int MAX_REASON_BYTES = 512;

  /** What may wait here for the application before no more is asked of the stream. */
  static final int WINDOW_BYTES = 64 << 10;

  /**
   * How long the other end may take with its own end after ours, as TCP's FIN-WAIT-2 of a closed
   * socket: a peer that never ends would hold the stream for ever.
   */
  static final long CLOSE_SECONDS = 60;

  private static final int PIECE_BYTES = 16 << 10;

  private final Origin proxy;
  private final TunnelTarget target;
  private final QuicStreamPriority priority;
  private final CompletableFuture<ByteStream> established = new CompletableFuture<>();

  private @Nullable OutboundBody out;
  private @Nullable InboundBody in;
  private @Nullable ByteStream stream;
  private final Queue<ByteBuf> waiting = new ArrayDeque<>();
  private int waitingBytes;

  /** Delivered by the stream, and not given back yet. */
  private int outstandingBytes;

  private boolean asked;
  private boolean inputOver;
  private boolean ended;
  private boolean outputOver;

  /** The application reads no more, and the peer is not to know (yet). */
  private volatile boolean discarding;

  private boolean closed;

  /** The proxy has refused; what comes is its reason. */
  private int refusal;

  private final StringBuilder reason = new StringBuilder();

  TunnelExchange(Origin proxy, TunnelTarget target, QuicStreamPriority priority) {
    this.proxy = proxy;
    this.target = target;
    this.priority = priority;
  }

  /** Done, on the event loop, when the proxy has answered; fails with an {@link HttpException}. */
  CompletableFuture<ByteStream> established() {
    return established;
  }

  /** What it was asked for with. */
  QuicStreamPriority priority() {
    return priority;
  }

  /** Whether a request was sent: the proxy may have acted on it. Any time after a failure. */
  boolean isSent() {
    return out != null;
  }

  // The answer.

  @Override
  public void onOpen(OutboundBody requestBody) {
    out = requestBody;
    requestBody.prioritize(priority);
  }

  @Override
  public void onHead(ResponseHead head, InboundBody body) {
    OutboundBody output = out;
    if (output == null) {
      throw new IllegalStateException("answered before it was asked");
    }
    in = body;
    if (head.status() >= 300) {
      refusal = head.status();
      output.abort(HttpErrorCode.REQUEST_CANCELLED);
      body.read();
      return;
    }
    ByteStream opened = new ByteStream(output.loop(), this, this);
    stream = opened;
    output.onWritable(opened::pump);
    output.onRefused(() -> onRefused(opened));
    askForMore();
    if (!established.complete(opened)) {
      opened.close(); // nobody waits any more
    }
  }

  @Override
  public void onData(ByteBuf data) {
    asked = false;
    if (refusal > 0) {
      onReason(data);
    } else if (closed) {
      // As TCP answers data for a closed socket with RST.
      data.release();
      stopInput(HttpErrorCode.REQUEST_CANCELLED);
    } else if (discarding) {
      data.release();
      askForMore();
    } else {
      waiting.add(data);
      waitingBytes += data.readableBytes();
      outstandingBytes += data.readableBytes();
      askForMore();
      pump();
    }
  }

  @Override
  public void onEnd() {
    inputOver = true;
    ended = true;
    if (refusal > 0) {
      refuse();
    } else {
      pump();
    }
  }

  @Override
  public void onFailure(HttpException failure) {
    inputOver = true;
    ByteStream opened = stream;
    if (refusal > 0) {
      refuse();
    } else if (opened == null) {
      established.completeExceptionally(failure);
    } else if (failure instanceof HttpException.ConnectionLost) {
      outputOver = true;
      opened.onConnectionEnd(() -> new HttpException.ConnectionLost(text(failure), failure));
      release();
    } else {
      // RFC 9114 §4.4: an error of the connection behind the proxy concerns both directions.
      onBroken(opened, failure);
    }
  }

  private void onBroken(ByteStream opened, HttpException failure) {
    long code = failure instanceof HttpException.StreamReset reset ? reset.code() : -1;
    String text =
        code == HttpErrorCode.CONNECT_ERROR.http3()
            ? "the connection to " + target + " broke"
            : text(failure);
    Supplier<IOException> broken = () -> new HttpException.StreamReset(text, code, failure);
    release();
    opened.onStopped(broken); // first: who learns of it by reading finds writing over as well
    opened.onReset(broken);
    if (!outputOver) {
      reset(HttpErrorCode.CONNECT_ERROR.http3());
    }
  }

  /** The proxy takes no more; what it has still to say can be read. */
  private void onRefused(ByteStream opened) {
    outputOver = true;
    opened.onStopped(
        () -> new HttpException.StreamReset(proxy + " takes no more for " + target, -1));
  }

  private void onReason(ByteBuf data) {
    int left = MAX_REASON_BYTES - reason.length();
    int length = Math.min(left, data.readableBytes());
    reason.append(data.readCharSequence(length, StandardCharsets.ISO_8859_1));
    data.release();
    if (reason.length() == MAX_REASON_BYTES) {
      stopInput(HttpErrorCode.NO_ERROR);
      refuse();
    } else {
      askForMore();
    }
  }

  private void refuse() {
    // One line for people: nothing in it may pretend to be a line of a log or a terminal's command.
    String line = reason.toString().replaceAll("[^ -~]+", " ").strip();
    established.completeExceptionally(
        new HttpException.TunnelRefused(proxy.toString(), target.toString(), refusal, line));
  }

  private static String text(HttpException failure) {
    return String.valueOf(failure.getMessage());
  }

  private void pump() {
    if (stream != null) {
      stream.pump();
    }
  }

  // What the stream's halves ask for.

  @Override
  public boolean isWritable() {
    return !outputOver;
  }

  @Override
  public int write(ByteBuffer source) {
    OutboundBody body = output();
    int taken = 0;
    while (source.hasRemaining() && body.isWritable()) {
      int length = Math.min(source.remaining(), PIECE_BYTES);
      ByteBuffer piece = source.slice(source.position(), length);
      body.write(Unpooled.copiedBuffer(piece));
      source.position(source.position() + length);
      taken += length;
    }
    return taken;
  }

  @Override
  public void finish() {
    outputOver = true;
    output().finish();
  }

  @Override
  public void reset(long code) {
    outputOver = true;
    HttpErrorCode known = HttpErrorCode.ofHttp3(code);
    output().abort(known == null ? HttpErrorCode.REQUEST_CANCELLED : known);
  }

  @Override
  public int readableBytes() {
    return waitingBytes;
  }

  @Override
  public int take(ByteBuffer target) {
    int taken = 0;
    for (ByteBuf first; target.hasRemaining() && (first = waiting.peek()) != null; ) {
      int length = Math.min(first.readableBytes(), target.remaining());
      first.readBytes(target.slice(target.position(), length));
      target.position(target.position() + length);
      taken += length;
      if (!first.isReadable()) {
        waiting.remove().release();
      }
    }
    waitingBytes -= taken;
    return taken == 0 && ended ? -1 : taken;
  }

  @Override
  public void giveCredit(int bytes) {
    outstandingBytes -= bytes;
    askForMore();
  }

  @Override
  public boolean isFinished() {
    return ended && waiting.isEmpty();
  }

  /** Code 0: nobody reads any more; another one is for the peer. */
  @Override
  public void stopSending(long code) {
    boolean unread = !waiting.isEmpty();
    release();
    HttpErrorCode known = HttpErrorCode.ofHttp3(code);
    if (known != null) {
      stopInput(known);
    } else if (!discarding) {
      close(unread);
    } else {
      askForMore();
    }
  }

  // What the tunnel asks for.

  void prioritize(QuicStreamPriority changed) {
    output().prioritize(changed);
  }

  /** From now on what arrives is dropped, and the peer does not learn of it. Any thread. */
  void discardInput() {
    discarding = true;
  }

  /** The application has closed the tunnel. */
  void onClosed() {
    if (discarding) {
      discarding = false;
      close(false);
    }
  }

  /**
   * As TCP does: what was unread, or comes now, is answered with an error; the peer's end is waited
   * for, for a while.
   */
  private void close(boolean unread) {
    closed = true;
    if (unread) {
      stopInput(HttpErrorCode.REQUEST_CANCELLED);
    } else if (!inputOver) {
      askForMore();
      loop()
          .schedule(
              () -> stopInput(HttpErrorCode.REQUEST_CANCELLED), CLOSE_SECONDS, TimeUnit.SECONDS);
    }
  }

  private void askForMore() {
    if (!asked && !inputOver && outstandingBytes < WINDOW_BYTES && in != null) {
      asked = true;
      in.read();
    }
  }

  private void stopInput(HttpErrorCode code) {
    if (!inputOver && in != null) {
      inputOver = true;
      in.discard(code);
    }
  }

  private void release() {
    for (ByteBuf data; (data = waiting.poll()) != null; ) {
      data.release();
    }
    waitingBytes = 0;
  }

  EventLoop loop() {
    return output().loop();
  }

  private OutboundBody output() {
    OutboundBody body = out;
    if (body == null) {
      throw new IllegalStateException("not sent yet");
    }
    return body;
  }
}
