package dev.memux.cli.http09;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.stream.ChunkedNioFile;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Answers requests with the files of a folder. */
public final class Http09Server {
  private Http09Server() {}

  /** What the pipelines of clients' streams begin with. */
  public static ChannelHandler streams(Path root) {
    Path folder = root.toAbsolutePath().normalize();
    return new ChannelInitializer<QuicStreamChannel>() {
      @Override
      public boolean isSharable() {
        return true;
      }

      @Override
      protected void initChannel(QuicStreamChannel stream) {
        stream.pipeline().addLast(new ChunkedWriteHandler(), new Answer(folder));
      }
    };
  }

  /** One request, and what it is answered with. */
  private static final class Answer extends ChannelInboundHandlerAdapter {
    private final Path root;
    private final StringBuilder request = new StringBuilder();
    private boolean answered;

    Answer(Path root) {
      this.root = root;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws IOException {
      try {
        if (!answered && message instanceof ByteBuf data) {
          request.append(data.toString(UTF_8));
          int end = request.indexOf("\n");
          if (end >= 0) {
            answer(ctx, request.substring(0, end).strip());
          } else if (request.length() > Http09.MAX_REQUEST_BYTES) {
            refuse(ctx);
          }
        }
      } finally {
        ReferenceCountUtil.release(message);
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws IOException {
      if (event instanceof ChannelInputShutdownEvent && !answered) {
        answer(ctx, request.toString().strip()); // some end the request by ending the stream
      }
      ctx.fireUserEventTriggered(event);
    }

    private void answer(ChannelHandlerContext ctx, String line) throws IOException {
      Path file = file(line);
      if (file == null) {
        refuse(ctx);
        return;
      }
      answered = true;
      FileChannel content = FileChannel.open(file, StandardOpenOption.READ);
      ctx.writeAndFlush(new ChunkedNioFile(content, Http09.CHUNK_BYTES))
          .addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
    }

    /** Null: no request, or not one for a file of the folder. */
    private @Nullable Path file(String line) {
      if (!line.startsWith(Http09.METHOD + "/")) {
        return null;
      }
      try {
        Path file = root.resolve(line.substring(Http09.METHOD.length() + 1)).normalize();
        return file.startsWith(root) && Files.isRegularFile(file) ? file : null;
      } catch (InvalidPathException e) {
        return null;
      }
    }

    private void refuse(ChannelHandlerContext ctx) {
      answered = true;
      ((QuicStreamChannel) ctx.channel()).shutdown(Http09.BAD_REQUEST, ctx.newPromise());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close(); // the client has given up, or the file cannot be read: the stream is reset
    }
  }
}
