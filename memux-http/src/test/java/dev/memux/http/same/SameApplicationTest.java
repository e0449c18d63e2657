package dev.memux.http.same;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.handler.codec.quic.DefaultQuicStreamFrame;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicChannelOption;
import io.netty.handler.codec.quic.QuicException;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamPriority;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.handler.codec.quic.QuicTransportError;
import io.netty.util.concurrent.Future;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * One application on Netty's QUIC channels, once on memux's and once on Netty's own, at either end:
 * its handlers see the same things in the same order.
 */
@ParameterizedClass(name = "{0} client, {1} server")
@CsvSource({"MEMUX,MEMUX", "MEMUX,NATIVE", "NATIVE,MEMUX", "NATIVE,NATIVE"})
@Timeout(60)
class SameApplicationTest {
  private static final long PATIENCE_SECONDS = 20;

  @Parameter(0)
  QuicStack.Kind clientKind;

  @Parameter(1)
  QuicStack.Kind serverKind;

  private QuicStack clientStack;
  private QuicStack serverStack;
  private final Diary serverConnection = new Diary();
  private final Diary clientConnection = new Diary();

  /** The server's ends of streams, in the order in which they were opened. */
  private final BlockingQueue<Diary> accepted = new LinkedBlockingQueue<>();

  @BeforeEach
  void open() throws Exception {
    assumeTrue(Quic.isAvailable(), "no native QUIC for this platform");
    clientStack = clientKind.open("same-application");
    serverStack = serverKind.open("same-application");
  }

  @AfterEach
  void close() {
    clientStack.close();
    serverStack.close();
  }

  // Connections.

  @Test
  void aConnectionBeginsAndEnds() throws Exception {
    QuicChannel client = connect(stream -> {});
    assertTrue(client.isActive());
    assertEquals("same-application", client.sslEngine().getApplicationProtocol());
    await(() -> client.peerAllowedStreams(QuicStreamType.BIDIRECTIONAL) == 100);
    assertEquals(100, client.peerTransportParameters().initialMaxStreamsUni());
    await(() -> serverConnection.has("handshake done"));
    client.close(true, 0x1234, text("enough")).sync();
    assertFalse(client.isOpen());
    await(() -> serverConnection.has("inactive") && clientConnection.has("inactive"));
    assertEquals(List.of("active", "handshake done", "inactive"), clientConnection.lines());
    assertEquals(
        List.of("active", "handshake done", "peer closed: application 4660 enough", "inactive"),
        serverConnection.lines());
    assertInstanceOf(
        ClosedChannelException.class,
        failure(client.createStream(QuicStreamType.BIDIRECTIONAL, null)));
  }

  @Test
  void streamsThatThePeerOpensAreReadFromTheConnection() throws Exception {
    QuicChannel client = connect(stream -> {});
    Diary here = new Diary();
    open(client, here).writeAndFlush(text("hello")).sync();
    accept();
    assertTrue(serverConnection.has("stream"));
    assertFalse(clientConnection.has("stream"));
  }

  @Test
  void theEndOfTheConnectionEndsItsStreams() throws Exception {
    QuicChannel client = connect(stream -> stream.config().setAutoRead(false));
    Diary here = new Diary();
    QuicStreamChannel stream = open(client, here);
    ChannelFuture stuck = stream.writeAndFlush(Unpooled.wrappedBuffer(new byte[32 << 20]));
    Diary there = accept();
    ((QuicChannel) there.channel.parent()).close(true, 3, Unpooled.EMPTY_BUFFER);
    await(() -> here.has("inactive") && there.has("inactive"));
    assertInstanceOf(ClosedChannelException.class, failure(stuck));
    assertInstanceOf(ClosedChannelException.class, failure(stream.writeAndFlush(text("too late"))));
    assertEquals(List.of("active", "inactive"), here.lines());
    assertEquals(List.of("active", "inactive"), there.lines());
  }

  // Streams and their ends.

