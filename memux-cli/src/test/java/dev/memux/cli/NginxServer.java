package dev.memux.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;

/** nginx, serving one folder to this machine alone, with all its files in another. */
final class NginxServer implements AutoCloseable {
  private final Process process;
  private final int port;

  private NginxServer(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts it and waits until it answers.
   *
   * @param folder its own, to be made
   * @param root what it serves
   */
  static NginxServer start(Path nginx, Path folder, Path root) throws Exception {
    Files.createDirectories(folder);
    // Started by root it serves as another user, who must get to the files.
    for (Path each : new Path[] {folder.getParent(), folder, root}) {
      Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    int port = FreePort.find();
    Files.writeString(folder.resolve("nginx.conf"), configuration(port, root));
    Process process =
        new ProcessBuilder(
                nginx.toString(),
                "-p",
                folder.toString(),
                "-c",
                folder.resolve("nginx.conf").toString(),
                "-e",
                folder.resolve("error.log").toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output.log").toFile())
            .start();
    NginxServer server = new NginxServer(process, port);
    while (!server.answers()) {
      if (process.waitFor(50, TimeUnit.MILLISECONDS)) {
        throw new IOException("nginx: " + Files.readString(folder.resolve("output.log")));
      }
    }
    return server;
  }

  private static String configuration(int port, Path root) {
    return """
    daemon off;
    worker_processes 1;
    pid nginx.pid;
    error_log error.log;
    events { worker_connections 2048; }
    http {
      access_log off;
      client_body_temp_path body;
      proxy_temp_path proxy;
      fastcgi_temp_path fastcgi;
      uwsgi_temp_path uwsgi;
      scgi_temp_path scgi;
      sendfile on;
      server {
        listen 127.0.0.1:%d;
        root "%s";
      }
    }
    """
        .formatted(port, root);
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  private boolean answers() {
    try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() {
    process.destroy(); // its workers go with it
    process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
  }
}
