package dev.memux.http;

/** Receives one response, on the connection's event loop. */
public interface ResponseListener extends BodyListener {
  /** The request's head was sent; its body follows here. By default there is none. */
  default void onOpen(OutboundBody requestBody) {
    requestBody.finish();
  }

  /**
   * An interim response has arrived (RFC 9110 §15.2), 103 for example. By default it is ignored.
   */
  default void onInterim(ResponseHead head) {}

  /** The head has arrived. Pieces of the body come as {@link InboundBody#read()} asks for them. */
  void onHead(ResponseHead head, InboundBody body);
}
