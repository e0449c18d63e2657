package dev.memux.http;

/** Answers requests. */
@FunctionalInterface
public interface RequestHandler {
  /**
   * Called on the connection's event loop when a request's head has arrived; must not block. The
   * answer may come later and from another thread, through {@link ServerExchange#loop()}. An
   * exception becomes a 500 if nothing was answered yet, otherwise the stream is reset.
   */
  void handle(ServerExchange exchange) throws Exception;
}
