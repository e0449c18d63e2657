package dev.memux.cli.http09;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.memux.netty.StreamLimitChangedEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamLimitChangedEvent;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Fetches files over one connection, all at once as far as the server's limit of streams lets it.
 * Works on memux's channels and on Netty's own.
 */
public final class Http09Client extends ChannelInboundHandlerAdapter {
  private final Deque<Map.Entry<String, Path>> waiting;
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private int unfinished;
  private boolean opening;

  private Http09Client(Map<String, Path> files) {
    waiting = new ArrayDeque<>(files.entrySet());
    unfinished = files.size();
  }

  /**
   * Asks for files.
   *
   * @param files by what is asked for, with its slash, where the content goes
   * @return done when all have arrived; fails with the connection, or when one does not arrive
   *     whole
   */
  public static CompletableFuture<Void> fetch(QuicChannel connection, Map<String, Path> files) {
    Http09Client client = new Http09Client(files);
    connection.pipeline().addLast(client);
    return client.done;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    if (unfinished == 0) {
      done.complete(null);
    }
    if (ctx.channel().isActive()) {
      openNext((QuicChannel) ctx.channel());
    } else {
      fail(new IOException("the connection is closed"));
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof StreamLimitChangedEvent || event instanceof QuicStreamLimitChangedEvent) {
      openNext((QuicChannel) ctx.channel());
    }
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    fail(new IOException("the connection was closed before all had arrived"));
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    fail(cause);
  }

  private void openNext(QuicChannel connection) {
    Map.Entry<String, Path> next = opening ? null : waiting.peek();
    if (next == null || connection.peerAllowedStreams(QuicStreamType.BIDIRECTIONAL) == 0) {
      return; // or the server's limit is reached: an event tells when it is raised
    }
    waiting.remove();
    opening = true;
    connection
        .createStream(QuicStreamType.BIDIRECTIONAL, new Download(next.getValue()))
        .addListener(
            (Future<QuicStreamChannel> opened) -> {
              opening = false;
              if (opened.isSuccess()) {
                ask(opened.getNow(), next.getKey());
                openNext(connection);
              } else {
                fail(opened.cause());
              }
            });
  }

  private void ask(QuicStreamChannel stream, String path) {
    stream
        .writeAndFlush(Unpooled.copiedBuffer(Http09.METHOD + path + "\r\n", UTF_8))
        .addListener(QuicStreamChannel.SHUTDOWN_OUTPUT)
        .addListener(
            written -> {
              if (!written.isSuccess()) {
                fail(written.cause());
              }
            });
  }

  private void fail(Throwable cause) {
    done.completeExceptionally(cause);
  }

  /** One answer on its way to its file. */
  private final class Download extends ChannelInboundHandlerAdapter {
    private final Path path;
    private @Nullable FileChannel file;

    Download(Path path) {
      this.path = path;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws IOException {
      file =
          FileChannel.open(
              path,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws IOException {
      try {
        if (message instanceof ByteBuf data && file != null) {
          while (data.isReadable()) {
            data.readBytes(file, data.readableBytes());
          }
        }
      } finally {
        ReferenceCountUtil.release(message);
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws IOException {
      if (event instanceof ChannelInputShutdownEvent && file != null) {
        closeFile();
        unfinished--;
        if (unfinished == 0) {
          done.complete(null);
        }
      }
      ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws IOException {
      if (file != null) {
        closeFile();
        fail(new IOException(path.getFileName() + " has not arrived whole"));
      }
      ctx.fireChannelInactive();
    }

    private void closeFile() throws IOException {
      FileChannel open = file;
      file = null;
      if (open != null) {
        open.close();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      fail(cause);
      ctx.close();
    }
  }
}