  @Test
  void anEchoWithHalfClose() throws Exception {
    QuicChannel client = connect(stream -> stream.pipeline().addLast(new Echo()));
    Diary here = new Diary();
    QuicStreamChannel stream = open(client, here);
    byte[] data = randomBytes(300_000);
    stream
        .writeAndFlush(Unpooled.wrappedBuffer(data))
        .addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
    Diary there = accept();
    await(() -> here.has("inactive") && there.has("inactive"));
    assertArrayEquals(data, here.bytes());
    List<String> expected =
        List.of("active", "data", "input shut down", "input read to its end", "inactive");
    assertEquals(expected, here.lines());
    assertEquals(expected, there.lines());
  }

  @Test
  void anEndWithoutDataIsToldAlike() throws Exception {
    QuicChannel client = connect(stream -> {});
    Diary here = new Diary();
    QuicStreamChannel stream = open(client, here);
    stream.shutdownOutput().sync();
    Diary there = accept();
    await(() -> there.has("input read to its end"));
    assertTrue(stream(there).isInputShutdown());
    assertFalse(stream(there).isOutputShutdown());
    assertTrue(there.channel.isActive(), "half open");
    stream(there).shutdownOutput();
    await(() -> here.has("inactive") && there.has("inactive"));
    List<String> expected =
        List.of("active", "input shut down", "input read to its end", "inactive");
    assertEquals(expected, here.lines());
    assertEquals(expected, there.lines());
  }

  @Test
  void writesAfterTheEndFail() throws Exception {
    QuicChannel client = connect(stream -> {});
    QuicStreamChannel stream = open(client, new Diary());
    stream.writeAndFlush(text("all")).sync();
    stream.shutdownOutput().sync();
    assertInstanceOf(
        ChannelOutputShutdownException.class, failure(stream.writeAndFlush(text("more"))));
    assertTrue(stream.isOpen());
  }

  @Test
  void aFrameCarriesTheEnd() throws Exception {
    QuicChannel client =
        connect(stream -> stream.config().setOption(QuicChannelOption.READ_FRAMES, true));
    QuicStreamChannel stream = open(client, new Diary());
    stream.writeAndFlush(new DefaultQuicStreamFrame(text("framed"), true)).sync();
    assertTrue(stream.isOutputShutdown());
    Diary there = accept();
    await(() -> there.has("input read to its end"));
    assertEquals("framed", there.text());
    assertEquals(
        List.of("active", "data", "frame with the end", "input shut down", "input read to its end"),
        there.lines());
  }

