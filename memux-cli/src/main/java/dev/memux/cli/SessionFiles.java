package dev.memux.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.memux.gateway.StateDirectory;
import dev.memux.http.Origin;
import dev.memux.tls.ResumableSession;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * TLS sessions between runs: a file for each server, port and choice of trust, in a folder that
 * only the user can read. Each session is used by one run, as one used twice could be linked (RFC
 * 8446 §C.4). A folder that cannot be used, and files that cannot be understood, mean full
 * handshakes.
 */
final class SessionFiles {
  /** Servers remembered; those longest not visited are forgotten first. */
  static final int MAX_FILES = 200;

  private static final int MAX_FILE_BYTES = 128 * 1024;
  private static final int MAGIC = 0x6d65_7801;
  private static final String SUFFIX = ".sessions";

  private final StateDirectory folder;

  /** What is known of one server. */
  record Kept(List<ResumableSession> sessions, @Nullable InetAddress address) {
    static final Kept NOTHING = new Kept(List.of(), null);
  }

  SessionFiles(StateDirectory folder) {
    this.folder = folder;
  }

  /** Takes out what an earlier run has kept. */
  Kept take(Origin origin, String trust) {
    Path file = folder.path().resolve(name(origin, trust));
    Path mine = file.resolveSibling(file.getFileName() + "." + ProcessHandle.current().pid());
    try {
      // Of two runs at once, one gets it.
      Files.move(file, mine, StandardCopyOption.ATOMIC_MOVE);
      try {
        return Files.size(mine) > MAX_FILE_BYTES ? Kept.NOTHING : read(Files.readAllBytes(mine));
      } finally {
        Files.deleteIfExists(mine);
      }
    } catch (IOException | SecurityException e) {
      return Kept.NOTHING;
    }
  }

  /** Keeps sessions for the next run. */
  void keep(Origin origin, String trust, Kept kept) {
    if (kept.sessions().isEmpty()) {
      return;
    }
    try {
      folder.create();
      folder.write(name(origin, trust), write(kept));
      prune();
    } catch (IOException | SecurityException e) {
      // The next run shakes hands in full.
    }
  }

  private void prune() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(folder.path())) {
      files = new ArrayList<>(all.filter(path -> path.toString().endsWith(SUFFIX)).toList());
    }
    if (files.size() > MAX_FILES) {
      files.sort(Comparator.comparing(SessionFiles::modified));
      for (Path file : files.subList(0, files.size() - MAX_FILES)) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static FileTime modified(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      return FileTime.fromMillis(0);
    }
  }

  private static byte[] write(Kept kept) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(MAGIC);
    byte[] address = kept.address() == null ? new byte[0] : kept.address().getAddress();
    out.writeByte(address.length);
    out.write(address);
    out.writeByte(kept.sessions().size());
    for (ResumableSession session : kept.sessions()) {
      byte[] encoded = session.encode();
      out.writeInt(encoded.length);
      out.write(encoded);
    }
    return bytes.toByteArray();
  }

  private static Kept read(byte[] content) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(content));
    if (in.readInt() != MAGIC) {
      return Kept.NOTHING;
    }
    byte[] address = in.readNBytes(in.readUnsignedByte());
    List<ResumableSession> sessions = new ArrayList<>();
    for (int left = in.readUnsignedByte(); left > 0; left--) {
      int length = in.readInt();
      ResumableSession session = length < 0 ? null : ResumableSession.decode(in.readNBytes(length));
      if (session == null) {
        return Kept.NOTHING;
      }
      sessions.add(session);
    }
    return new Kept(sessions, address.length == 0 ? null : InetAddress.getByAddress(address));
  }

  private static String name(Origin origin, String trust) {
    try {
      byte[] key = (origin + " " + trust).getBytes(UTF_8);
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(key);
      return HexFormat.of().formatHex(hash, 0, 16) + SUFFIX;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks SHA-256", e);
    }
  }
}
