package dev.memux.netty;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.quic.QuicChannelOption;
import io.netty.handler.codec.quic.QuicStreamChannelConfig;
import io.netty.handler.codec.quic.QuicStreamType;
import java.util.Map;

/**
 * Netty's usual options, of a stream, and two more: {@link ChannelOption#ALLOW_HALF_CLOSURE} (on,
 * as QUIC has it) and {@link QuicChannelOption#READ_FRAMES} (off).
 */
final class StreamChannelConfig extends DefaultChannelConfig implements QuicStreamChannelConfig {
  private volatile boolean allowHalfClosure = true;
  private volatile boolean readFrames;

  StreamChannelConfig(MuxQuicStreamChannel channel) {
    super(channel);
  }

  @Override
  public Map<ChannelOption<?>, Object> getOptions() {
    return getOptions(
        super.getOptions(), ChannelOption.ALLOW_HALF_CLOSURE, QuicChannelOption.READ_FRAMES);
  }

  @Override
  @SuppressWarnings("unchecked") // each option fixes the type of its value
  public <T> T getOption(ChannelOption<T> option) {
    if (option.equals(ChannelOption.ALLOW_HALF_CLOSURE)) {
      return (T) Boolean.valueOf(allowHalfClosure);
    }
    if (option.equals(QuicChannelOption.READ_FRAMES)) {
      return (T) Boolean.valueOf(readFrames);
    }
    return super.getOption(option);
  }

  @Override
  public <T> boolean setOption(ChannelOption<T> option, T value) {
    validate(option, value);
    if (option.equals(ChannelOption.ALLOW_HALF_CLOSURE)) {
      if (isUnidirectional()) {
        return false;
      }
      allowHalfClosure = (Boolean) value;
      return true;
    }
    if (option.equals(QuicChannelOption.READ_FRAMES)) {
      readFrames = (Boolean) value;
      return true;
    }
    return super.setOption(option, value);
  }

  @Override
  public boolean isReadFrames() {
    return readFrames;
  }

  @Override
  public StreamChannelConfig setReadFrames(boolean frames) {
    readFrames = frames;
    return this;
  }

  @Override
  public boolean isAllowHalfClosure() {
    return allowHalfClosure;
  }

  @Override
  public StreamChannelConfig setAllowHalfClosure(boolean allow) {
    if (isUnidirectional()) {
      throw new UnsupportedOperationException("a unidirectional stream has no halves");
    }
    allowHalfClosure = allow;
    return this;
  }

  private boolean isUnidirectional() {
    return ((MuxQuicStreamChannel) channel).type() == QuicStreamType.UNIDIRECTIONAL;
  }

  @Override
  @Deprecated
  @SuppressWarnings("deprecation") // Netty deprecates it, and the interface asks for it
  public StreamChannelConfig setMaxMessagesPerRead(int count) {
    super.setMaxMessagesPerRead(count);
    return this;
  }

  @Override
  public StreamChannelConfig setConnectTimeoutMillis(int millis) {
    super.setConnectTimeoutMillis(millis);
    return this;
  }

  @Override
  public StreamChannelConfig setWriteSpinCount(int count) {
    super.setWriteSpinCount(count);
    return this;
  }

  @Override
  public StreamChannelConfig setAllocator(ByteBufAllocator allocator) {
    super.setAllocator(allocator);
    return this;
  }

  @Override
  public StreamChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
    super.setRecvByteBufAllocator(allocator);
    return this;
  }

  @Override
  public StreamChannelConfig setAutoRead(boolean autoRead) {
    super.setAutoRead(autoRead);
    return this;
  }

  @Override
  public StreamChannelConfig setAutoClose(boolean autoClose) {
    super.setAutoClose(autoClose);
    return this;
  }

  @Override
  public StreamChannelConfig setWriteBufferHighWaterMark(int bytes) {
    super.setWriteBufferHighWaterMark(bytes);
    return this;
  }

  @Override
  public StreamChannelConfig setWriteBufferLowWaterMark(int bytes) {
    super.setWriteBufferLowWaterMark(bytes);
    return this;
  }

  @Override
  public StreamChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark marks) {
    super.setWriteBufferWaterMark(marks);
    return this;
  }

  @Override
  public StreamChannelConfig setMessageSizeEstimator(MessageSizeEstimator estimator) {
    super.setMessageSizeEstimator(estimator);
    return this;
  }
}
