package dev.memux.cli;

import dev.memux.http.ClientConnection;
import dev.memux.http.ClientExchange;
import dev.memux.http.HttpException;
import dev.memux.http.InboundBody;
import dev.memux.http.PriorityField;
import dev.memux.http.RequestHead;
import dev.memux.http.RequestUrl;
import dev.memux.http.ResponseHead;
import dev.memux.http.ResponseListener;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** One URL on its way to its output. */
final class Download implements ResponseListener {
  private static final long UNKNOWN = -1;

  private final RequestUrl url;
  private final Output output;
  private final boolean failOnHttpError;
  private final @Nullable String priority;
  private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
  private final LongAdder bytes = new LongAdder();
  private volatile long startNanos;
  private volatile long headNanos;
  private volatile int status;
  private volatile long expectedBytes = UNKNOWN;
  private volatile @Nullable HttpException failure;
  private @Nullable BodyQueue queue;
  private @Nullable ClientExchange exchange;

  /**
   * How it went.
   *
   * @param ttfbNanos from the request to the response's head; negative: there was none
   * @param error for people, null if all went well
   */
  record Outcome(
      RequestUrl url,
      int status,
      long bytes,
      long expectedBytes,
      long ttfbNanos,
      long totalNanos,
      int exitCode,
      @Nullable String error) {}

  /**
   * @param priority the value of the field (RFC 9218 §5), or null
   */
  Download(RequestUrl url, Output output, boolean failOnHttpError, @Nullable String priority) {
    this.priority = priority;
    this.url = url;
    this.output = output;
    this.failOnHttpError = failOnHttpError;
    startNanos = System.nanoTime();
  }

  RequestUrl url() {
    return url;
  }

  /** Completes, never exceptionally, when the output is closed. */
  CompletableFuture<Outcome> outcome() {
    return outcome;
  }

  /** Body bytes received so far. */
  long receivedBytes() {
    return bytes.sum();
  }

  /** The body's length as announced, negative if it is not known. */
  long expectedBytes() {
    return expectedBytes;
  }

  /** Sends the request. */
  void begin(ClientConnection connection) {
    startNanos = System.nanoTime();
    RequestHead head = RequestHead.get(url.origin().authority(), url.path());
    head.fields().add("user-agent", "memux/" + Version.number()).add("accept", "*/*");
    if (priority != null) {
      head.fields().add(PriorityField.NAME, priority);
    }
    exchange = connection.send(head, this);
  }

  /** There is no connection to send the request over. */
  void onNoConnection(HttpException cause) {
    finish(ExitCode.of(cause), cause.getMessage());
  }

  /** Something went wrong that nothing foresaw. */
  void onFault(String description) {
    finish(ExitCode.FAILURE, description);
  }

  @Override
  public void onHead(ResponseHead head, InboundBody body) {
    headNanos = System.nanoTime();
    status = head.status();
    expectedBytes = contentLength(head);
    Output target = failOnHttpError && status >= 400 ? new Output.Discarded() : output;
    queue = new BodyQueue(target, body::read, this::onWritten);
    queue.start();
  }

  @Override
  public void onData(ByteBuf data) {
    bytes.add(data.readableBytes());
    if (queue != null) {
      queue.add(data);
    }
  }

  @Override
  public void onEnd() {
    if (queue != null) {
      queue.end();
    }
  }

  @Override
  public void onFailure(HttpException cause) {
    failure = cause;
    if (queue != null) {
      queue.end(); // what has arrived is still written
    } else {
      finish(ExitCode.of(cause), cause.getMessage());
    }
  }

  private void onWritten(@Nullable IOException problem) {
    HttpException cause = failure;
    if (problem != null) {
      if (exchange != null) {
        exchange.cancel();
      }
      finish(ExitCode.WRITE_ERROR, "writing failed: " + describe(problem));
    } else if (cause != null) {
      finish(ExitCode.of(cause), cause.getMessage() + partial());
    } else if (failOnHttpError && status >= 400) {
      finish(ExitCode.HTTP_ERROR, "the server answered " + status);
    } else {
      finish(ExitCode.OK, null);
    }
  }

  private void finish(int exitCode, @Nullable String error) {
    long ttfbNanos = headNanos == 0 ? UNKNOWN : headNanos - startNanos;
    long totalNanos = System.nanoTime() - startNanos;
    outcome.complete(
        new Outcome(
            url, status, bytes.sum(), expectedBytes, ttfbNanos, totalNanos, exitCode, error));
  }

  private String partial() {
    String got = expectedBytes < 0 ? bytes + " bytes" : bytes + " of " + expectedBytes + " bytes";
    return output instanceof Output.ToFile file
        ? "; " + file.path() + " holds " + got
        : " after " + got;
  }

  private static String describe(IOException problem) {
    if (problem instanceof FileSystemException inFileSystem) {
      String reason = inFileSystem.getReason();
      String what = reason == null ? inFileSystem.getClass().getSimpleName() : reason;
      return inFileSystem.getFile() + ": " + what;
    }
    return String.valueOf(problem.getMessage());
  }

  private static long contentLength(ResponseHead head) {
    String value = head.fields().value("content-length");
    try {
      return value == null ? UNKNOWN : Long.parseLong(value);
    } catch (NumberFormatException e) {
      return UNKNOWN;
    }
  }
}
