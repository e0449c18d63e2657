package dev.memux.http;

import dev.memux.netty.MuxQuicStreamChannel;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamPriority;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** One request and the answer to it. Its methods belong to {@link #loop()}. */
public final class ServerExchange {
  private final QuicStreamChannel channel;
  private final RequestHead request;
  private final InboundBody requestBody;
  private final OutboundBody responseBody;
  private @Nullable QuicStreamPriority clientPriority;
  private boolean responded;

  ServerExchange(
      QuicStreamChannel channel,
      RequestHead request,
      InboundBody requestBody,
      OutboundBody responseBody) {
    this.channel = channel;
    this.request = request;
    this.requestBody = requestBody;
    this.responseBody = responseBody;
  }

  /** The request's head. */
  public RequestHead request() {
    return request;
  }

  /** The request's body; it may be ignored. */
  public InboundBody requestBody() {
    return requestBody;
  }

  /** The event loop on which the exchange lives. */
  public EventLoop loop() {
    return channel.eventLoop();
  }

  /**
   * Whether the request may be one that an attacker repeats (0-RTT): it may be answered if that
   * does no harm, or refused with 425 (RFC 8470 §5.2). Of methods other than GET and HEAD that has
   * been done already.
   */
  public boolean isEarly() {
    return channel instanceof MuxQuicStreamChannel mux && mux.isEarly();
  }

  /** Whether the method is HEAD, so that the answer has no body (RFC 9110 §9.3.2). */
  public boolean isHead() {
    return request.method().equals("HEAD");
  }

  /** Whether a response head was sent. */
  public boolean isResponded() {
    return responded;
  }

  /**
   * Sends the head; the body follows through what is returned.
   *
   * @throws IllegalStateException if a head was sent already
   */
  public OutboundBody respond(ResponseHead head) {
    if (responded) {
      throw new IllegalStateException("already answered");
    }
    responded = true;
    responseBody.writeHead(MessageHeads.encode(head));
    return responseBody;
  }

  /** Sends a whole answer; the content length is added. For HEAD the body is left out. */
  public void respond(ResponseHead head, ByteBuf body) {
    head.fields().set("content-length", Integer.toString(body.readableBytes()));
    OutboundBody out = respond(head);
    if (isHead() || !body.isReadable()) {
      body.release();
    } else {
      out.write(body);
    }
    out.finish();
  }

  /** Gives up both directions (RFC 9114 §4.1.1). */
  public void reset(Http3ErrorCode code) {
    requestBody.discard(code);
    responseBody.abort(code);
  }

  /** Calls back once when the stream is over, however it ended. */
  public void onClosed(Runnable listener) {
    channel.closeFuture().addListener(ignored -> listener.run());
  }

  /**
   * What to assume where the client has not said how urgent the answer is (RFC 9218 §8: a server
   * may know better than the default, not better than the client).
   */
  public void priorityByDefault(QuicStreamPriority priority) {
    if (clientPriority == null) {
      channel.updatePriority(priority);
    }
  }

  /** What the client last said about this request's priority, or null. */
  public @Nullable QuicStreamPriority clientPriority() {
    return clientPriority;
  }

  /** The priority that the stream has, whoever it is from. */
  @Nullable QuicStreamPriority appliedPriority() {
    return channel.priority();
  }

  /** Done when the client has acknowledged the whole answer, as far as the transport tells. */
  Future<Void> deliveredFuture() {
    return channel instanceof MuxQuicStreamChannel mux
        ? mux.deliveredFuture()
        : channel.closeFuture();
  }

  long streamId() {
    return channel.streamId();
  }

  void onClientPriority(QuicStreamPriority priority) {
    clientPriority = priority;
    channel.updatePriority(priority);
  }
}
