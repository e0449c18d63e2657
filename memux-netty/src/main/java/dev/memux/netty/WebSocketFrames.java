package dev.memux.netty;

import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;

/** How WebSocket frames are read. */
final class WebSocketFrames {
  private WebSocketFrames() {}

  /**
   * Frames of records, which are never read beyond their length, and of no extension. What is wrong
   * with one {@link WebSocketRecords} is told.
   *
   * @param fromClients whose frames are masked (RFC 6455 §5.1)
   */
  static WebSocketDecoderConfig config(int maxRecordBytes, boolean fromClients) {
    return WebSocketDecoderConfig.newBuilder()
        .maxFramePayloadLength(maxRecordBytes)
        .expectMaskedFrames(fromClients)
        .allowMaskMismatch(false)
        .allowExtensions(false)
        .closeOnProtocolViolation(false)
        .withUTF8Validator(false)
        .build();
  }
}
