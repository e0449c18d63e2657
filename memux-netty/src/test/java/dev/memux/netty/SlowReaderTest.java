package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.quic.QuicConfig;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.quic.QuicStreamPriority;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What waits below memux while a peer does not read TCP, and what a more urgent byte waits for. */
@Timeout(60)
final class SlowReaderTest {
  private static final int CONTENT_BYTES = 32 << 20;

  /** What the peer reads at most before it looks at what it has read. */
  private static final int READ_BYTES = 64 << 10;

  private final AtomicLong bulkReceived = new AtomicLong();
  private final AtomicLong bulkBeforeUrgent = new AtomicLong(-1);

  /** Counts the bulk's bytes, and notes how many there were when the other stream's came. */
  private final class Counter extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf data = (ByteBuf) message;
      if (Loopback.stream(ctx.channel()).streamId() == 0) {
        bulkReceived.addAndGet(data.readableBytes());
      } else {
        bulkBeforeUrgent.compareAndSet(-1, bulkReceived.get());
      }
      data.release();
    }
  }

  /** What Linux knows of a socket and Netty does not tell. */
  private static final class Kernel {
    /** {@code SIOCOUTQNSD}: bytes that have not been sent for the first time. */
    private static final long UNSENT_REQUEST = 0x894b;

    @SuppressWarnings("restricted")
    private static final MethodHandle IOCTL =
        Linker.nativeLinker()
            .downcallHandle(
                Linker.nativeLinker().defaultLookup().findOrThrow("ioctl"),
                FunctionDescriptor.of(
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.ADDRESS),
                Linker.Option.firstVariadicArg(2));

    static int unsentBytes(EpollSocketChannel socket) throws Throwable {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment bytes = arena.allocate(ValueLayout.JAVA_INT);
        assertEquals(0, (int) IOCTL.invokeExact(socket.fd().intValue(), UNSENT_REQUEST, bytes));
        return bytes.get(ValueLayout.JAVA_INT, 0);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void anUrgentByteWaitsForNothingButWhatHasBeenHandedDown(IoTransport transport) throws Throwable {
    MuxConfig mux =
        MuxConfig.DEFAULT.withWindows(
            2 * CONTENT_BYTES, 2 * CONTENT_BYTES, 2 * CONTENT_BYTES, 2 * CONTENT_BYTES);
    try (Loopback loopback = new Loopback(transport).config(QuicConfig.DEFAULT.withMux(mux))) {
      QuicServer server =
          Loopback.get(
              loopback
                  .server()
                  .carrier(CarrierType.TCP)
                  .streamHandler(Loopback.initializer(Counter::new))
                  .bind(Loopback.anyPort()));
      MuxQuicChannel near = Loopback.connect(loopback.client().carrier(CarrierType.TCP), server);
      Channel far = Loopback.only(server).parent();
      far.config().setAutoRead(false);
      MuxQuicStreamChannel bulk = Loopback.open(near, new Recorder());
      bulk.writeAndFlush(Unpooled.wrappedBuffer(new byte[CONTENT_BYTES]));
      Loopback.await(() -> isStuck(near, bulk));
      long handedDown = bulk.ackedBytes();
      assertTrue(handedDown < CONTENT_BYTES, "the kernel takes it all");
      if (near.parent() instanceof EpollSocketChannel socket) {
        long lowWatermark = socket.config().getTcpNotSentLowAt();
        int unsent = Kernel.unsentBytes(socket);
        assertTrue(unsent > 0, "it is the window that holds it back");
        assertTrue(
            unsent <= lowWatermark + QmuxCarrier.MAX_RECORD_BYTES,
            unsent + " bytes wait unsent, with a low watermark of " + lowWatermark);
      }
      MuxQuicStreamChannel urgent = Loopback.open(near, new Recorder());
      Loopback.get(urgent.updatePriority(new QuicStreamPriority(0, true)));
      urgent.writeAndFlush(Unpooled.wrappedBuffer(new byte[1]));
      while (bulkBeforeUrgent.get() < 0 && bulkReceived.get() < CONTENT_BYTES) {
        far.read(); // once, as long as it does not read by itself
        far.eventLoop().submit(() -> {}).awaitUninterruptibly();
      }
      far.config().setAutoRead(true);
      Loopback.await(() -> bulkReceived.get() == CONTENT_BYTES);
      assertTrue(bulkBeforeUrgent.get() >= 0, "it has overtaken nothing");
      assertTrue(
          bulkBeforeUrgent.get() <= handedDown + READ_BYTES,
          bulkBeforeUrgent + " bytes went first, of which " + handedDown + " had to");
      Loopback.get(server.close());
    }
  }

  /** Nothing more has been handed down for so long that the loop has had its turn many times. */
  private static boolean isStuck(MuxQuicChannel channel, MuxQuicStreamChannel stream) {
    long before = stream.ackedBytes();
    for (int i = 0; i < 100; i++) {
      channel.eventLoop().submit(() -> {}).awaitUninterruptibly();
      if (stream.ackedBytes() != before) {
        return false;
      }
      LockSupport.parkNanos(1_000_000);
    }
    return before > 0;
  }
}
