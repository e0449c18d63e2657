package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.schedule.Priority;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.handler.codec.quic.DefaultQuicStreamFrame;
import io.netty.handler.codec.quic.QuicChannelOption;
import io.netty.handler.codec.quic.QuicException;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamPriority;
import io.netty.handler.codec.quic.QuicStreamResetException;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.handler.codec.quic.QuicTransportError;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What streams do, at both ends. */
@ParameterizedClass
@EnumSource(IoTransport.class)
class StreamTest {
  @Parameter IoTransport transport;
  private Loopback loopback;
  private QuicServer server;
  private MuxQuicChannel client;

  /** The server's ends of streams, in the order in which they were opened. */
  private final BlockingQueue<Recorder> accepted = new LinkedBlockingQueue<>();

  @BeforeEach
  void open() {
    loopback = new Loopback(transport);
  }

  @AfterEach
  void close() throws Exception {
    if (server != null) {
      Loopback.get(server.close());
    }
    loopback.close();
  }

  private void connect() throws Exception {
    server = Loopback.get(recording().bind(Loopback.anyPort()));
    client = loopback.connect(server);
  }

  private QuicServerBootstrap recording() throws Exception {
    return loopback
        .server()
        .streamHandler(
            Loopback.initializer(
                channel -> {
                  Recorder recorder = new Recorder();
                  channel.pipeline().addLast(recorder);
                  accepted.add(recorder);
                }));
  }

