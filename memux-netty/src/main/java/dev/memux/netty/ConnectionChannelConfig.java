package dev.memux.netty;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.quic.QuicChannelConfig;

/**
 * Netty's usual options, of a connection. There is no connect timeout beside {@link
 * dev.memux.engine.quic.QuicConfig#handshakeTimeoutNanos} unless one is set.
 */
final class ConnectionChannelConfig extends DefaultChannelConfig implements QuicChannelConfig {
  ConnectionChannelConfig(Channel channel) {
    super(channel);
    super.setConnectTimeoutMillis(0);
  }

  @Override
  @Deprecated
  @SuppressWarnings("deprecation") // Netty deprecates it, and the interface asks for it
  public ConnectionChannelConfig setMaxMessagesPerRead(int count) {
    super.setMaxMessagesPerRead(count);
    return this;
  }

  @Override
  public ConnectionChannelConfig setConnectTimeoutMillis(int millis) {
    super.setConnectTimeoutMillis(millis);
    return this;
  }

  @Override
  public ConnectionChannelConfig setWriteSpinCount(int count) {
    super.setWriteSpinCount(count);
    return this;
  }

  @Override
  public ConnectionChannelConfig setAllocator(ByteBufAllocator allocator) {
    super.setAllocator(allocator);
    return this;
  }

  @Override
  public ConnectionChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
    super.setRecvByteBufAllocator(allocator);
    return this;
  }

  @Override
  public ConnectionChannelConfig setAutoRead(boolean autoRead) {
    super.setAutoRead(autoRead);
    return this;
  }

  @Override
  public ConnectionChannelConfig setAutoClose(boolean autoClose) {
    super.setAutoClose(autoClose);
    return this;
  }

  @Override
  public ConnectionChannelConfig setWriteBufferHighWaterMark(int bytes) {
    super.setWriteBufferHighWaterMark(bytes);
    return this;
  }

  @Override
  public ConnectionChannelConfig setWriteBufferLowWaterMark(int bytes) {
    super.setWriteBufferLowWaterMark(bytes);
    return this;
  }

  @Override
  public ConnectionChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark marks) {
    super.setWriteBufferWaterMark(marks);
    return this;
  }

  @Override
  public ConnectionChannelConfig setMessageSizeEstimator(MessageSizeEstimator estimator) {
    super.setMessageSizeEstimator(estimator);
    return this;
  }
}
