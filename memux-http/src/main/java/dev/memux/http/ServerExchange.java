package dev.memux.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.quic.QuicStreamPriority;
import io.netty.util.concurrent.Future;
import java.net.SocketAddress;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request and the answer to it, whichever version of HTTP carries them. Its methods belong to
 * {@link #loop()}.
 */
public final class ServerExchange {
  private static final Logger LOG = LoggerFactory.getLogger(ServerExchange.class);
  static final int TOO_EARLY = 425;

  private static final int CONTINUE = 100;
  private static final int SWITCHING_PROTOCOLS = 101;

  private final ServerStream stream;
  private final RequestHead request;
  private final InboundBody requestBody;
  private final OutboundBody responseBody;
  private final ResponsePriority priority = new ResponsePriority();
  private Consumer<QuicStreamPriority> priorityListener = changed -> {};
  private boolean responded;
  private boolean tunnel;

  ServerExchange(
      ServerStream stream,
      RequestHead request,
      InboundBody requestBody,
      OutboundBody responseBody) {
    this.stream = stream;
    this.request = request;
    this.requestBody = requestBody;
    this.responseBody = responseBody;
    if (expectsContinue()) {
      // RFC 9110 §10.1.1: the client waits with the body until it is told that it is wanted.
      requestBody.onFirstRead(this::proceed);
    }
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
    return stream.loop();
  }

  /** The version of HTTP that the client speaks. */
  public HttpVersion version() {
    return stream.version();
  }

  /** Says which exchanges share a connection: those for which this is the same object. */
  public Object connection() {
    return stream.connection();
  }

  /** Our end of the client's connection, or null if the transport does not tell. */
  public @Nullable SocketAddress localAddress() {
    return stream.localAddress();
  }

  /** The client's end of its connection, or null if the transport does not tell. */
  public @Nullable SocketAddress remoteAddress() {
    return stream.remoteAddress();
  }

  /**
   * Whether the request may be one that an attacker repeats (0-RTT): it may be answered if that
   * does no harm, or refused with 425 (RFC 8470 §5.2). Of methods other than GET and HEAD that has
   * been done already.
   */
  public boolean isEarly() {
    return stream.isEarly();
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
   * Sends an interim response (RFC 9110 §15.2), 103 for example. A client of HTTP/1.0 does not know
   * them and gets none. 100 is sent by itself when the body is first asked for.
   *
   * @throws IllegalArgumentException if the status is none of 102 to 199
   * @throws IllegalStateException if the response was sent already
   */
  public void inform(ResponseHead interim) {
    if (interim.status() <= SWITCHING_PROTOCOLS || interim.status() >= 200) {
      throw new IllegalArgumentException("interim status " + interim.status());
    }
    if (responded) {
      throw new IllegalStateException("already answered");
    }
    if (stream.version() != HttpVersion.HTTP_1_0 && stream.isActive()) {
      responseBody.watch(stream.writeHead(interim));
    }
  }

  /**
   * Sends the head; the body follows through what is returned. A {@code priority} field in the head
   * changes what the client has said so far, parameter by parameter (RFC 9218 §8).
   *
   * @throws IllegalArgumentException if the status is an interim one
   * @throws IllegalStateException if a head was sent already
   */
  public OutboundBody respond(ResponseHead head) {
    begin(head);
    if (stream.isActive()) {
      responseBody.watch(stream.writeHead(head));
    }
    return responseBody;
  }

  private void begin(ResponseHead head) {
    if (head.status() < 200) {
      throw new IllegalArgumentException("interim status " + head.status());
    }
    if (responded) {
      throw new IllegalStateException("already answered");
    }
    responded = true;
    tunnel = request.isConnect() && head.status() < 300;
    String ownPriority = head.fields().combined(PriorityField.NAME);
    if (ownPriority != null) {
      priority.onResponse(ownPriority);
      applyPriority();
    }
  }

  /** Sends a whole answer; the content length is added. For HEAD the body is left out. */
  public void respond(ResponseHead head, ByteBuf body) {
    head.fields().set("content-length", Integer.toString(body.readableBytes()));
    begin(head);
    if (!stream.isActive()) {
      body.release();
      responseBody.finish();
      return;
    }
    if (isHead()) {
      body.release();
      responseBody.finish(stream.writeAnswer(head, Unpooled.EMPTY_BUFFER));
    } else {
      responseBody.finish(stream.writeAnswer(head, body));
    }
  }

  /** Gives up both directions (RFC 9114 §4.1.1). */
  public void reset(HttpErrorCode code) {
    requestBody.discard(code);
    responseBody.abort(code);
  }

  /** Calls back once when the stream is over, however it ended. */
  public void onClosed(Runnable listener) {
    stream.closeFuture().addListener(ignored -> listener.run());
  }

  /**
   * Calls back once when the client has acknowledged the whole answer, as far as the transport
   * tells, or takes no more of it.
   */
  public void onDelivered(Runnable listener) {
    deliveredFuture().addListener(ignored -> listener.run());
  }

  /**
   * What to assume where the client has not said how urgent the answer is (RFC 9218 §8: a server
   * may know better than the default, not better than the client).
   */
  public void priorityByDefault(QuicStreamPriority assumed) {
    priority.assume(assumed);
    applyPriority();
  }

  /** Decides how urgent the answer is, whatever the client says, now or later (RFC 9218 §8). */
  public void priority(QuicStreamPriority decided) {
    priority.decide(decided);
    applyPriority();
  }

  /** Calls back each time the priority changes, also before there is an answer. */
  public void onPriority(Consumer<QuicStreamPriority> listener) {
    priorityListener = listener;
  }

  /** How urgent the answer is at the moment. */
  public QuicStreamPriority priority() {
    return priority.current();
  }

  /** What the client last said about this request's priority, or null. */
  public @Nullable QuicStreamPriority clientPriority() {
    return priority.client();
  }

  /**
   * Whether the two directions are now those of a tunnel (RFC 9110 §9.3.6), which has no trailers.
   */
  boolean isTunnel() {
    return tunnel;
  }

  /** Lets the handler answer; what it throws becomes an answer or a reset. */
  void answerBy(RequestHandler handler) {
    if (isEarly() && !request.isReplaySafe()) {
      // RFC 8470 §5.2: the client asks again when the handshake has shown that it is no replay.
      respond(ResponseHead.of(TOO_EARLY), stream.alloc().buffer(0));
      requestBody.discard(HttpErrorCode.NO_ERROR);
      return;
    }
    try {
      handler.handle(this);
    } catch (Exception e) {
      LOG.warn("answering {} {} failed", request.method(), request.path(), e);
      if (responded) {
        reset(HttpErrorCode.INTERNAL_ERROR);
      } else {
        respond(ResponseHead.of(500), stream.alloc().buffer(0));
      }
    }
  }

  /** The priority that the stream has, whoever it is from. */
  @Nullable QuicStreamPriority appliedPriority() {
    return stream.priority();
  }

  /** Done when the client has the whole answer, as far as the transport tells. */
  Future<Void> deliveredFuture() {
    return stream.deliveredFuture();
  }

  /**
   * Takes the priority that the client last said in a frame, or if that is null the one of the
   * request's field (RFC 9218 §5, §7).
   */
  void takePriority(@Nullable QuicStreamPriority update) {
    QuicStreamPriority said = update;
    if (said == null) {
      String field = request.fields().combined(PriorityField.NAME);
      // RFC 9651 §4.2: a field that does not parse is ignored.
      said = field == null ? null : PriorityField.parse(field);
    }
    if (said != null) {
      priority.onClient(said);
    }
    applyPriority();
  }

  /** The client has changed its mind (RFC 9218 §6). */
  void onPriorityUpdate(QuicStreamPriority update) {
    priority.onClient(update);
    applyPriority();
  }

  private void applyPriority() {
    QuicStreamPriority current = priority.current();
    if (!current.equals(stream.priority())) {
      stream.prioritize(current);
      priorityListener.accept(current);
    }
  }

  private boolean expectsContinue() {
    String expect = request.fields().value("expect");
    return expect != null
        && expect.toLowerCase(Locale.ROOT).equals("100-continue")
        && stream.version() != HttpVersion.HTTP_1_0;
  }

  private void proceed() {
    if (!responded && stream.isActive()) {
      responseBody.watch(stream.writeHead(ResponseHead.of(CONTINUE)));
    }
  }
}
