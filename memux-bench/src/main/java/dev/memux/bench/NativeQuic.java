package dev.memux.bench;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.handler.codec.quic.FlushStrategy;
import io.netty.handler.codec.quic.QuicCodecBuilder;
import java.util.concurrent.TimeUnit;

/**
 * How Netty's native QUIC is set up: as fast as it was found to be. Whole batches go to the kernel
 * and come from it at once (GSO, GRO), and windows, socket buffers and packets are as large as
 * memux's.
 */
final class NativeQuic {
  /** Packets in one segmented datagram, which holds 64 KB. */
  static final int SEGMENTS = 44;

  private static final int SOCKET_BUFFER_BYTES = 4 << 20;
  private static final int RECEIVE_BUFFER_BYTES = 64 << 10;
  private static final int MAX_READS = 64;
  private static final long STREAM_WINDOW_BYTES = 16 << 20;
  private static final long CONNECTION_WINDOW_BYTES = 24 << 20;
  private static final int STREAMS = 100;
  private static final long IDLE_TIMEOUT_SECONDS = 30;

  private NativeQuic() {}

  /** One thread: there is one connection. */
  static EventLoopGroup newGroup() {
    return new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  }

  static <B extends QuicCodecBuilder<B>> B configure(B codec, int packetBytes) {
    return codec
        .maxIdleTimeout(IDLE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
        .maxSendUdpPayloadSize(packetBytes)
        .maxRecvUdpPayloadSize(packetBytes)
        .initialMaxData(CONNECTION_WINDOW_BYTES)
        .initialMaxStreamDataBidirectionalLocal(STREAM_WINDOW_BYTES)
        .initialMaxStreamDataBidirectionalRemote(STREAM_WINDOW_BYTES)
        .initialMaxStreamsBidirectional(STREAMS)
        .flushStrategy(FlushStrategy.afterNumPackets(SEGMENTS));
  }

  /** A UDP socket, for whatever bootstrap binds it. */
  static EpollDatagramChannel newSocket() {
    EpollDatagramChannel channel = new EpollDatagramChannel();
    channel.config().setReceiveBufferSize(SOCKET_BUFFER_BYTES);
    channel.config().setSendBufferSize(SOCKET_BUFFER_BYTES);
    channel.config().setUdpGro(true);
    FixedRecvByteBufAllocator buffers = new FixedRecvByteBufAllocator(RECEIVE_BUFFER_BYTES);
    buffers.maxMessagesPerRead(MAX_READS);
    channel.config().setRecvByteBufAllocator(buffers);
    return channel;
  }
}