  private Recorder accept() throws InterruptedException {
    Recorder next = accepted.poll(Loopback.PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertTrue(next != null, "no stream arrived");
    return next;
  }

  private static ByteBuf text(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
  }

  private static QuicStreamChannel stream(Recorder recorder) {
    return Loopback.stream(recorder.channel);
  }

  // Ends, in good order.

  @Test
  void aStreamClosesAtBothEndsWhenBothHaveFinished() throws Exception {
    connect();
    Recorder here = new Recorder();
    MuxQuicStreamChannel stream = Loopback.open(client, here);
    stream.writeAndFlush(text("question"));
    stream.shutdownOutput().sync();
    assertTrue(stream.isOutputShutdown());
    Recorder there = accept();
    Loopback.await(there::ended);
    assertEquals("question", there.text());
    assertTrue(stream(there).isInputShutdown());
    assertTrue(there.channel.isOpen(), "half open");
    there.channel.writeAndFlush(text("answer"));
    stream(there).shutdownOutput();
    Loopback.await(() -> here.inactive && there.inactive);
    assertEquals("answer", here.text());
    assertTrue(here.ended());
    assertEquals(
        ChannelInputShutdownEvent.INSTANCE, here.events.getFirst(), "before the read completes");
  }

  @Test
  void theServerMayFinishFirst() throws Exception {
    connect();
    Recorder here = new Recorder();
    MuxQuicStreamChannel stream = Loopback.open(client, here);
    stream.writeAndFlush(text("1"));
    Recorder there = accept();
    stream(there).shutdownOutput();
    Loopback.await(here::ended);
    assertTrue(stream.isOpen());
    stream.writeAndFlush(text("2"));
    Loopback.await(() -> there.text().equals("12"));
    stream.shutdownOutput();
    Loopback.await(() -> here.inactive && there.inactive);
  }

  @Test
  void finFollowsEverythingWritten() throws Exception {
    connect();
    Recorder here = new Recorder();
    MuxQuicStreamChannel stream = Loopback.open(client, here);
    byte[] data = new byte[3_000_000];
    new Random(1).nextBytes(data);
    ChannelFuture written = stream.write(Unpooled.wrappedBuffer(data));
    ChannelFuture finished = stream.shutdownOutput();
    ChannelFuture late = stream.writeAndFlush(text("too late"));
    Recorder there = accept();
    Loopback.await(there::ended);
    assertArrayEquals(data, there.bytes());
    assertTrue(written.isSuccess());
    assertTrue(finished.isSuccess());
    assertInstanceOf(ChannelOutputShutdownException.class, Loopback.failure(late));
  }

  @Test
  void compositeAndHeapBuffersArriveAsTheyAre() throws Exception {
    connect();
    MuxQuicStreamChannel stream = Loopback.open(client, new Recorder());
    stream.write(Unpooled.wrappedBuffer(text("ab"), text("cd"), text("ef")));
    stream.write(Unpooled.EMPTY_BUFFER);
    stream.write(Unpooled.directBuffer().writeBytes(new byte[] {'g'}).asReadOnly());
    stream.shutdownOutput();
    Recorder there = accept();
    Loopback.await(there::ended);
    assertEquals("abcdefg", there.text());
  }

  @Test
  void closingAStreamThatHasWrittenAllSendsFinAndStopSending() throws Exception {
    connect();
    MuxQuicStreamChannel stream = Loopback.open(client, new Recorder());
    stream.writeAndFlush(text("all")).sync();
    stream.close().sync();
    Recorder there = accept();
    Loopback.await(there::ended);
    assertEquals("all", there.text());
    Loopback.await(() -> there.event(StreamStoppedEvent.class).isPresent());
    Loopback.await(() -> there.inactive);
  }

  @Test
  void closingAStreamWithWritesQueuedResetsIt() throws Exception {
    connect();
    MuxQuicStreamChannel stream = Loopback.open(client, new Recorder());
    stream.writeAndFlush(text("some"));
    ChannelFuture unflushed = stream.write(text("more"));
    stream.close().sync();
    assertInstanceOf(ClosedChannelException.class, Loopback.failure(unflushed));
    Recorder there = accept();
    Loopback.await(() -> !there.exceptions.isEmpty());
    assertInstanceOf(QuicStreamResetException.class, there.exceptions.getFirst());
    assertFalse(there.ended());
  }

  @Test
  void unidirectionalStreamsHaveOneDirection() throws Exception {
    connect();
    QuicStreamChannel stream =
        Loopback.get(client.createStream(QuicStreamType.UNIDIRECTIONAL, new Recorder()));
    assertTrue(stream.isInputShutdown());
    assertTrue(stream.isLocalCreated());
    assertEquals(QuicStreamType.UNIDIRECTIONAL, stream.type());
    stream.writeAndFlush(text("one way"));
    Recorder there = accept();
    assertTrue(stream(there).isOutputShutdown());
    assertFalse(stream(there).isLocalCreated());
    assertInstanceOf(
        UnsupportedOperationException.class,
        Loopback.failure(there.channel.writeAndFlush(text("wrong way"))));
    assertInstanceOf(
        UnsupportedOperationException.class, Loopback.failure(stream(there).shutdownOutput()));
    stream.shutdownOutput();
    Loopback.await(() -> there.inactive && !stream.isOpen());
    assertEquals("one way", there.text());
  }

  // Ends, out of order.

  @Test
  void aResetArrivesAsAnExceptionWithItsCode() throws Exception {
    connect();
    Recorder here = new Recorder();
    MuxQuicStreamChannel stream = Loopback.open(client, here);
    stream.writeAndFlush(text("cut")).sync();
    Recorder there = accept();
    stream.shutdownOutput(0x77).sync();
    assertTrue(stream.isOutputShutdown());
    Loopback.await(() -> !there.exceptions.isEmpty());
    QuicStreamResetException reset =
        assertInstanceOf(QuicStreamResetException.class, there.exceptions.getFirst());
    assertEquals(0x77, reset.applicationProtocolCode());
    assertTrue(stream(there).isInputShutdown());
    assertTrue(there.events.isEmpty(), "no end that looks proper: " + there.events);
    assertInstanceOf(
        ChannelOutputShutdownException.class, Loopback.failure(stream.writeAndFlush(text("no"))));
    // The other direction lives.
    there.channel.writeAndFlush(text("well"));
    Loopback.await(() -> here.text().equals("well"));
    stream(there).shutdownOutput();
    Loopback.await(() -> here.inactive && there.inactive);
  }

  @Test
  void aResetFailsWritesThatWait() throws Exception {
    loopback.config(smallWindows());
    server = Loopback.get(notReading().bind(Loopback.anyPort()));
    client = loopback.connect(server);
    MuxQuicStreamChannel stream = Loopback.open(client, new Recorder());
    ChannelFuture stuck = stream.writeAndFlush(Unpooled.wrappedBuffer(new byte[1_000_000]));
    accept();
    stream.shutdownOutput(1).sync();
    assertInstanceOf(ChannelOutputShutdownException.class, Loopback.failure(stuck));
  }

  @Test
  void aResetIsToldAlsoToWhoDoesNotRead() throws Exception {
    server = Loopback.get(notReading().bind(Loopback.anyPort()));
    client = loopback.connect(server);
    MuxQuicStreamChannel stream = Loopback.open(client, new Recorder());
    stream.writeAndFlush(text("unread")).sync();
    Recorder there = accept();
    stream.shutdownOutput(5);
    Loopback.await(() -> !there.exceptions.isEmpty());
    assertEquals(0, there.size());
  }

  @Test
  void stopSendingFailsThePeersWrites() throws Exception {
    connect();
    Recorder here = new Recorder();
    MuxQuicStreamChannel stream = Loopback.open(client, here);
    stream.writeAndFlush(text("go")).sync();
    Recorder there = accept();
    Loopback.await(() -> there.size() == 2);
    stream.shutdownInput(0x99).sync();
    assertTrue(stream.isInputShutdown());
    Loopback.await(() -> there.event(StreamStoppedEvent.class).isPresent());
    assertEquals(0x99, there.event(StreamStoppedEvent.class).orElseThrow().code());
    assertTrue(stream(there).isOutputShutdown());
    Throwable cause = Loopback.failure(there.channel.writeAndFlush(text("unwanted")));
    assertInstanceOf(ChannelOutputShutdownException.class, cause);
    assertTrue(cause.getMessage().contains("153"), cause.getMessage());
    // The other direction lives.
    stream.writeAndFlush(text(" on"));
    stream.shutdownOutput();
    Loopback.await(() -> there.text().equals("go on") && there.inactive && here.inactive);
  }

  @Test
  void stopSendingFailsWritesThatWait() throws Exception {
    loopback.config(smallWindows());
    server = Loopback.get(notReading().bind(Loopback.anyPort()));
    client = loopback.connect(server);
    Recorder here = new Recorder();
    MuxQuicStreamChannel stream = Loopback.open(client, here);
    ChannelFuture stuck = stream.writeAndFlush(Unpooled.wrappedBuffer(new byte[1_000_000]));
    ChannelFuture unflushed = stream.write(text("more"));
    stream(accept()).shutdownInput(3);
    assertInstanceOf(ChannelOutputShutdownException.class, Loopback.failure(stuck));
    assertInstanceOf(ChannelOutputShutdownException.class, Loopback.failure(unflushed));
    assertTrue(stream.isOpen());
  }

  @Test
  void shutdownWithACodeEndsBothDirections() throws Exception {
    connect();
    MuxQuicStreamChannel stream = Loopback.open(client, new Recorder());
    stream.writeAndFlush(text("x")).sync();
    Recorder there = accept();
    stream.shutdown(8).sync();
    assertTrue(stream.isShutdown());
    Loopback.await(() -> there.inactive);
    assertEquals(8, there.event(StreamStoppedEvent.class).orElseThrow().code());
    assertEquals(
        8, ((QuicStreamResetException) there.exceptions.getFirst()).applicationProtocolCode());
    assertInstanceOf(
        ClosedChannelException.class, Loopback.failure(stream.writeAndFlush(text("no"))));
  }

  @Test
  void theEndOfTheConnectionEndsItsStreams() throws Exception {
    loopback.config(smallWindows());
    server = Loopback.get(notReading().bind(Loopback.anyPort()));
    client = loopback.connect(server);
    Recorder here = new Recorder();
    MuxQuicStreamChannel stream = Loopback.open(client, here);
    ChannelFuture stuck = stream.writeAndFlush(Unpooled.wrappedBuffer(new byte[1_000_000]));
    Recorder there = accept();
    there.channel.parent().close();
    Loopback.await(() -> here.inactive && there.inactive);
    ConnectionClosedException cause =
        assertInstanceOf(ConnectionClosedException.class, Loopback.failure(stuck));
    assertEquals(client.closeReason(), cause.reason());
    assertInstanceOf(
        ClosedChannelException.class,
        Loopback.failure(client.createStream(QuicStreamType.BIDIRECTIONAL, null)));
  }

  @Test
  void whatArrivedToItsEndOutlivesTheConnection() throws Exception {
    loopback.config(QuicConfig.DEFAULT);
    server = Loopback.get(notReading().bind(Loopback.anyPort()));
    client = loopback.connect(server);
    QuicStreamChannel stream =
        Loopback.get(client.createStream(QuicStreamType.UNIDIRECTIONAL, new Recorder()));
    byte[] data = new byte[200_000];
    new Random(2).nextBytes(data);
    stream.writeAndFlush(Unpooled.wrappedBuffer(data));
    stream.shutdownOutput();
    QuicStreamChannel unfinished =
        Loopback.get(client.createStream(QuicStreamType.UNIDIRECTIONAL, new Recorder()));
    unfinished.writeAndFlush(text("cut off"));
    Recorder there = accept();
    Recorder cutOff = accept();
    Loopback.get(((MuxQuicStreamChannel) stream).deliveredFuture());
    client.close();
    Loopback.await(() -> cutOff.inactive);
    assertFalse(there.channel.parent().isOpen());
    assertTrue(there.channel.isOpen());
    assertEquals(0, there.size());
    there.channel.config().setAutoRead(true);
    Loopback.await(() -> there.inactive);
    assertTrue(there.ended());
    assertArrayEquals(data, there.bytes());
  }

  @Test
  void whatOutlivesTheConnectionIsReleasedWhenNobodyReadsIt() throws Exception {
    server = Loopback.get(notReading().bind(Loopback.anyPort()));
    client = loopback.connect(server);
    MuxQuicStreamChannel stream =
        (MuxQuicStreamChannel)
            Loopback.get(client.createStream(QuicStreamType.UNIDIRECTIONAL, new Recorder()));
    stream.writeAndFlush(text("unread"));
    stream.shutdownOutput();
    Recorder there = accept();
    Loopback.get(stream.deliveredFuture());
    client.close();
    Loopback.await(() -> !there.channel.parent().isOpen());
    there.channel.close().sync();
    assertEquals(0, there.size());
  }

  // Reading and back pressure.

  @Test
  void aReaderThatStopsMakesTheWriterUnwritableAndMemoryBounded() throws Exception {
    loopback.config(smallWindows());
    server = Loopback.get(notReading().bind(Loopback.anyPort()));
    client = loopback.connect(server);
    Producer producer = new Producer(2_000_000);
    MuxQuicStreamChannel stream = Loopback.open(client, producer);
    stream.eventLoop().execute(() -> producer.produce(stream));
    Recorder there = accept();
    Loopback.await(() -> acked(stream) == WINDOW); // all that the peer granted
    Loopback.await(() -> !stream.isWritable());
    // What the peer granted, what the engine keeps to send, and Netty's high-water mark.
    int bound = WINDOW + SEND_BUFFER + stream.config().getWriteBufferHighWaterMark();
    assertTrue(
        producer.written.get() <= bound + Producer.CHUNK_BYTES, producer.written + " written");
    assertEquals(0, there.size());
    there.channel.eventLoop().execute(() -> there.channel.config().setAutoRead(true));
    Loopback.await(there::ended);
    assertArrayEquals(producer.data, there.bytes());
    assertTrue(producer.writability.contains(false) && producer.writability.contains(true));
  }

  /** Writes for as long as the channel is writable. */
  private static final class Producer extends Recorder {
    static final int CHUNK_BYTES = 16 << 10;
    final byte[] data;
    final AtomicInteger written = new AtomicInteger();

    Producer(int bytes) {
      data = new byte[bytes];
      new Random(bytes).nextBytes(data);
    }

    void produce(Channel channel) {
      while (channel.isWritable() && written.get() < data.length) {
        int from = written.get();
        int length = Math.min(CHUNK_BYTES, data.length - from);
        channel.writeAndFlush(Unpooled.wrappedBuffer(data, from, length));
        if (written.addAndGet(length) == data.length) {
          Loopback.stream(channel).shutdownOutput();
        }
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) throws Exception {
      super.channelWritabilityChanged(ctx);
      produce(ctx.channel());
    }
  }

  @Test
  void withoutAutoReadEachReadBringsALittle() throws Exception {
    server = Loopback.get(notReading().bind(Loopback.anyPort()));
    client = loopback.connect(server);
    MuxQuicStreamChannel stream = Loopback.open(client, new Recorder());
    stream.writeAndFlush(Unpooled.wrappedBuffer(new byte[100_000]));
    stream.shutdownOutput();
    Recorder there = accept();
    for (int before = 0; !there.ended(); before = there.size()) {
      int size = before;
      there.channel.read();
      Loopback.await(() -> there.size() > size || there.ended());
    }
    assertEquals(100_000, there.size());
  }

  @Test
  void nettysReadTimeoutEndsAStreamThatHasGoneQuiet() throws Exception {
    Recorder there = new Recorder();
    server =
        Loopback.get(
            loopback
                .server()
                .streamHandler(
                    Loopback.initializer(
                        channel ->
                            channel
                                .pipeline()
                                .addLast(
                                    new ReadTimeoutHandler(100, TimeUnit.MILLISECONDS), there)))
                .bind(Loopback.anyPort()));
    client = loopback.connect(server);
    Recorder here = new Recorder();
    Loopback.open(client, here).writeAndFlush(text("and then nothing"));
    Loopback.await(() -> there.inactive);
    assertInstanceOf(ReadTimeoutException.class, there.exceptions.getFirst());
    assertEquals("and then nothing", there.text());
    Loopback.await(() -> here.event(StreamStoppedEvent.class).isPresent());
    assertTrue(client.isActive());
  }

  @Test
  void framesTellTheEndWithTheData() throws Exception {
    server =
        Loopback.get(
            recording().streamOption(QuicChannelOption.READ_FRAMES, true).bind(Loopback.anyPort()));
    client = loopback.connect(server);
    MuxQuicStreamChannel stream = Loopback.open(client, new Recorder());
    stream.writeAndFlush(new DefaultQuicStreamFrame(text("framed"), true)).sync();
    assertTrue(stream.isOutputShutdown());
    Recorder there = accept();
    Loopback.await(() -> there.finFrame);
    assertEquals("framed", there.text());
  }

  @Test
  void withoutHalfClosureTheEndClosesTheStream() throws Exception {
    server =
        Loopback.get(
            recording()
                .streamOption(ChannelOption.ALLOW_HALF_CLOSURE, false)
                .bind(Loopback.anyPort()));
    client = loopback.connect(server);
    MuxQuicStreamChannel stream = Loopback.open(client, new Recorder());
    stream.writeAndFlush(text("bye"));
    stream.shutdownOutput();
    Recorder there = accept();
    Loopback.await(() -> there.inactive);
    assertEquals("bye", there.text());
    Loopback.await(() -> !stream.isOpen());
  }

  @Test
  void aConnectionThatDoesNotReadTakesNoStreamsOn() throws Exception {
    server =
        Loopback.get(
            recording().childOption(ChannelOption.AUTO_READ, false).bind(Loopback.anyPort()));
    client = loopback.connect(server);
    MuxQuicStreamChannel stream = Loopback.open(client, new Recorder());
    stream.writeAndFlush(text("waiting")).sync();
    MuxQuicChannel there = Loopback.only(server);
    // The peer has acknowledged the data, so it is there.
    Loopback.await(() -> acked(stream) == 7);
    assertTrue(accepted.isEmpty());
    there.read();
    Recorder taken = accept();
    Loopback.await(() -> taken.text().equals("waiting"));
  }

  private static long acked(MuxQuicStreamChannel stream) {
    return stream.eventLoop().submit(stream::ackedBytes).syncUninterruptibly().getNow();
  }

  // Limits and priorities.

  @Test
  void moreStreamsThanThePeerAllowsFailUntilItAllowsMore() throws Exception {
    loopback.config(QuicConfig.DEFAULT.withMux(MuxConfig.DEFAULT.withStreams(2, 0)));
    Recorder events = new Recorder();
    server = Loopback.get(recording().bind(Loopback.anyPort()));
    client = Loopback.connect(loopback.client().handler(events), server);
    assertEquals(2, client.peerAllowedStreams(QuicStreamType.BIDIRECTIONAL));
    assertEquals(0, client.peerAllowedStreams(QuicStreamType.UNIDIRECTIONAL));
    MuxQuicStreamChannel first = Loopback.open(client, new Recorder());
    Loopback.open(client, new Recorder());
    QuicException cause =
        assertInstanceOf(
            QuicException.class,
            Loopback.failure(client.createStream(QuicStreamType.BIDIRECTIONAL, null)));
    assertEquals(QuicTransportError.STREAM_LIMIT_ERROR, cause.error());
    assertEquals(0, client.peerAllowedStreams(QuicStreamType.BIDIRECTIONAL));
    first.writeAndFlush(text("x"));
    first.shutdownOutput();
    Recorder there = accept();
    Loopback.await(there::ended);
    stream(there).shutdownOutput();
    Loopback.await(
        () ->
            events.event(StreamLimitChangedEvent.class).isPresent()
                && client.peerAllowedStreams(QuicStreamType.BIDIRECTIONAL) == 1);
    Loopback.open(client, new Recorder());
  }

  @Test
  void prioritiesReachTheEngine() throws Exception {
    connect();
    MuxQuicStreamChannel stream = Loopback.open(client, new Recorder());
    assertNull(stream.priority());
    QuicStreamPriority urgent = new QuicStreamPriority(1, true);
    stream.updatePriority(urgent).sync();
    assertEquals(urgent, stream.priority());
    assertEquals(new Priority(1, true), stream.enginePriority());
    stream.updatePriority(new QuicStreamPriority(100, false)).sync();
    assertEquals(new Priority(7, false), stream.enginePriority());
    stream.prioritize(Priority.CRITICAL).sync();
    assertEquals(Priority.CRITICAL, stream.enginePriority());
    assertNull(stream.priority());
  }

  @Test
  void streamsAreIndependent() throws Exception {
    connect();
    int count = 100;
    Recorder[] answers = new Recorder[count];
    MuxQuicStreamChannel[] streams = new MuxQuicStreamChannel[count];
    for (int i = 0; i < count; i++) {
      answers[i] = new Recorder();
      streams[i] = Loopback.open(client, answers[i]);
      streams[i].writeAndFlush(text("stream " + i));
    }
    for (int i = 0; i < count; i++) {
      Recorder there = accept();
      Loopback.await(() -> there.text().startsWith("stream "));
      there.channel.writeAndFlush(text(there.text() + "!"));
    }
    for (int i = 0; i < count; i++) {
      String expected = "stream " + i + "!";
      Recorder answer = answers[i];
      Loopback.await(() -> answer.text().length() >= expected.length());
      assertEquals(expected, answer.text());
    }
  }

  private static final int WINDOW = 64 << 10;
  private static final int SEND_BUFFER = 64 << 10;

  private static QuicConfig smallWindows() {
    return QuicConfig.DEFAULT.withMux(
        MuxConfig.DEFAULT
            .withWindows(WINDOW, WINDOW, WINDOW, WINDOW)
            .withSendBuffers(SEND_BUFFER, SEND_BUFFER));
  }

  private QuicServerBootstrap notReading() throws Exception {
    return recording().streamOption(ChannelOption.AUTO_READ, false);
  }
}
