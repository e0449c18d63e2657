package dev.memux.gateway;

import dev.memux.http.OutboundBody;
import dev.memux.http.RequestHandler;
import dev.memux.http.ServerExchange;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the files below one folder. What is in memory is answered on the event loop; the file
 * system is only ever touched on the executor's threads.
 */
public final class FileSite implements RequestHandler {
  private static final Logger LOG = LoggerFactory.getLogger(FileSite.class);

  private final FilePreparation files;
  private final Executor blocking;

  /**
   * @param root an existing folder
   * @param limits of what is kept in memory
   * @param blocking where files are opened and read
   */
  public FileSite(Path root, CacheLimits limits, Executor blocking) throws IOException {
    this(
        new FilePreparation(new FileLookup(root, InstantSource.system()), limits, System::nanoTime),
        blocking);
  }

  FileSite(FilePreparation files, Executor blocking) {
    this.files = files;
    this.blocking = blocking;
  }

  @Override
  public void handle(ServerExchange exchange) {
    if (!Answers.isRead(exchange)) {
      Answers.refuseMethod(exchange);
      return;
    }
    RequestPath path = RequestPath.parse(exchange.request().path());
    if (path == null) {
      Answers.refuse(exchange, 400, "there can be no such file");
      return;
    }
    PreparedAnswer.FromMemory ready = files.fromMemory(exchange.request(), path);
    if (ready != null) {
      send(exchange, ready);
    } else {
      blocking.execute(() -> prepare(exchange, path));
    }
  }

  private void prepare(ServerExchange exchange, RequestPath path) {
    Runnable answer;
    try {
      PreparedAnswer prepared = files.prepare(exchange.request(), path);
      answer = () -> send(exchange, path, prepared);
    } catch (AccessDeniedException e) {
      answer = () -> Answers.refuse(exchange, 403, "the file may not be read");
    } catch (IOException | RuntimeException e) {
      LOG.warn("reading {} failed: {}", exchange.request().path(), e.toString());
      answer = () -> Answers.refuse(exchange, 500, "the file could not be read");
    }
    exchange.loop().execute(answer);
  }

  private void send(ServerExchange exchange, RequestPath path, PreparedAnswer prepared) {
    switch (prepared) {
      case PreparedAnswer.Missing missing -> Answers.refuse(exchange, 404, "there is no such file");
      case PreparedAnswer.Folder folder -> redirect(exchange, path);
      case PreparedAnswer.Changing changing ->
          Answers.refuse(exchange, 503, "the file is being changed");
      case PreparedAnswer.FromMemory ready -> send(exchange, ready);
      case PreparedAnswer.FromFile open -> send(exchange, open);
    }
  }

  /** RFC 9110 §15.4.9: relative links in a folder's index need the slash. */
  private static void redirect(ServerExchange exchange, RequestPath path) {
    String raw = exchange.request().path();
    int query = raw.indexOf('?');
    // No segment is empty, so that this never begins with two slashes and names another host.
    String location = query < 0 ? raw + "/" : raw.substring(0, query) + "/" + raw.substring(query);
    assert !path.folder();
    exchange.respond(Answers.head(308).with("location", location), Unpooled.EMPTY_BUFFER);
  }

  private static void send(ServerExchange exchange, PreparedAnswer.FromMemory ready) {
    FileAnswer answer = ready.answer();
    DefaultPriority.apply(exchange, ready.contentType());
    if (exchange.isHead() || answer.body().isEmpty()) {
      exchange.respond(answer.head()).finish(); // with the length that the body would have
      return;
    }
    if (answer.body().size() == 1) {
      exchange.respond(answer.head(), bytes(answer.body().getFirst(), ready.content()));
      return;
    }
    OutboundBody body = exchange.respond(answer.head());
    for (BodyPart part : answer.body()) {
      body.write(bytes(part, ready.content()));
    }
    body.finish();
  }

  private static ByteBuf bytes(BodyPart part, byte[] content) {
    return switch (part) {
      case BodyPart.Text text -> Unpooled.wrappedBuffer(text.bytes());
      case BodyPart.FromFile(ByteRange range) ->
          Unpooled.wrappedBuffer(content, (int) range.first(), (int) range.sizeBytes());
    };
  }

  private void send(ServerExchange exchange, PreparedAnswer.FromFile open) {
    FileAnswer answer = open.answer();
    DefaultPriority.apply(exchange, open.contentType());
    OutboundBody body = exchange.respond(answer.head());
    if (exchange.isHead() || answer.body().isEmpty()) {
      blocking.execute(open.file()::close);
      body.finish();
      return;
    }
    FileTransfer transfer = new FileTransfer(open.file(), answer.body(), body, blocking);
    exchange.onClosed(transfer::stop);
    transfer.start();
  }
}