  @Test
  void withoutHalfClosureTheEndClosesTheStream() throws Exception {
    QuicChannel client =
        connect(stream -> stream.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false));
    Diary here = new Diary();
    QuicStreamChannel stream = open(client, here);
    stream.writeAndFlush(text("bye")).sync();
    stream.shutdownOutput().sync();
    Diary there = accept();
    await(() -> here.has("inactive") && there.has("inactive"));
    assertEquals(List.of("active", "data", "inactive"), there.lines());
    assertEquals(
        List.of("active", "input shut down", "input read to its end", "inactive"), here.lines());
  }

  @Test
  void aResetArrivesAsAnExceptionWithItsCode() throws Exception {
    QuicChannel client = connect(stream -> {});
    Diary here = new Diary();
    QuicStreamChannel stream = open(client, here);
    stream.writeAndFlush(text("cut")).sync();
    Diary there = accept();
    await(() -> there.size() == 3);
    stream.shutdownOutput(0x77).sync();
    await(() -> there.has("reset 119"));
    assertEquals(List.of("active", "data", "reset 119"), there.lines());
    assertTrue(there.channel.isActive(), "the other direction lives");
    there.channel.writeAndFlush(text("well")).sync();
    await(() -> here.text().equals("well"));
  }

  @Test
  void whoStopsAStreamMakesThePeersWritesFail() throws Exception {
    QuicChannel client = connect(stream -> {});
    Diary here = new Diary();
    QuicStreamChannel stream = open(client, here);
    stream.writeAndFlush(text("go")).sync();
    Diary there = accept();
    await(() -> there.size() == 2);
    stream.shutdownInput(0x99).sync();
    assertTrue(stream.isInputShutdown());
    Throwable[] cause = new Throwable[1];
    await(
        () -> {
          cause[0] = there.channel.writeAndFlush(text("unwanted")).awaitUninterruptibly().cause();
          return cause[0] != null;
        });
    assertInstanceOf(ChannelOutputShutdownException.class, cause[0]);
    assertTrue(there.channel.isOpen());
    stream.writeAndFlush(text(" on")).sync();
    await(() -> there.text().equals("go on"));
    assertEquals(0, here.size());
  }

  @Test
  void aUnidirectionalStreamHasOneDirection() throws Exception {
    QuicChannel client = connect(stream -> {});
    Diary here = new Diary();
    QuicStreamChannel stream = get(client.createStream(QuicStreamType.UNIDIRECTIONAL, here));
    assertTrue(stream.isInputShutdown());
    assertTrue(stream.isLocalCreated());
    assertEquals(QuicStreamType.UNIDIRECTIONAL, stream.type());
    assertEquals(2, stream.streamId());
    stream.writeAndFlush(text("one way")).sync();
    Diary there = accept();
    assertFalse(stream(there).isLocalCreated());
    assertInstanceOf(
        UnsupportedOperationException.class,
        failure(there.channel.writeAndFlush(text("wrong way"))));
    stream.shutdownOutput().sync();
    await(() -> there.has("input read to its end"));
    assertEquals("one way", there.text());
    await(() -> here.has("inactive"));
    assertEquals(List.of("active", "inactive"), here.lines());
  }

  // Reading and writing.

  @Test
  void withoutAutoReadEachReadBringsSomething() throws Exception {
    QuicChannel client = connect(stream -> stream.config().setAutoRead(false));
    QuicStreamChannel stream = open(client, new Diary());
    byte[] data = randomBytes(100_000);
    stream
        .writeAndFlush(Unpooled.wrappedBuffer(data))
        .addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
    Diary there = accept();
    await(() -> there.has("active"));
    assertEquals(List.of("active"), there.lines());
    while (!there.has("input read to its end")) {
      int before = there.size();
      there.channel.read();
      await(() -> there.size() > before || there.has("input read to its end"));
    }
    assertArrayEquals(data, there.bytes());
  }

  @Test
  void aReaderThatPausesMakesTheWriterUnwritable() throws Exception {
    QuicChannel client = connect(stream -> stream.config().setAutoRead(false));
    Producer producer = new Producer(randomBytes(24 << 20));
    QuicStreamChannel stream = open(client, producer);
    stream.eventLoop().execute(() -> producer.produce(stream));
    Diary there = accept();
    // It is so for moments before, whenever acknowledgements are waited for.
    await(() -> !stream.isWritable() && "unwritable".equals(producer.lines().getLast()));
    assertEquals(0, there.size());
    assertTrue(producer.written.get() < producer.data.length / 2, producer.written + " written");
    there.channel.eventLoop().execute(() -> there.channel.config().setAutoRead(true));
    await(() -> there.has("input read to its end"));
    assertArrayEquals(producer.data, there.bytes());
    assertTrue(producer.has("writable"));
  }

  @Test
  void autoReadCanBeSwitchedWhileDataArrives() throws Exception {
    QuicChannel client = connect(stream -> stream.pipeline().addLast(new Blinking()));
    QuicStreamChannel stream = open(client, new Diary());
    byte[] data = randomBytes(3_000_000);
    stream
        .writeAndFlush(Unpooled.wrappedBuffer(data))
        .addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
    Diary there = accept();
    await(() -> there.has("input read to its end"));
    assertArrayEquals(data, there.bytes());
  }

  @Test
  void aHundredStreamsAtATimeAndNotOneMore() throws Exception {
    QuicChannel client = connect(stream -> stream.pipeline().addLast(new Echo()));
    Diary[] answers = new Diary[100];
    QuicStreamChannel[] streams = new QuicStreamChannel[answers.length];
    await(() -> client.peerAllowedStreams(QuicStreamType.BIDIRECTIONAL) == answers.length);
    for (int i = 0; i < answers.length; i++) {
      answers[i] = new Diary();
      streams[i] = open(client, answers[i]);
      assertEquals(4L * i, streams[i].streamId());
    }
    assertEquals(0, client.peerAllowedStreams(QuicStreamType.BIDIRECTIONAL));
    QuicException cause =
        assertInstanceOf(
            QuicException.class, failure(client.createStream(QuicStreamType.BIDIRECTIONAL, null)));
    assertEquals(QuicTransportError.STREAM_LIMIT_ERROR, cause.error());
    for (int i = 0; i < answers.length; i++) {
      streams[i].writeAndFlush(text("stream " + i)).addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
    }
    for (int i = 0; i < answers.length; i++) {
      Diary answer = answers[i];
      await(() -> answer.has("inactive"));
      assertEquals("stream " + i, answer.text());
    }
    await(() -> client.peerAllowedStreams(QuicStreamType.BIDIRECTIONAL) > 0);
    open(client, new Diary());
  }

  @Test
  void aPriorityIsKept() throws Exception {
    QuicChannel client = connect(stream -> {});
    QuicStreamChannel stream = open(client, new Diary());
    assertEquals(null, stream.priority());
    QuicStreamPriority urgent = new QuicStreamPriority(1, true);
    stream.updatePriority(urgent).sync();
    assertEquals(urgent, stream.priority());
  }

  // The application.

  /** Sends back what it receives, and the end after all of it has been taken. */
  private static final class Echo extends ChannelInboundHandlerAdapter {
    private ChannelFuture written;

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      written = ctx.newSucceededFuture();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      written = ctx.write(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      ctx.flush();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event == ChannelInputShutdownReadComplete.INSTANCE) {
        written.addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
      }
    }
  }

  /** Stops reading after each message, and goes on in a while. */
  private static final class Blinking extends ChannelInboundHandlerAdapter {
    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      ctx.channel().config().setAutoRead(false);
      ctx.executor().execute(() -> ctx.channel().config().setAutoRead(true));
      ctx.fireChannelReadComplete();
    }
  }

  /** Writes for as long as the channel is writable. */
  private static final class Producer extends Diary {
    private static final int CHUNK_BYTES = 16 << 10;
    final byte[] data;
    final AtomicInteger written = new AtomicInteger();

    Producer(byte[] data) {
      this.data = data;
    }

    void produce(Channel channel) {
      while (channel.isWritable() && written.get() < data.length) {
        int from = written.get();
        int length = Math.min(CHUNK_BYTES, data.length - from);
        ChannelFuture write = channel.writeAndFlush(Unpooled.wrappedBuffer(data, from, length));
        if (written.addAndGet(length) == data.length) {
          write.addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
        }
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      note(ctx.channel().isWritable() ? "writable" : "unwritable");
      produce(ctx.channel());
    }
  }

  // What the tests share.

  /** A connection to a server that notes what its streams tell, after {@code setup}. */
  private QuicChannel connect(Consumer<Channel> setup) throws Exception {
    ChannelHandler streams =
        new ChannelInitializer<>() {
          @Override
          protected void initChannel(Channel channel) {
            Diary diary = new Diary();
            channel.pipeline().addLast(diary);
            accepted.add(diary);
            setup.accept(channel);
          }
        };
    return clientStack.connect(
        serverStack.listen(serverConnection, streams), clientConnection, new Diary());
  }

  private Diary accept() throws InterruptedException {
    Diary next = accepted.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertTrue(next != null, "no stream arrived");
    return next;
  }

  private static QuicStreamChannel open(QuicChannel connection, ChannelHandler handler)
      throws Exception {
    return get(connection.createStream(QuicStreamType.BIDIRECTIONAL, handler));
  }

  private static QuicStreamChannel stream(Diary diary) {
    return (QuicStreamChannel) diary.channel;
  }

  private static ByteBuf text(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
  }

  private static byte[] randomBytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private static Throwable failure(Future<?> future) throws InterruptedException {
    assertTrue(future.await(PATIENCE_SECONDS, TimeUnit.SECONDS), "not done in time");
    assertFalse(future.isSuccess(), "succeeded");
    return future.cause();
  }

  private void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.getAsBoolean()) {
      assertTrue(
          System.nanoTime() - deadline < 0,
          () -> "not met in time: " + serverConnection.lines() + clientConnection.lines());
      LockSupport.parkNanos(200_000);
    }
  }
}
