package dev.memux.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Collects one response. */
class Answer implements ResponseListener {
  private final CompletableFuture<ResponseHead> head = new CompletableFuture<>();
  private final CompletableFuture<byte[]> body = new CompletableFuture<>();
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private final boolean eager;
  private InboundBody source;

  /** Reads as it arrives. */
  Answer() {
    this(true);
  }

  /** Not eager: reads nothing before {@link #readAll}. */
  Answer(boolean eager) {
    this.eager = eager;
  }

  /** Starts to read. */
  void readAll() throws Exception {
    head();
    source.read();
  }

  @Override
  public void onHead(ResponseHead responseHead, InboundBody responseBody) {
    source = responseBody;
    if (eager) {
      source.read();
    }
    head.complete(responseHead);
  }

  @Override
  public void onData(ByteBuf data) {
    received.writeBytes(ByteBufUtil.getBytes(data));
    data.release();
    source.read();
  }

  @Override
  public void onEnd() {
    body.complete(received.toByteArray());
  }

  @Override
  public void onFailure(HttpException failure) {
    head.completeExceptionally(failure);
    body.completeExceptionally(failure);
  }

  ResponseHead head() throws Exception {
    return head.get(Loopback.PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  byte[] body() throws Exception {
    return body.get(Loopback.PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  String text() throws Exception {
    return new String(body(), StandardCharsets.UTF_8);
  }

  boolean isOver() {
    return body.isDone();
  }

  /** The failure that it must end with. */
  HttpException failure() throws Exception {
    try {
      body();
    } catch (ExecutionException e) {
      return (HttpException) e.getCause();
    }
    throw new AssertionError("no failure");
  }
}
