package dev.memux.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A headless Chromium, driven over the DevTools protocol; one page. */
final class DevTools implements AutoCloseable {
  /** Keeps the browser from looking for parts of itself, installed ones included. */
  static final List<String> WITHOUT_COMPONENTS =
      List.of("--disable-background-networking", "--disable-component-update");

  private static final String ANNOUNCEMENT = "DevTools listening on ";
  private static final int PATIENCE_SECONDS = 60;

  private final Process browser;
  private final HttpClient http = HttpClient.newHttpClient();
  private final AtomicInteger nextId = new AtomicInteger();
  private final Map<Integer, CompletableFuture<Map<String, Object>>> replies =
      new ConcurrentHashMap<>();
  private final List<Map<String, Object>> events = new CopyOnWriteArrayList<>();
  private final Map<String, CompletableFuture<Void>> awaited = new ConcurrentHashMap<>();
  private final WebSocket socket;
  private final String session;

  /** Starts the browser and opens an empty page. */
  DevTools(Path chromium, Path profile, List<String> flags) throws Exception {
    List<String> command = new ArrayList<>(List.of(chromium.toString(), "--headless"));
    command.addAll(
        List.of(
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-sync",
            "--window-size=1280,900",
            "--user-data-dir=" + profile,
            "--remote-debugging-port=0"));
    command.addAll(flags);
    command.add("about:blank");
    browser = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    socket =
        http.newWebSocketBuilder()
            .buildAsync(URI.create(address()), new Receiver())
            .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    Map<String, Object> target = call(null, "Target.createTarget", "{\"url\":\"about:blank\"}");
    String attach = "{\"targetId\":\"" + target.get("targetId") + "\",\"flatten\":true}";
    session = (String) call(null, "Target.attachToTarget", attach).get("sessionId");
  }

  /** Calls a method of the page. */
  Map<String, Object> call(String method, String parameters) throws Exception {
    return call(session, method, parameters);
  }

  /** Opens a URL and waits until it has loaded. */
  void load(String url) throws Exception {
    CompletableFuture<Void> loaded = new CompletableFuture<>();
    awaited.put("Page.loadEventFired", loaded);
    Map<String, Object> result = call("Page.navigate", "{\"url\":\"" + url + "\"}");
    if (result.containsKey("errorText")) {
      throw new IOException(url + ": " + result.get("errorText"));
    }
    loaded.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** The value of a JavaScript expression, promises resolved. */
  @SuppressWarnings("unchecked")
  Object evaluate(String expression) throws Exception {
    String parameters =
        new JsonLine().add("expression", expression).toString().replaceFirst("}$", "")
            + ",\"awaitPromise\":true,\"returnByValue\":true}";
    Map<String, Object> result = call("Runtime.evaluate", parameters);
    if (result.containsKey("exceptionDetails")) {
      throw new IOException(result.toString());
    }
    return ((Map<String, Object>) result.get("result")).get("value");
  }

  /** Everything of these kinds that the browser has told so far. */
  List<Map<String, Object>> events(String... methods) {
    List<String> wanted = List.of(methods);
    return events.stream().filter(event -> wanted.contains(event.get("method"))).toList();
  }

  @Override
  public void close() {
    List<ProcessHandle> all =
        Stream.concat(browser.descendants(), Stream.of(browser.toHandle())).toList();
    socket.abort();
    all.forEach(ProcessHandle::destroyForcibly);
    browser.onExit().orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    http.close();
  }

  @SuppressWarnings("unchecked")
  private Map<String, Object> call(String inSession, String method, String parameters)
      throws Exception {
    int id = nextId.incrementAndGet();
    CompletableFuture<Map<String, Object>> reply = new CompletableFuture<>();
    replies.put(id, reply);
    String where = inSession == null ? "" : ",\"sessionId\":\"" + inSession + "\"";
    String message =
        "{\"id\":" + id + where + ",\"method\":\"" + method + "\",\"params\":" + parameters + "}";
    socket.sendText(message, true).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    Map<String, Object> answer = reply.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (answer.containsKey("error")) {
      throw new IOException(method + ": " + answer.get("error"));
    }
    return (Map<String, Object>) answer.get("result");
  }

  private String address() throws IOException {
    StringBuilder said = new StringBuilder();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(browser.getErrorStream(), StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      said.append(line).append('\n');
      if (line.startsWith(ANNOUNCEMENT)) {
        // From now on what it says is of no interest, but must not fill the pipe.
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    lines.transferTo(java.io.Writer.nullWriter());
                  } catch (IOException e) {
                    return; // the browser has ended
                  }
                });
        return line.substring(ANNOUNCEMENT.length()).strip();
      }
    }
    throw new IOException("Chromium did not start: " + said);
  }

  private void onMessage(Map<String, Object> message) {
    if (message.get("id") instanceof Double id) {
      replies.remove(id.intValue()).complete(message);
      return;
    }
    events.add(message);
    CompletableFuture<Void> waiting = awaited.remove((String) message.get("method"));
    if (waiting != null) {
      waiting.complete(null);
    }
  }

  private final class Receiver implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        onMessage(Json.object(text.toString()));
        text.setLength(0);
      }
      webSocket.request(1);
      return null;
    }
  }
}
