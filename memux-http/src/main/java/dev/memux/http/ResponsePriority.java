package dev.memux.http;

import io.netty.handler.codec.quic.QuicStreamPriority;
import org.jspecify.annotations.Nullable;

/**
 * All that has been said about the priority of one response, and what holds (RFC 9218 §8, which
 * leaves the merging to the server): what the server has decided; else the response's own field,
 * over what the client said before it; else what the client said last; else what the server
 * assumes. So a client that raises a response in mid-flight is heard, whatever its field said.
 */
final class ResponsePriority {
  private QuicStreamPriority assumed = PriorityField.DEFAULT;
  private @Nullable QuicStreamPriority client;
  private @Nullable String responseField;
  private @Nullable QuicStreamPriority decided;

  /** What the client said last, or null. */
  @Nullable QuicStreamPriority client() {
    return client;
  }

  void onClient(QuicStreamPriority priority) {
    client = priority;
    responseField = null;
  }

  /** The response's field; one that does not parse is ignored (RFC 9651 §4.2). */
  void onResponse(String field) {
    responseField = field;
  }

  void assume(QuicStreamPriority priority) {
    assumed = priority;
  }

  void decide(QuicStreamPriority priority) {
    decided = priority;
  }

  QuicStreamPriority current() {
    if (decided != null) {
      return decided;
    }
    QuicStreamPriority wanted = client == null ? assumed : client;
    QuicStreamPriority merged =
        responseField == null ? null : PriorityField.parse(responseField, wanted);
    return merged == null ? wanted : merged;
  }
}
