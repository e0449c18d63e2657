package dev.memux.gateway;

import dev.memux.http.OutboundBody;
import dev.memux.http.RequestHandler;
import dev.memux.http.ServerExchange;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the files below one folder. The file system is only ever touched on the executor's
 * threads; the event loop sends what they have read.
 */
final class FileSite implements RequestHandler {
  private static final Logger LOG = LoggerFactory.getLogger(FileSite.class);

  /** How often a file that changes while it is being opened is looked at anew. */
  private static final int MAX_ATTEMPTS = 3;

  private final FileLookup lookup;
  private final Executor blocking;

  /**
   * @param root an existing folder
   * @param blocking where files are opened and read
   */
  FileSite(Path root, Executor blocking) throws IOException {
    lookup = new FileLookup(root, InstantSource.system());
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
    blocking.execute(() -> answer(exchange, path));
  }

  private void answer(ServerExchange exchange, RequestPath path) {
    Runnable answer;
    try {
      answer = prepare(exchange, path);
    } catch (AccessDeniedException e) {
      answer = () -> Answers.refuse(exchange, 403, "the file may not be read");
    } catch (IOException | RuntimeException e) {
      LOG.warn("reading {} failed: {}", exchange.request().path(), e.toString());
      answer = () -> Answers.refuse(exchange, 500, "the file could not be read");
    }
    exchange.loop().execute(answer);
  }

  /** Finds out what to answer; what is returned answers, on the event loop. */
  private Runnable prepare(ServerExchange exchange, RequestPath path) throws IOException {
    for (int i = 0; i < MAX_ATTEMPTS; i++) {
      switch (lookup.find(path)) {
        case FileLookup.Missing missing -> {
          return () -> Answers.refuse(exchange, 404, "there is no such file");
        }
        case FileLookup.Folder folder -> {
          return () -> redirect(exchange, path);
        }
        case FileLookup.Found found -> {
          FileAnswer answer = FileAnswer.to(exchange.request(), found);
          OpenFile file = OpenFile.open(answer.source().file(), answer.source().version());
          if (file != null) {
            return () -> send(exchange, answer, file, found.contentType());
          }
        }
      }
    }
    return () -> Answers.refuse(exchange, 503, "the file is being changed");
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

  private void send(ServerExchange exchange, FileAnswer answer, OpenFile file, String contentType) {
    DefaultPriority.apply(exchange, contentType);
    OutboundBody body = exchange.respond(answer.head());
    if (exchange.isHead() || answer.body().isEmpty()) {
      blocking.execute(file::close);
      body.finish();
      return;
    }
    FileTransfer transfer = new FileTransfer(file, answer.body(), body, blocking);
    exchange.onClosed(transfer::stop);
    transfer.start();
  }
}
