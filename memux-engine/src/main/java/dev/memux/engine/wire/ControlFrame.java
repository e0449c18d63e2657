package dev.memux.engine.wire;

/** Frames that are too rare to be callbacks of their own (RFC 9000 §19). */
public sealed interface ControlFrame {
  /** The frame's type on the wire, for error reports. */
  FrameType type();

  /** RFC 9000 §19.4. */
  record ResetStream(long streamId, long errorCode, long finalSize) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.RESET_STREAM;
    }
  }

  /** draft-ietf-quic-reliable-stream-reset §4; the reliable size is at most the final one. */
  record ResetStreamAt(long streamId, long errorCode, long finalSize, long reliableSize)
      implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.RESET_STREAM_AT;
    }
  }

  /** RFC 9000 §19.5. */
  record StopSending(long streamId, long errorCode) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.STOP_SENDING;
    }
  }

  /** RFC 9000 §19.7. */
  @SuppressWarnings("ArrayRecordComponent") // read once by its receiver, never compared
  record NewToken(byte[] token) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.NEW_TOKEN;
    }
  }

  /** RFC 9000 §19.9. */
  record MaxData(long maximum) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.MAX_DATA;
    }
  }

  /** RFC 9000 §19.10. */
  record MaxStreamData(long streamId, long maximum) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.MAX_STREAM_DATA;
    }
  }

  /** RFC 9000 §19.11. */
  record MaxStreams(boolean bidirectional, long maximum) implements ControlFrame {
    @Override
    public FrameType type() {
      return bidirectional ? FrameType.MAX_STREAMS_BIDI : FrameType.MAX_STREAMS_UNI;
    }
  }

  /** RFC 9000 §19.12. */
  record DataBlocked(long limit) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.DATA_BLOCKED;
    }
  }

  /** RFC 9000 §19.13. */
  record StreamDataBlocked(long streamId, long limit) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.STREAM_DATA_BLOCKED;
    }
  }

  /** RFC 9000 §19.14. */
  record StreamsBlocked(boolean bidirectional, long limit) implements ControlFrame {
    @Override
    public FrameType type() {
      return bidirectional ? FrameType.STREAMS_BLOCKED_BIDI : FrameType.STREAMS_BLOCKED_UNI;
    }
  }

  /** RFC 9000 §19.15. */
  @SuppressWarnings("ArrayRecordComponent") // read once by its receiver, never compared
  record NewConnectionId(
      long sequence, long retirePriorTo, byte[] connectionId, byte[] statelessResetToken)
      implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.NEW_CONNECTION_ID;
    }
  }

  /** RFC 9000 §19.16. */
  record RetireConnectionId(long sequence) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.RETIRE_CONNECTION_ID;
    }
  }

  /** RFC 9000 §19.17; the eight bytes of data as a number. */
  record PathChallenge(long data) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.PATH_CHALLENGE;
    }
  }

  /** RFC 9000 §19.18. */
  record PathResponse(long data) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.PATH_RESPONSE;
    }
  }

  /** RFC 9000 §19.19; {@code frameType} is 0 for an application's close. */
  record ConnectionClose(boolean application, long errorCode, long frameType, String reason)
      implements ControlFrame {
    @Override
    public FrameType type() {
      return application ? FrameType.APPLICATION_CLOSE : FrameType.CONNECTION_CLOSE;
    }
  }

  /**
   * What its receiver's direction of a stream is to be sent with; docs/stream-priority.md.
   *
   * @param sequence orders the frames about one stream: only a higher one than before applies
   * @param urgency 0, the most urgent, to {@link #LOWEST_URGENCY}
   * @param groupId the streams of a group share one part of the connection; 0: of no group
   */
  record StreamPriority(
      long streamId, long sequence, int urgency, boolean incremental, long groupId)
      implements ControlFrame {
    /** As in RFC 9218 §4.1. */
    public static final int LOWEST_URGENCY = 7;

    @Override
    public FrameType type() {
      return FrameType.STREAM_PRIORITY;
    }
  }

  /** RFC 9000 §19.20. */
  record HandshakeDone() implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.HANDSHAKE_DONE;
    }
  }

  /**
   * draft-ietf-quic-ack-frequency §4.
   *
   * @param threshold ack-eliciting packets that need not be acknowledged at once
   * @param reorderingThreshold packets by which another may be late before that is told at once; 0:
   *     never
   */
  record AckFrequency(
      long sequence, long threshold, long maxAckDelayMicros, long reorderingThreshold)
      implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.ACK_FREQUENCY;
    }
  }

  /** draft-ietf-quic-ack-frequency §5. */
  record ImmediateAck() implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.IMMEDIATE_ACK;
    }
  }

  /** QMux §4.3. */
  record QxPing(boolean response, long sequence) implements ControlFrame {
    @Override
    public FrameType type() {
      return response ? FrameType.QX_PING_RESPONSE : FrameType.QX_PING;
    }
  }

  /** QMux §4.2. */
  @SuppressWarnings("ArrayRecordComponent") // read once by its receiver, never compared
  record QxTransportParameters(byte[] encoded) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.QX_TRANSPORT_PARAMETERS;
    }
  }
}
