package dev.memux.gateway;

import dev.memux.http.OutboundBody;
import dev.memux.http.RequestHandler;
import dev.memux.http.ResponseHead;
import dev.memux.http.ServerExchange;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the files below one folder. The file system is only ever touched on the executor's
 * threads; the event loop sends what they have read.
 */
final class FileSite implements RequestHandler {
  private static final Logger LOG = LoggerFactory.getLogger(FileSite.class);

  private final FileLookup lookup;
  private final Executor blocking;

  /**
   * @param root an existing folder
   * @param blocking where files are opened and read
   */
  FileSite(Path root, Executor blocking) throws IOException {
    lookup = new FileLookup(root);
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
    blocking.execute(() -> open(exchange, path));
  }

  private void open(ServerExchange exchange, RequestPath path) {
    FileLookup.Result result;
    try {
      result = lookup.find(path);
    } catch (AccessDeniedException e) {
      exchange.loop().execute(() -> Answers.refuse(exchange, 403, "the file may not be read"));
      return;
    } catch (IOException e) {
      LOG.warn("reading {} failed: {}", exchange.request().path(), e.toString());
      exchange.loop().execute(() -> Answers.refuse(exchange, 500, "the file could not be read"));
      return;
    }
    exchange.loop().execute(() -> answer(exchange, path, result));
  }

  private void answer(ServerExchange exchange, RequestPath path, FileLookup.Result result) {
    switch (result) {
      case FileLookup.Missing missing -> Answers.refuse(exchange, 404, "there is no such file");
      case FileLookup.Folder folder -> redirect(exchange, path);
      case FileLookup.Found found -> send(exchange, found);
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

  private void send(ServerExchange exchange, FileLookup.Found file) {
    ResponseHead head = Answers.head(200);
    file.validators().addTo(head.fields());
    if (file.validators().matchedBy(exchange.request().fields())) {
      close(file.channel());
      exchange.respond(new ResponseHead(304, head.fields())).finish();
      return;
    }
    head.with("content-type", file.contentType());
    head.with("content-length", Long.toString(file.sizeBytes()));
    DefaultPriority.apply(exchange, file.contentType());
    OutboundBody body = exchange.respond(head);
    if (exchange.isHead() || file.sizeBytes() == 0) {
      close(file.channel());
      body.finish();
      return;
    }
    FileTransfer transfer = new FileTransfer(file.channel(), file.sizeBytes(), body, blocking);
    exchange.onClosed(transfer::stop);
    transfer.start();
  }

  private void close(FileChannel channel) {
    blocking.execute(() -> FileTransfer.closeQuietly(channel));
  }
}
