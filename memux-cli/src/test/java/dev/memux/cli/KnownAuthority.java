package dev.memux.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A certificate authority that Chromium takes for one of those everybody knows. It speaks QUIC only
 * to servers whose certificates come from such a one, and no flag and no store of the user's makes
 * it do otherwise without also telling it where there is QUIC. Its list of authorities is a
 * component, kept with the profile; this one is on a newer list.
 */
final class KnownAuthority {
  /** Names below it have a certificate: such as may have one, unlike localhost. */
  static final String DOMAIN = "example.com";

  /** The number of the list, higher than any that Chromium has. */
  private static final String NEWER = "999999";

  private final Path folder;
  private final Path openssl;

  private KnownAuthority(Path folder, Path openssl) {
    this.folder = folder;
    this.openssl = openssl;
  }

  /** Makes it, and a certificate for all names below {@link #DOMAIN}. */
  static KnownAuthority in(Path folder) throws Exception {
    Path openssl = ExternalPrograms.require("openssl", "openssl");
    KnownAuthority authority = new KnownAuthority(folder, openssl);
    List<String> newKey =
        List.of("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout");
    authority.run(
        List.of("req", "-x509", "-days", "90", "-subj", "/CN=root", "-out", "root.pem"),
        List.of("-addext", "keyUsage=critical,keyCertSign"),
        newKey,
        List.of("root.key"));
    authority.run(
        List.of("req", "-subj", "/CN=" + DOMAIN, "-out", "request.pem"),
        newKey,
        List.of("key.pem"));
    Files.writeString(
        folder.resolve("extensions"),
        "subjectAltName=DNS:*."
            + DOMAIN
            + "\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n");
    authority.run(
        List.of("x509", "-req", "-in", "request.pem", "-days", "30", "-out", "certificate.pem"),
        List.of("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial"),
        List.of("-extfile", "extensions"));
    authority.run(List.of("x509", "-in", "root.pem", "-outform", "DER", "-out", "root.der"));
    return authority;
  }

  Path certificate() {
    return folder.resolve("certificate.pem");
  }

  Path key() {
    return folder.resolve("key.pem");
  }

  /** Puts the list into a profile that is not in use yet. */
  void addTo(Path profile) throws IOException {
    Path component = Files.createDirectories(profile.resolve("PKIMetadata").resolve(NEWER));
    Files.writeString(
        component.resolve("manifest.json"),
        "{\"manifest_version\":2,\"name\":\"pkiMetadata\",\"version\":\"" + NEWER + "\"}");
    // Chromium's root_store.proto: RootStore { TrustAnchor { bytes der = 1 } = 1, version = 2 }.
    ByteArrayOutputStream store = new ByteArrayOutputStream();
    writeBytes(store, 1, bytes(1, Files.readAllBytes(folder.resolve("root.der"))));
    writeVarint(store, 2 << 3);
    writeVarint(store, Integer.parseInt(NEWER));
    Files.write(component.resolve("crs.pb"), store.toByteArray());
  }

  private static byte[] bytes(int field, byte[] value) {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    writeBytes(message, field, value);
    return message.toByteArray();
  }

  // Protocol Buffers, wire type 2.
  private static void writeBytes(ByteArrayOutputStream out, int field, byte[] value) {
    writeVarint(out, (field << 3) | 2);
    writeVarint(out, value.length);
    out.writeBytes(value);
  }

  private static void writeVarint(ByteArrayOutputStream out, int value) {
    int rest = value;
    while (rest > 0x7f) {
      out.write((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }

  @SafeVarargs
  private void run(List<String>... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(openssl.toString()));
    for (List<String> some : arguments) {
      command.addAll(some);
    }
    Path said = folder.resolve("openssl.txt");
    int code =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start()
            .waitFor();
    if (code != 0) {
      throw new IOException(command + ": " + Files.readString(said));
    }
  }
}
