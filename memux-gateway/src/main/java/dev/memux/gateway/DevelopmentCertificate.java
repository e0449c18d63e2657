package dev.memux.gateway;

import dev.memux.tls.Pem;
import dev.memux.tls.PemException;
import dev.memux.tls.TlsCredentials;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The certificate for development on this machine: for localhost, 127.0.0.1 and ::1, made on first
 * use, kept in the user's state directory and made anew when it nears its end or is damaged.
 */
public final class DevelopmentCertificate {
  /** The names of the two files in the state directory. */
  static final String CERTIFICATE_FILE = "development-cert.pem";

  static final String KEY_FILE = "development-key.pem";

  private static final String LOCK_FILE = "development.lock";
  private static final Duration VALIDITY = Duration.ofDays(365);
  // For clocks that are not in step, in a virtual machine for example.
  private static final Duration BACKDATED = Duration.ofDays(1);
  // A server started today should not stop being trusted tomorrow.
  private static final Duration RENEWED_BEFORE_END = Duration.ofDays(7);
  // Within one process a file lock is not enough: a second one is an error there, not a wait.
  private static final Object IN_PROCESS = new Object();

  private DevelopmentCertificate() {}

  /** The certificate and its key; made if there are none that can be used. */
  public static TlsCredentials loadOrCreate(StateDirectory directory, Clock clock)
      throws IOException {
    synchronized (IN_PROCESS) {
      directory.create();
      Path lock = directory.path().resolve(LOCK_FILE);
      try (FileChannel channel =
              FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock held = channel.lock()) {
        assert held.isValid();
        TlsCredentials usable = load(directory, clock.instant());
        return usable != null ? usable : create(directory, clock.instant());
      }
    }
  }

  /** The certificate alone, for those who are to trust it, or null if there is none to be read. */
  public static @Nullable X509Certificate certificate(StateDirectory directory) {
    try {
      return Pem.certificates(certificateFile(directory)).getFirst();
    } catch (PemException e) {
      return null;
    }
  }

  /** Where the certificate is, whether or not it has been made. */
  public static Path certificateFile(StateDirectory directory) {
    return directory.path().resolve(CERTIFICATE_FILE);
  }

  private static @Nullable TlsCredentials load(StateDirectory directory, Instant now)
      throws IOException {
    Path certificateFile = certificateFile(directory);
    Path keyFile = directory.path().resolve(KEY_FILE);
    if (!Files.exists(certificateFile) || !Files.exists(keyFile)) {
      return null;
    }
    try {
      TlsCredentials credentials = TlsCredentials.fromPem(certificateFile, keyFile);
      if (!isCurrent(credentials.chain().getFirst(), now)) {
        return null;
      }
      directory.restrict(CERTIFICATE_FILE);
      directory.restrict(KEY_FILE);
      return credentials;
    } catch (PemException | IllegalArgumentException e) {
      return null; // damaged, or key and certificate of two pairs
    }
  }

  private static boolean isCurrent(X509Certificate certificate, Instant now) {
    return now.isAfter(certificate.getNotBefore().toInstant())
        && now.plus(RENEWED_BEFORE_END).isBefore(certificate.getNotAfter().toInstant());
  }

  private static TlsCredentials create(StateDirectory directory, Instant now) throws IOException {
    try {
      SelfSignedCertificate made =
          SelfSignedCertificate.create(
              "memux development",
              List.of("localhost"),
              List.of(InetAddress.ofLiteral("127.0.0.1"), InetAddress.ofLiteral("::1")),
              now.minus(BACKDATED),
              now.plus(VALIDITY));
      PrivateKey key = made.key();
      directory.write(KEY_FILE, pem("PRIVATE KEY", key.getEncoded()));
      directory.write(CERTIFICATE_FILE, pem("CERTIFICATE", made.certificate().getEncoded()));
      return new TlsCredentials(List.of(made.certificate()), key);
    } catch (GeneralSecurityException e) {
      throw new IOException("the development certificate could not be made", e);
    }
  }

  private static byte[] pem(String label, byte[] content) {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    String text = "-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n";
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
